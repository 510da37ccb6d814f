import { expect, test } from 'vitest'
import { sampleFindings } from '../sample.test-data.ts'
import { curvePlot } from './curve-plot.ts'

test('a line runs from the lowest strength to the highest, through 0, in whatever order the conditions were run', () => {
  const readout = sampleFindings().scenarios[0]!.readouts[0]!
  const curve = [0.1, -0.1, 0.2, -0.2].map((strength) => ({
    vector: 'calm',
    family: 'vector' as const,
    strength,
    change: 3 * strength ** 2,
  }))
  const svg = curvePlot({ ...readout, curve }, new Map([['calm', 'red']]))!
  const line = [...svg.matchAll(/<path d="([^"]+)" stroke="red"/g)].map(([, d]) => d!)
  expect(line).toHaveLength(1)
  const points = [...line[0]!.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }))
  expect(points).toHaveLength(5)
  expect(points.map((p) => p.x)).toEqual(points.map((p) => p.x).toSorted((a, b) => a - b))
  // The change at 0 is the least of this curve, drawn lowest: the largest y.
  expect(points[2]!.y).toBe(Math.max(...points.map((p) => p.y)))
})

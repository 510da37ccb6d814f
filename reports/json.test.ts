import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFindings } from './arbitrary.test-data.ts'
import { renderJson } from './json.ts'
import { sampleFindings } from './sample.test-data.ts'

describe('findings as JSON', () => {
  it('keeps every value at full precision', () => {
    const findings = sampleFindings()
    expect(JSON.parse(renderJson(findings))).toEqual(findings)
  })

  it('gives the same bytes for the same findings, whatever the order of their keys', () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, inner]) => [key, turned(inner)]),
      )
    }
    fc.assert(
      fc.property(anyFindings, (findings) => {
        expect(renderJson(turned(findings) as typeof findings)).toBe(renderJson(findings))
      }),
      { numRuns: 50 },
    )
  })

  it('writes null for what is no number', () => {
    const findings = sampleFindings()
    const broken = { ...findings, run: { ...findings.run, seconds: Number.NaN, layer: Infinity } }
    expect(JSON.parse(renderJson(broken))).toMatchObject({ run: { seconds: null, layer: null, layers: 28 } })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heatColours, heatLevel, heatVariables } from './heat.ts'

/** The ink of each scheme in style.ts. */
const INK = { light: [27, 29, 32], dark: [231, 230, 226] } as const

describe('colours behind tokens', () => {
  it.each(['light', 'dark'] as const)('stay readable: contrast of the ink at least 4.5 (%s)', (scheme) => {
    for (const { rgb } of heatColours(scheme)) expect(contrast(rgb, INK[scheme])).toBeGreaterThanOrEqual(4.5)
  })

  it('are blue below and red above', () => {
    const colours = heatColours('light')
    expect(colours[0]?.rgb[2]).toBeGreaterThan(colours[0]?.rgb[0] ?? 255)
    expect(colours.at(-1)?.rgb[0]).toBeGreaterThan(colours.at(-1)?.rgb[2] ?? 255)
    expect(colours[8]).toEqual({ level: 0, rgb: [255, 255, 255] })
  })

  it('rise with z and have a property each; what is not finite is neutral', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
    const properties = heatVariables('light')
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const [low, high] = [heatLevel(Math.min(a, b)), heatLevel(Math.max(a, b))]
        expect(low).toBeLessThanOrEqual(high)
        expect(properties).toContain(`--heat${low}:`)
      }),
    )
    expect([-1e9, -3, -1.6, 0, 1.6, 3, Number.NaN].map(heatLevel)).toEqual([-8, -8, -4, 0, 4, 8, 0])
  })
})

/** WCAG 2.1, contrast ratio. */
function contrast(a: readonly number[], b: readonly number[]): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

/** WCAG 2.1, relative luminance of sRGB 0…255. */
function luminance(rgb: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((channel) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

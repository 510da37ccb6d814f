/** z at which the colour is full, in standard deviations. */
export const HEAT_LIMIT = 3

/** Steps on each side of the neutral colour. */
const STEPS = 8

type Rgb = readonly [red: number, green: number, blue: number]

interface Ramp {
  readonly low: Rgb
  readonly middle: Rgb
  readonly high: Rgb
}

/** Ends are pale enough (light) or deep enough (dark) that one ink reads on all of them. */
const RAMPS: Readonly<Record<'light' | 'dark', Ramp>> = {
  light: { low: [122, 173, 224], middle: [255, 255, 255], high: [240, 136, 118] },
  dark: { low: [27, 82, 140], middle: [27, 29, 32], high: [146, 44, 34] },
}

/** Whole step −8…8 of a z value; what is missing or not finite is neutral. */
export function heatLevel(z: number): number {
  if (!Number.isFinite(z)) return 0
  const step = Math.round((z / HEAT_LIMIT) * STEPS)
  return Math.max(-STEPS, Math.min(STEPS, step)) + 0
}

/** Blue for low, red for high, as CSS custom properties `--heat-8 … --heat8`. */
export function heatVariables(scheme: 'light' | 'dark'): string {
  return heatColours(scheme)
    .map(({ level, rgb }) => `--heat${level}:rgb(${rgb.join(' ')})`)
    .join(';')
}

/** The colours behind the properties, sRGB, 0…255. */
export function heatColours(scheme: 'light' | 'dark'): readonly { readonly level: number; readonly rgb: Rgb }[] {
  const { low, middle, high } = RAMPS[scheme]
  return Array.from({ length: 2 * STEPS + 1 }, (_, index) => {
    const level = index - STEPS
    return { level, rgb: mix(middle, level < 0 ? low : high, Math.abs(level) / STEPS) }
  })
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const channel = (index: 0 | 1 | 2) => Math.round(from[index] + (to[index] - from[index]) * share)
  return [channel(0), channel(1), channel(2)]
}

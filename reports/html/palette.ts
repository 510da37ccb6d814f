import type { RateTable } from '../findings.ts'

/** Colour of a vector's curve, the same in every chart of the page. */
export type VectorColours = ReadonlyMap<string, string>

/** Series colours that stay apart under the common colour deficiencies; after Okabe and Ito 2008, darkened or lightened. */
const SERIES = {
  light: ['#0067a8', '#c64a00', '#00795a', '#a8437a', '#8a6500', '#2f6fdb', '#7a4fb5', '#56605f'],
  dark: ['#62b5f0', '#ff9350', '#3fcfa4', '#eb93c0', '#e2b83c', '#8fb0ff', '#c3a1f5', '#b4bcbb'],
} as const

const BAD = {
  light: ['#b3261e', '#d9644f', '#e99a86', '#f3c6ba'],
  dark: ['#e5655a', '#c9503f', '#a03f33', '#7d362d'],
} as const

const OTHER = {
  light: ['#2b6a8f', '#5b93b3', '#8fb8cc', '#bcd6e2', '#d7e7ee'],
  dark: ['#7db7d8', '#5391b3', '#3c7090', '#2d566f', '#23424f'],
} as const

/** Outcomes that are neither good nor bad (design §9). */
const NEITHER = ['refusal', 'off-task', 'broken']
const GREY = { light: ['#a5a8ab', '#c0c3c5', '#d8dadc'], dark: ['#7c8085', '#63676b', '#4d5154'] } as const

/** A colour per vector, in the order of the study. */
export function vectorColours(vectors: readonly string[]): VectorColours {
  return new Map(vectors.map((vector, index) => [vector, seriesColour(index)]))
}

export function seriesColour(index: number): string {
  return `var(--series${index % SERIES.light.length})`
}

/** A colour per outcome class: reds for bad ones, blues for the rest, greys for what is neither; in stacking order. */
export function classColours({ bad, rows }: RateTable): ReadonlyMap<string, string> {
  const seen = [...new Set(rows.flatMap(({ counts }) => Object.keys(counts)))]
  const neither = NEITHER.filter((name) => seen.includes(name) && !bad.includes(name))
  const other = seen.filter((name) => !bad.includes(name) && !neither.includes(name))
  return new Map([
    ...bad.map((name, index) => [name, `var(--bad${index % BAD.light.length})`] as const),
    ...other.map((name, index) => [name, `var(--other${index % OTHER.light.length})`] as const),
    ...neither.map((name, index) => [name, `var(--grey${index % GREY.light.length})`] as const),
  ])
}

/** All chart colours of a scheme as CSS custom properties. */
export function chartVariables(scheme: 'light' | 'dark'): string {
  const families = { series: SERIES, bad: BAD, other: OTHER, grey: GREY }
  return Object.entries(families)
    .flatMap(([name, colours]) => colours[scheme].map((colour, index) => `--${name}${index}:${colour}`))
    .join(';')
}

import { signed } from '../numbers.ts'
import { Document } from './document.tsx'
import { HeatStrip } from './heat-strip.tsx'

/** A text as read on a model, without steering. */
export interface Reading {
  readonly title: string
  readonly model: string
  readonly layer: number
  readonly vectors: readonly string[]
  /** Standard deviations of neutral text; null at tokens that cannot be read. */
  readonly tokens: readonly { readonly text: string; readonly z: readonly (number | null)[] }[]
  readonly mean: readonly number[]
}

export function ReadingPage({ reading }: { readonly reading: Reading }) {
  const { title, model, layer, vectors, tokens, mean } = reading
  const turn = {
    index: 0,
    role: 'text',
    flags: [],
    tokens: tokens.map(({ text, z }) => ({ text, z: z.map((value) => value ?? Number.NaN) })),
  }
  return (
    <Document title={title} vitals={vectors.length}>
      <header>
        <p class="study">duress · reading</p>
        <h1>{title}</h1>
        <p>{`${model}, after block ${layer}; standard deviations of neutral prose, no steering`}</p>
      </header>
      <HeatStrip episode={{ vitals: vectors, turns: [turn] }} />
      <p>{vectors.map((name, k) => `${name} ${signed(mean[k] ?? null)}`).join(' · ')} (mean of the tokens)</p>
    </Document>
  )
}

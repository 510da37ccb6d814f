import type { ComponentChildren } from 'preact'
import type { CheckResult, Effect, VerdictWord } from '../findings.ts'
import { oneDecimal, pValue, signed } from '../numbers.ts'

export interface Head {
  readonly name: string
  /** Numbers stand right, words left. */
  readonly isNumber?: boolean
}

/** A table with a caption that scrolls by itself when the page is narrower than it. */
export function Table(props: {
  readonly caption: string
  readonly heads: readonly Head[]
  readonly children: ComponentChildren
}) {
  return (
    <div class="scroll" role="region" aria-label={props.caption} tabIndex={0}>
      <table>
        <caption>{props.caption}</caption>
        <thead>
          <tr>
            {props.heads.map(({ name, isNumber }) => (
              <th key={name} scope="col" class={isNumber === true ? 'number' : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  )
}

/** A chart made elsewhere, as markup whose texts are already escaped, with its legend and caption. */
export function Figure(props: {
  readonly svg: string
  readonly legend?: readonly LegendItem[]
  readonly label: string
  /** Legend and caption stand beside the chart where there is room. */
  readonly beside?: boolean
  readonly children: ComponentChildren
}) {
  return (
    <figure class={props.beside === true ? 'beside' : undefined}>
      <div class="scroll" role="region" aria-label={props.label} tabIndex={0}>
        <div class="chart" dangerouslySetInnerHTML={{ __html: props.svg }} />
      </div>
      {props.legend === undefined ? null : <Legend items={props.legend} />}
      <figcaption>{props.children}</figcaption>
    </figure>
  )
}

interface LegendItem {
  readonly name: string
  readonly colour: string
}

function Legend({ items }: { readonly items: readonly LegendItem[] }) {
  return (
    <ul class="legend">
      {items.map(({ name, colour }) => (
        <li key={name}>
          <span class="swatch" style={`background:${colour}`} aria-hidden="true" />
          {name}
        </li>
      ))}
    </ul>
  )
}

/** A verdict word as a small tinted label. */
export function VerdictLabel({ word }: { readonly word: VerdictWord }) {
  return <span class={`label verdict-${word.replaceAll(/[^a-z]+/g, '-')}`}>{word}</span>
}

export function CheckLabel({ result }: { readonly result: CheckResult }) {
  return <span class={`label check-${result.replaceAll(' ', '-')}`}>{result}</span>
}

/** `−.41` and, smaller, its z; the rank p on hover. */
export function EffectCell({ effect }: { readonly effect: Effect | null }) {
  if (effect === null) return <td class="number none">–</td>
  return (
    <td class="number" title={effect.p === null ? undefined : `rank p against random vectors: ${pValue(effect.p)}`}>
      {signed(effect.value)}
      {effect.z === null ? null : <span class="z">{`z ${oneDecimal(effect.z)}`}</span>}
    </td>
  )
}

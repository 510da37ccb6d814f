import type { CheckResult, ManipulationCheck } from '../findings.ts'
import { amount, oneDecimal, percent, pValue, signed } from '../numbers.ts'
import { Document } from './document.tsx'
import { CheckLabel, type Head, Table } from './parts.tsx'

/** The parts of a card that controls are put through, too. */
export interface CardColumn {
  readonly result: CheckResult
  readonly situations: {
    readonly result: CheckResult
    readonly top1: number
    readonly top3: number
    readonly chance: number
    readonly permuted95: number
    readonly byConcept: Readonly<Record<string, number>>
  }
  readonly selectivity: {
    readonly result: CheckResult
    readonly meanZ: number
    readonly permuted95: number
    readonly byConcept: Readonly<Record<string, { readonly z: number; readonly rank: number; readonly of: number }>>
  }
  readonly geometry: {
    readonly result: CheckResult
    readonly concepts: number
    readonly valence?: CardAxis
    readonly arousal?: CardAxis
  }
  readonly manipulation: Pick<ManipulationCheck, 'result' | 'reason' | 'rows'>
  readonly steering: {
    readonly result: CheckResult
    readonly concepts: readonly string[]
    readonly rows: readonly {
      readonly vector: string
      readonly effects: readonly number[]
      readonly margin: number
      readonly rank: number
    }[]
    readonly firsts: number
    readonly p: number
  }
}

interface CardAxis {
  readonly component: number
  readonly r: number
  readonly p: number
}

interface Words {
  readonly up: readonly { readonly text: string }[]
  readonly down: readonly { readonly text: string }[]
  readonly ownRank: number | null
}

/** A vector set's verification card, as plain data. */
export interface Card extends CardColumn {
  readonly model: string
  readonly layer: number
  /** Dose of the manipulation check, in `unit`. */
  readonly strength: number
  readonly unit: string
  readonly ladders: readonly {
    readonly id: string
    readonly concept: string
    readonly kind: string
    readonly result: CheckResult
    readonly effect: number
    readonly control: number
    readonly gate: number
  }[]
  readonly splitHalf: Readonly<Record<string, number>>
  readonly lens: Readonly<Record<string, Words>>
  readonly controls: Readonly<Partial<Record<string, CardColumn>>>
}

/** What a vector set is worth on a model: the set beside its controls, then part by part, then vector by vector. */
export function CardPage({ card }: { readonly card: Card }) {
  const title = `Vectors on ${card.model}`
  return (
    <Document title={title} vitals={0}>
      <header>
        <p class="study">duress · verification card</p>
        <h1>
          {title} <CheckLabel result={card.result} />
        </h1>
        <p>{`After block ${card.layer}. A set passes when its situations and its manipulation check pass and no control passes both.`}</p>
      </header>
      <SideBySide card={card} />
      <Manipulation card={card} />
      <Ladders card={card} />
      <Vectors card={card} />
      <Lens card={card} />
    </Document>
  )
}

const number = (name: string): Head => ({ name, isNumber: true })

function SideBySide({ card }: { readonly card: Card }) {
  const columns: readonly (readonly [string, CardColumn])[] = [
    ['this set', card],
    ...Object.entries(card.controls).flatMap(([name, column]) => (column ? [[name, column] as const] : [])),
  ]
  return (
    <section aria-labelledby="beside">
      <h2 id="beside">The set beside vectors that know nothing</h2>
      <p class="note">
        random: directions by chance; shuffled: each concept has the vector of another; unrelated: mixtures of the
        vectors of topics such as the weather. They must fail.
      </p>
      <Table caption="Parts by set" heads={[{ name: 'part' }, ...columns.map(([name]) => ({ name }))]}>
        {ROWS.map(({ name, cell }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {columns.map(([column, parts]) => {
              const { result, text } = cell(parts)
              return (
                <td key={column}>
                  <CheckLabel result={result} /> <span class="note">{text}</span>
                </td>
              )
            })}
          </tr>
        ))}
      </Table>
    </section>
  )
}

interface Cell {
  readonly result: CheckResult
  readonly text: string
}

const ROWS: readonly { readonly name: string; readonly cell: (parts: CardColumn) => Cell }[] = [
  {
    name: 'situations',
    cell: ({ situations: s }) => ({
      result: s.result,
      text: `top-1 ${percent(s.top1)}, top-3 ${percent(s.top3)}; chance ${percent(s.chance)}, permuted below ${percent(s.permuted95)}`,
    }),
  },
  {
    name: 'selectivity',
    cell: ({ selectivity: s }) => ({
      result: s.result,
      text: `own vector at z ${oneDecimal(s.meanZ)}; permuted below ${oneDecimal(s.permuted95)}`,
    }),
  },
  { name: 'geometry', cell: ({ geometry }) => ({ result: geometry.result, text: geometryText(geometry) }) },
  {
    name: 'manipulation',
    cell: ({ manipulation: { result, rows, reason } }) => ({
      result,
      text:
        rows.length === 0
          ? reason
          : `mean ${signed(rows.reduce((sum, r) => sum + r.ownMinusOthers, 0) / rows.length)} nats a token, ${rows.filter((r) => r.result === 'pass').length} of ${rows.length} vectors pass`,
    }),
  },
  {
    name: 'steering selectivity',
    cell: ({ steering: s }) => ({
      result: s.result,
      text: `own first for ${s.firsts} of ${s.rows.length}, p ${pValue(s.p)}`,
    }),
  },
]

function geometryText({ concepts, valence, arousal }: CardColumn['geometry']): string {
  if (!valence || !arousal) return `${concepts} rated concepts are too few`
  const axis = (name: string, { component, r, p }: CardAxis) =>
    `${name} |r| ${amount(Number(r.toFixed(2)))} on component ${component}, p ${pValue(p)}`
  return `${axis('valence', valence)}; ${axis('arousal', arousal)}`
}

function Manipulation({ card }: { readonly card: Card }) {
  const { manipulation, steering, strength, unit } = card
  const effectsOf = (vector: string) => steering.rows.find((row) => row.vector === vector)?.effects ?? []
  return (
    <section aria-labelledby="manipulation">
      <h2 id="manipulation">Does a dose move what its vector is named after?</h2>
      <p>
        <CheckLabel result={manipulation.result} /> {manipulation.reason}
      </p>
      <Table
        caption={`At strength ${amount(strength)} ${unit}, nats a token; right of it the change of each concept's continuations, less the row's mean`}
        heads={[
          { name: 'vector' },
          { name: 'check' },
          number('own − others'),
          number('z against random'),
          number('× lexical'),
          ...steering.concepts.map((concept) => number(`→ ${concept}`)),
        ]}
      >
        {manipulation.rows.map((row) => (
          <tr key={row.vector}>
            <th scope="row">{row.vector}</th>
            <td>
              <CheckLabel result={row.result} />
            </td>
            <td class="number">{signed(row.ownMinusOthers)}</td>
            <td class="number">{oneDecimal(row.zAgainstRandom)}</td>
            <td class="number">{oneDecimal(row.timesLexical)}</td>
            {steering.concepts.map((concept, c) => (
              <td key={concept} class="number">
                {concept === row.vector ? (
                  <strong>{signed(effectsOf(row.vector)[c] ?? null)}</strong>
                ) : (
                  signed(effectsOf(row.vector)[c] ?? null)
                )}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </section>
  )
}

function Ladders({ card: { ladders } }: { readonly card: Card }) {
  return (
    <section aria-labelledby="ladders">
      <h2 id="ladders">Does the reading follow a growing dose?</h2>
      <p class="note">
        A dose told in words or numbers grows; beside it a control text that grows alike with nothing at stake. Not
        testable: asked itself, the model does not tell the ends apart. Shown, does not decide.
      </p>
      <Table
        caption="Reading from first to last step, in standard deviations of neutral text"
        heads={[
          { name: 'ladder' },
          { name: 'result' },
          { name: 'vector' },
          { name: 'told in' },
          number('reading'),
          number('control'),
          number('gate'),
        ]}
      >
        {ladders.map((l) => (
          <tr key={l.id}>
            <th scope="row">{l.id}</th>
            <td>
              <CheckLabel result={l.result} />
            </td>
            <td>{l.concept}</td>
            <td>{l.kind}</td>
            <td class="number">{signed(l.effect)}</td>
            <td class="number">{signed(l.control)}</td>
            <td class="number">{signed(l.gate)}</td>
          </tr>
        ))}
      </Table>
    </section>
  )
}

function Vectors({ card: { splitHalf, situations, selectivity } }: { readonly card: Card }) {
  return (
    <section aria-labelledby="vectors">
      <h2 id="vectors">Vector by vector</h2>
      <Table
        caption="Split-half: vectors from two scenes against those from the others, mean cosine. Own situations: share that project on the vector most; then where it stands among all vectors on them"
        heads={[
          { name: 'vector' },
          number('split-half'),
          number('own situations first'),
          number('z among all'),
          number('rank'),
        ]}
      >
        {Object.entries(splitHalf).map(([name, reliability]) => {
          const own = selectivity.byConcept[name]
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number">{signed(reliability)}</td>
              <td class="number">{percent(situations.byConcept[name] ?? null)}</td>
              <td class="number">{oneDecimal(own?.z ?? null)}</td>
              <td class="number">{own === undefined ? '–' : `${own.rank} of ${own.of}`}</td>
            </tr>
          )
        })}
      </Table>
    </section>
  )
}

function Lens({ card: { lens } }: { readonly card: Card }) {
  const entries = Object.entries(lens)
  if (entries.length === 0) return null
  const text = (words: Words['up']) => words.map((w) => w.text).join(' · ')
  return (
    <section aria-labelledby="lens">
      <h2 id="lens">What the vectors alone would say</h2>
      <Table
        caption="Logit lens: tokens whose rows of the output head a vector points along, and away from"
        heads={[{ name: 'vector' }, { name: 'towards' }, { name: 'away from' }, number('rank of its own word')]}
      >
        {entries.map(([name, words]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{text(words.up)}</td>
            <td>{text(words.down)}</td>
            <td class="number">{words.ownRank === null ? '–' : String(words.ownRank)}</td>
          </tr>
        ))}
      </Table>
    </section>
  )
}

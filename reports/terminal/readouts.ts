import { namedControls, type Range, rangeOf } from '../controls.ts'
import type { Readout } from '../findings.ts'
import { amount, oneDecimal, percent, shareInterval, signed } from '../numbers.ts'
import { type EffectColumn, effectColumn } from './effects.ts'
import { type Screen, VERDICT_TONES } from './paint.ts'
import { facts } from './prose.ts'
import { type Cell, type Column, renderTable, tableFits } from './table.ts'

/** What is left out, in this order, on a narrow screen: the signs of the random range, then the z values. */
const FORMS = ['full', 'tight', 'bare'] as const
type Form = (typeof FORMS)[number]

/** One probe: its baseline, then every vector's effect with the control vectors below. */
export function readoutLines(readout: Readout, screen: Screen): readonly string[] {
  const baseline = facts(baselineFacts(readout), { ...screen, indent: 4, tone: 'plain' })
  if (!readout.baseline.measurable) {
    const reason = [`all vectors: not measurable: ${readout.baseline.reason}`]
    return [...baseline, ...facts(reason, { ...screen, indent: 6, tone: 'faint' })]
  }
  const tables = FORMS.map((form) => ({ ...readoutTable(readout, form), indent: 6, ...screen }))
  const fitting = tables.find(tableFits) ?? { ...readoutTable(readout, 'bare'), indent: 4, ...screen }
  return [...baseline, ...renderTable(fitting)]
}

function baselineFacts({ id, form, kind, items, baseline }: Readout): readonly string[] {
  const { guilty, twin, d, coverage } = baseline
  return [
    `${id} (${[kind, form].filter((word) => word !== '').join(', ')})`,
    guilty === null ? `${items} items` : `base ${shareInterval(guilty)} n=${items}`,
    ...(twin === null ? [] : [`twin ${shareInterval(twin)}`]),
    ...(d === null ? [] : [`d ${oneDecimal(d)}`]),
    ...(coverage === null ? [] : [`coverage ${percent(coverage)}`]),
  ]
}

interface Field extends EffectColumn {
  readonly head: string
  /** What the random vectors span on the same quantity. */
  readonly random: Range | null
  readonly isRaw?: boolean
}

function readoutTable(
  readout: Readout,
  form: Form,
): { columns: readonly Column[]; rows: readonly (readonly Cell[])[] } {
  const fields = fieldsOf(readout, form !== 'bare')
  const strengths = new Set(readout.rows.map(({ strength }) => Math.abs(strength)))
  const [only] = strengths.size === 1 ? strengths : []
  const columns: readonly Column[] = [
    { head: only === undefined ? 'vector' : `±${amount(only)}`, align: 'left' },
    ...fields.map(({ head }): Column => ({ head, align: 'right' })),
    { head: 'verdict', align: 'left', fixed: true },
  ]
  const rows = readout.rows.map((row, index): readonly Cell[] => [
    { text: only === undefined ? `${row.vector} ±${amount(Math.abs(row.strength))}` : row.vector },
    ...fields.map(({ texts }): Cell => ({ text: texts[index] ?? '', ...fade(row.verdict.word) })),
    { text: row.verdict.word, tone: VERDICT_TONES[row.verdict.word] },
  ])
  return { columns, rows: [...rows, ...controlRows(readout, fields, form)] }
}

function fade(word: string): { readonly tone?: 'faint' } {
  return word === 'incoherent' ? { tone: 'faint' } : {}
}

/** Only the quantities that this kind of probe has: raw and twin, criterion and selective, or control continuations. */
function fieldsOf({ rows, randomOddParts }: Readout, withZ: boolean): readonly Field[] {
  const parts = (['twin', 'criterion', 'selective'] as const).filter((part) => rows.some((row) => row[part] !== null))
  const classes = [...new Set(rows.flatMap(({ againstControls }) => Object.keys(againstControls)))]
  const isDetection = parts.includes('criterion') || parts.includes('selective')
  const raw = effectColumn(
    rows.map((row) => row.raw),
    withZ && !isDetection,
  )
  return [
    { head: 'raw', ...raw, random: rangeOf(randomOddParts.raw), isRaw: true },
    ...parts.map((part) => ({
      head: part,
      ...effectColumn(
        rows.map((row) => row[part]),
        withZ && part !== 'twin',
      ),
      random: part === 'selective' ? rangeOf(randomOddParts.selective) : null,
    })),
    ...classes.map((name) => ({
      head: `− ${name}`,
      ...effectColumn(
        rows.map(({ againstControls }) => againstControls[name] ?? null),
        withZ,
      ),
      random: null,
    })),
  ]
}

/** The random vectors as a range, then each unrelated and lexical vector; all grey. */
function controlRows(readout: Readout, fields: readonly Field[], form: Form): readonly (readonly Cell[])[] {
  const strength = Math.max(0, ...readout.rows.map((row) => Math.abs(row.strength)))
  const count = Math.max(readout.randomOddParts.raw.length, readout.randomOddParts.selective.length)
  const random = [`${count} random`, ...fields.map(({ random }) => rangeText(random, form))]
  const named = namedControls(readout, strength).map(({ vector, change }) => [
    vector,
    ...fields.map(({ isRaw, filler }) => (isRaw === true ? signed(change) + filler : '')),
  ])
  return [...(count > 0 ? [random] : []), ...named].map((texts) => texts.map((text): Cell => ({ text, tone: 'faint' })))
}

/** `−.22…+.25`, or `±.25`: none is further from 0. */
function rangeText(range: Range | null, form: Form): string {
  if (range === null) return ''
  if (form === 'full') return `${signed(range.low)}…${signed(range.high)}`
  return `±${signed(Math.max(Math.abs(range.low), Math.abs(range.high))).replace('+', '')}`
}

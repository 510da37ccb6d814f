import { InputError } from '../errors.ts'
import type { Line, Target } from './bench.ts'
import type { MachineFacts } from './machine.ts'
import type { Spread } from './statistics.ts'

export interface Measured {
  readonly model: string
  readonly date: string
  readonly command: string
  readonly code: string
  readonly threads: number
  readonly rounds: number
  readonly machine: MachineFacts
  readonly lines: readonly Line[]
}

/** The part of the page about one model: when and on what it was measured, then the table. */
export function sectionOf(measured: Measured): string {
  const { machine, threads, rounds, lines } = measured
  const facts = [
    `${measured.date}, ${measured.code}`,
    `${machine.cpu}, ${machine.cores} cores, ${threads} threads`,
    `memory read ${number(machine.readGbPerSecond)} GB/s`,
    `load before the start ${machine.load.toFixed(2)}`,
    machine.versions,
    `${rounds} rounds`,
  ]
  const list = (wanted: string): string =>
    lines
      .filter((line) => verdict(line) === wanted)
      .map(({ benchmark, test }) => `${benchmark} (${test})`)
      .join(', ')
  const [missed, open] = [list('missed'), list('undecided')]
  const summary = [
    missed === '' ? 'No target missed.' : `Targets missed: ${missed}.`,
    ...(open === '' ? [] : [`Undecided, because the interval of the median holds the target: ${open}.`]),
  ].join(' ')
  return [`## ${measured.model}`, `${facts.join('; ')}.`, `\`${measured.command}\``, table(lines), summary].join('\n\n')
}

const COLUMNS = ['benchmark', 'test', 'unit', 'ours', 'against', 'its figure', 'ours / its', 'target', '', 'note']

function table(lines: readonly Line[]): string {
  const rows = lines.map((line) => [
    line.benchmark,
    line.test,
    line.unit,
    number(line.ours),
    line.other?.what ?? '',
    line.other ? number(line.other.value) : '',
    line.ratio ? spreadText(line.ratio) : '',
    line.target ? targetText(line.target) : '',
    verdict(line),
    line.note ?? '',
  ])
  return [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** `decode · 16 rows: 310 tokens/s, llama.cpp 290, ratio 1.07 [1.01–1.10], target ≥ 1: met` */
export function lineText(line: Line): string {
  const parts = [
    `${number(line.ours)} ${line.unit}`,
    ...(line.other ? [`${line.other.what} ${number(line.other.value)}`] : []),
    ...(line.ratio ? [`ratio ${spreadText(line.ratio)}`] : []),
    ...(line.target ? [`target ${targetText(line.target)}: ${verdict(line)}`] : []),
    ...(line.note === undefined ? [] : [line.note]),
  ]
  return `${line.benchmark} · ${line.test}: ${parts.join(', ')}`
}

const spreadText = ({ median, min, max, interval }: Spread): string => {
  if (min === max) return number(median)
  const middle = interval ? ` (${number(interval[0])}–${number(interval[1])})` : ''
  return `${number(median)}${middle} [${number(min)}–${number(max)}]`
}

const targetText = ({ of = 'ratio', bound, value }: Target): string =>
  `${of === 'ours' ? 'ours ' : ''}${bound === 'least' ? '≥' : '≤'} ${value}`

function isMet({ target, ratio, ours }: Line): boolean | undefined {
  const figure = target?.of === 'ours' ? ours : ratio?.median
  if (!target || figure === undefined) return undefined
  return target.bound === 'least' ? figure >= target.value : figure <= target.value
}

function verdict(line: Line): string {
  const met = isMet(line)
  if (met === undefined) return line.target ? 'not measured' : ''
  return isUndecided(line) ? 'undecided' : met ? 'met' : 'missed'
}

function isUndecided({ target, ratio }: Line): boolean {
  if (!target || target.of === 'ours' || !ratio?.interval) return false
  const [low, high] = ratio.interval
  return low < target.value && target.value < high
}

/** Three significant figures, without an exponent; whole numbers from 100 on. */
export function number(value: number): string {
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toFixed(Math.min(digits, 20))
}

/**
 * The page with the part between the markers of a model replaced as a whole; a model that it does not have comes at the end.
 * Errors: InputError for a page whose markers do not pair.
 */
export function replaceSection(page: string, model: string, section: string): string {
  const begin = `<!-- bench ${model} -->`
  const end = `<!-- /bench ${model} -->`
  const block = `${begin}\n${section}\n${end}`
  const [starts, ends] = [page.split(begin).length - 1, page.split(end).length - 1]
  if (starts === 0 && ends === 0) return `${page.trimEnd()}\n\n${block}\n`
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (starts !== 1 || ends !== 1 || to < from)
    throw new InputError(`the page should have ${begin} once and ${end} once after it; mend it or delete both`)
  return `${page.slice(0, from)}${block}${page.slice(to + end.length)}`
}

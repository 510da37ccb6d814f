import { readFileSync, writeFileSync } from 'node:fs'
import { renderReading } from '../../reports/html.ts'
import { layerAt } from '../../vectors/extract/recipe.ts'
import { readText, type TextReading } from '../../vectors/extract/reading.ts'
import { InputError } from '../errors.ts'
import { vectorNeeds, withImports } from '../run/named-vectors.ts'
import { openReader } from '../run/subject.ts'
import type { CliContext } from './context.ts'
import { stepProgress } from './steps.ts'
import { obtainVectors, type VectorFlags } from './vectors.ts'

export interface ReadFlags extends VectorFlags {
  /** A file, or - for standard input. */
  readonly text: string
  readonly vectors?: string
  readonly layer?: number
  readonly html?: string
}

const SHOWN = ['desperate', 'calm', 'afraid', 'angry', 'sad', 'happy']

/** Prints the projection of every token of a text on chosen vectors, as a table, JSON, or a page with a heat strip. */
export async function readCommand(flags: ReadFlags, context: CliContext): Promise<number> {
  const text = textOf(flags.text)
  const usual = await obtainVectors(flags, context)
  const { model } = usual
  const layer = flags.layer ?? layerAt(2 / 3, model.layers)
  const vectors =
    flags.vectors?.split(',').map((name) => name.trim()) ?? SHOWN.filter((name) => usual.set.families.has(name))
  const needs = vectorNeeds(vectors, [layer])
  const layers = [...new Set([...usual.set.layers.keys(), ...needs.layers])].toSorted((a, b) => a - b)
  const isEnough = layers.length === usual.set.layers.size
  const { set: extracted } = isEnough ? usual : await obtainVectors({ ...flags, layers }, context)
  const set = withImports(extracted, context.machine.home, needs)
  const steps = stepProgress(context)
  await using engine = await openReader(model, context.machine, { layers: [layer], contextTokens: 4096 }, steps.onStep)
  steps.done()
  const { signal } = context.machine
  const reading = await readText({ engine, tokenizer: model.tokenizer, signal }, { set, layer, vectors }, text)
  if (flags.html) {
    const title = text.trim().split('\n')[0]!.slice(0, 60)
    writeFileSync(flags.html, renderReading({ ...reading, title, model: flags.model }))
  }
  context.out(flags.json ? `${JSON.stringify(reading, null, 2)}\n` : table(reading))
  return 0
}

function textOf(source: string): string {
  try {
    const text = readFileSync(source === '-' ? 0 : source, 'utf8')
    if (text.trim() === '') throw new InputError(`--text ${source} is empty`)
    return text
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`--text ${source} cannot be read: ${(error as Error).message}`)
  }
}

const number = (z: number | null): string => (z === null ? '–' : `${z < 0 ? '−' : '+'}${Math.abs(z).toFixed(1)}`)

function table({ layer, vectors, tokens, mean }: TextReading): string {
  const widths = vectors.map((name) => Math.max(9, name.length) + 1)
  const line = (text: string, cells: readonly string[]) =>
    `${text.padEnd(18)}${cells.map((cell, k) => cell.padStart(widths[k]!)).join('')}\n`
  const shown = (text: string) => JSON.stringify(text).slice(1, -1).slice(0, 17)
  return [
    `after block ${layer}, in standard deviations of neutral prose (– = sink, not read)\n`,
    line('token', vectors),
    ...tokens.map(({ text, z }) => line(shown(text), z.map(number))),
    line('mean', mean.map(number)),
  ].join('')
}

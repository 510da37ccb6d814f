import { InputError } from '../errors.ts'
import { closest, list } from '../suggest.ts'

/** A vector as a name says it: a term, perhaps without its parts along others, perhaps with the other sign. */
export interface VectorName {
  readonly negative: boolean
  readonly term: Term
  /** Directions that are projected out of it. */
  readonly without: readonly Term[]
}

export interface Term {
  readonly base: Base
  /** The vector of the layer this many above the one where it is applied. */
  readonly shift: number
}

export type Base =
  | { readonly kind: 'concept' | 'lexical' | 'import'; readonly name: string }
  | { readonly kind: 'random' | 'covariance'; readonly index: number }
  /** `of`: the label whose vector is meant; undefined = the first of the set. */
  | { readonly kind: 'shuffled'; readonly index: number; readonly of: string | undefined }

/** What names may speak of; without it only their form is checked. */
export interface KnownNames {
  readonly emotions: readonly string[]
  readonly unrelated: readonly string[]
}

/** A name that cannot be read. `part`: what of it is wrong. */
export class NameError extends InputError {
  readonly part: string
  constructor(message: string, part: string) {
    super(message)
    this.part = part
  }
}

/**
 * Reads the name of a vector:
 *
 *     name = "-"* term (("⊥" | "~") term)*        -desperate, desperate⊥afraid (the same: desperate~afraid)
 *     term = base ("@shift" ("+" | "-") number)?  desperate@shift+4
 *     base = concept | "unrelated:" topic | "lexical:" concept | "import:" id
 *          | ("random" | "covariance") "#" number | "shuffled#" number (":" concept)?
 *
 * Errors: NameError with the column inside the name, what was expected there and, for a word that is nearly known, which it may be.
 */
export function parseVectorName(text: string, known?: KnownNames): VectorName {
  const name = text.trim()
  const signs = /^-*/.exec(name)![0].length
  const terms = pieces({ text: name.slice(signs), at: signs }, /[⊥~]/g).map((piece) => readTerm(name, piece, known))
  const [term, ...without] = terms as [Term, ...Term[]]
  return { negative: signs % 2 === 1, term, without }
}

/** The one spelling of a name: what keys, rows and reports hold. Reading it gives the same name. */
export const printVectorName = ({ negative, term, without }: VectorName): string =>
  `${negative ? '-' : ''}${[term, ...without].map(printTerm).join('⊥')}`

/** Concepts whose texts the vector is made from, topics among them. */
export const conceptsIn = (name: VectorName): string[] =>
  basesIn(name).flatMap((base) => {
    if (base.kind === 'concept' || base.kind === 'lexical') return [base.name]
    return base.kind === 'shuffled' && base.of !== undefined ? [base.of] : []
  })

/** Ids of imported vectors that the name speaks of. */
export const importsIn = (name: VectorName): string[] =>
  basesIn(name).flatMap((base) => (base.kind === 'import' ? [base.name] : []))

/** How far above (or below) the layer of use the vectors lie that the name speaks of; 0 among them only where it is meant. */
export const shiftsIn = ({ term, without }: VectorName): number[] => [term, ...without].map(({ shift }) => shift)

/** The emotion that a name is about, whose lexical vector is its control. */
export const subjectOf = ({ term: { base } }: VectorName): string | undefined =>
  base.kind === 'concept' ? base.name : undefined

const basesIn = ({ term, without }: VectorName): Base[] => [term, ...without].map(({ base }) => base)

/** A stretch of the name, `at` UTF-16 units from its beginning. */
interface Piece {
  readonly text: string
  readonly at: number
}

function pieces({ text, at }: Piece, separator: RegExp): Piece[] {
  const out: Piece[] = []
  let from = 0
  for (const match of text.matchAll(separator)) {
    out.push({ text: text.slice(from, match.index), at: at + from })
    from = match.index + match[0].length
  }
  return [...out, { text: text.slice(from), at: at + from }]
}

/** Farther than any model is deep. */
const MOST_SHIFT = 999

function readTerm(name: string, piece: Piece, known: KnownNames | undefined): Term {
  const cut = piece.text.indexOf('@')
  if (cut < 0) return { base: readBase(name, piece, known), shift: 0 }
  const base = readBase(name, { text: piece.text.slice(0, cut), at: piece.at }, known)
  const tail = { text: piece.text.slice(cut), at: piece.at + cut }
  const shift = Number(/^@shift([+-]\d{1,6})$/.exec(tail.text)?.[1])
  if (!(Math.abs(shift) <= MOST_SHIFT)) {
    const what = `expected @shift+N or @shift-N with N layers, at most ${MOST_SHIFT}`
    throw fault(name, tail, what)
  }
  // -0 would be another number than 0.
  return { base, shift: shift === 0 ? 0 : shift }
}

const NUMBERED = ['random', 'covariance', 'shuffled'] as const
const PREFIXES = ['unrelated', 'lexical', 'import'] as const
const FORMS = 'a concept, random#N, covariance#N, shuffled#N, unrelated:TOPIC, lexical:CONCEPT or import:NAME'

function readBase(name: string, piece: Piece, known: KnownNames | undefined): Base {
  const { text } = piece
  if (text === '') throw fault(name, piece, `expected ${FORMS}`)
  const [, kind = '', mark = '', rest = ''] = /^([^#:]*)([#:]?)(.*)$/s.exec(text)!
  const after = { text: rest, at: piece.at + kind.length + 1 }
  if (mark === '') return { kind: 'concept', name: knownWord(name, piece, known && wordsFor(known, text)) }
  if (mark === '#') return readNumbered(name, { piece, kind, after }, known)
  if (kind === 'import') return { kind, name: importId(name, after) }
  if (kind === 'lexical') return { kind, name: knownWord(name, after, known?.emotions) }
  if (kind === 'unrelated') return { kind: 'concept', name: knownWord(name, after, known?.unrelated) }
  throw fault(name, { text: kind, at: piece.at }, `expected ${FORMS}`, closest(kind, PREFIXES))
}

/** A word that was meant as a control is answered with controls. */
const wordsFor = ({ emotions, unrelated }: KnownNames, word: string): readonly string[] => {
  const control = NUMBERED.find((kind) => word.startsWith(kind))
  return control === undefined ? [...emotions, ...unrelated] : [`${control}#0`]
}

function readNumbered(
  name: string,
  { piece, kind, after }: { piece: Piece; kind: string; after: Piece },
  known: KnownNames | undefined,
): Base {
  const numbered = NUMBERED.find((one) => one === kind)
  if (numbered === undefined)
    throw fault(name, { text: kind, at: piece.at }, `expected ${FORMS}`, closest(kind, NUMBERED))
  const [, digits = '', colon = '', of = ''] = /^(\d{0,9})(:?)(.*)$/s.exec(after.text)!
  const hasRest = numbered === 'shuffled' ? colon === '' && of !== '' : colon !== '' || of !== ''
  if (digits === '' || hasRest) throw fault(name, after, `expected a whole number from 0 up after ${numbered}#`)
  const index = Number(digits)
  if (numbered !== 'shuffled') return { kind: numbered, index }
  if (colon === '') return { kind: numbered, index, of: undefined }
  const label = { text: of, at: after.at + digits.length + 1 }
  return { kind: numbered, index, of: knownWord(name, label, known?.emotions) }
}

function importId(name: string, piece: Piece): string {
  if (!isImportName(piece.text))
    throw fault(name, piece, 'expected the name that an import was given: lower-case letters, digits and hyphens')
  return piece.text
}

/** Whether an imported vector may be called so. */
export const isImportName = (text: string): boolean => /^[a-z0-9][a-z0-9-]{0,63}$/.test(text)

const WORD = /^[a-z]+(?:[ -][a-z]+)*$/
const MOST_SHOWN = 12

function knownWord(name: string, piece: Piece, words: readonly string[] | undefined): string {
  const { text } = piece
  if (!WORD.test(text)) throw fault(name, piece, 'expected a concept in lower-case words')
  if (words === undefined || words.includes(text)) return text
  const near = closest(text, words)
  throw fault(name, piece, 'there is no such vector', near, words)
}

function fault(
  name: string,
  { text, at }: Piece,
  what: string,
  near?: string,
  words: readonly string[] = [],
): NameError {
  const got = text === '' ? 'nothing' : JSON.stringify(text)
  const known = words.length > 0 ? `; known: ${list(words, MOST_SHOWN)}, random#N, covariance#N, lexical:WORD` : ''
  const hint = near === undefined ? known : `; did you mean ${JSON.stringify(near)}?`
  return new NameError(`vector ${JSON.stringify(name)}, column ${at + 1}: ${what}, got ${got}${hint}`, text || name)
}

function printTerm({ base, shift }: Term): string {
  return `${printBase(base)}${shift === 0 ? '' : `@shift${shift > 0 ? '+' : ''}${shift}`}`
}

function printBase(base: Base): string {
  switch (base.kind) {
    case 'concept':
      return base.name
    case 'lexical':
    case 'import':
      return `${base.kind}:${base.name}`
    case 'random':
    case 'covariance':
      return `${base.kind}#${base.index}`
    case 'shuffled':
      return `shuffled#${base.index}${base.of === undefined ? '' : `:${base.of}`}`
  }
}

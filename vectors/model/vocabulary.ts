import { createHash } from 'node:crypto'
import { InputError } from '../errors.ts'
import { shown } from './printable.ts'

/** What a GGUF file says about its tokenizer (`tokenizer.ggml.*`), checked. */
export interface Vocabulary {
  readonly model: 'gpt2' | 'llama' | 'duress-words'
  readonly pre: string
  readonly tokens: readonly string[]
  readonly types: ArrayLike<number>
  readonly scores: ArrayLike<number>
  readonly merges: readonly string[]
  readonly unknown: number | undefined
  readonly bos: number | undefined
  readonly eos: number | undefined
  readonly addBos: boolean
  /** SentencePiece: a space goes before a text that starts the sequence or follows a parsed token. */
  readonly addSpacePrefix: boolean
  readonly hash: string
}

/** `tokenizer.ggml.token_type` (llama.cpp's `llama_token_type`). */
export const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

const MODELS = ['gpt2', 'llama', 'duress-words'] as const
/** Pre-tokenizers whose files mean "add BOS" when they do not say (llama.cpp does the same). */
const PRE_WITH_BOS = new Set(['llama-bpe', 'llama3', 'llama-v3'])

/** Reads and checks the tokenizer's metadata. Errors: InputError naming the key, what was expected and what came. */
export function readVocabulary(metadata: ReadonlyMap<string, unknown>): Vocabulary {
  const key = (name: string): unknown => metadata.get(`tokenizer.ggml.${name}`)
  const model = MODELS.find((known) => known === key('model'))
  if (model === undefined) {
    throw new InputError(
      `tokenizer.ggml.model: expected one of ${MODELS.join(', ')}, got ${describe(key('model'))}; this model file's tokenizer is not supported`,
    )
  }
  const tokens = strings(key('tokens'), 'tokens')
  const pre = key('pre') ?? 'default'
  if (typeof pre !== 'string') throw new InputError(`tokenizer.ggml.pre: expected a text, got ${describe(pre)}`)
  const types =
    numbers(key('token_type'), 'token_type', tokens.length) ?? new Uint8Array(tokens.length).fill(TOKEN_TYPE.normal)
  const scores = numbers(key('scores'), 'scores', tokens.length)
  if (model === 'llama' && scores === undefined)
    throw new InputError('tokenizer.ggml.scores: missing, and a SentencePiece tokenizer cannot be rebuilt without it')
  const merges = model === 'gpt2' ? strings(key('merges'), 'merges') : []
  const tokenId = (name: string) => optionalTokenId(key(name), name, tokens.length)
  const template = metadata.get('tokenizer.chat_template') ?? null
  if (template !== null && typeof template !== 'string')
    throw new InputError(`tokenizer.chat_template: expected a text, got ${describe(template)}`)
  const flag = (name: string, fallback: boolean) => (typeof key(name) === 'boolean' ? key(name) === true : fallback)
  return {
    model,
    pre,
    tokens,
    types,
    scores: scores ?? [],
    merges,
    unknown: tokenId('unknown_token_id') ?? firstIndex(types, TOKEN_TYPE.unknown),
    bos: tokenId('bos_token_id'),
    eos: tokenId('eos_token_id'),
    addBos: flag('add_bos_token', model === 'llama' || (model === 'gpt2' && PRE_WITH_BOS.has(pre))),
    addSpacePrefix: model === 'llama' && flag('add_space_prefix', true),
    hash: hashOf([model, pre, tokens, merges, Array.from(types), Array.from(scores ?? []), template]),
  }
}

function strings(value: unknown, name: string): readonly string[] {
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value
  throw new InputError(`tokenizer.ggml.${name}: expected a list of texts, got ${describe(value)}`)
}

function numbers(value: unknown, name: string, length: number): ArrayLike<number> | undefined {
  if (value === undefined) return undefined
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
  if (!isList) throw new InputError(`tokenizer.ggml.${name}: expected a list of numbers, got ${describe(value)}`)
  const list = value as ArrayLike<number>
  if (list.length !== length)
    throw new InputError(`tokenizer.ggml.${name}: expected ${length} entries (one a token), got ${list.length}`)
  const other = Array.isArray(value) ? (value as unknown[]).find((entry) => typeof entry !== 'number') : undefined
  if (other !== undefined)
    throw new InputError(`tokenizer.ggml.${name}: expected a list of numbers, got ${describe(other)} in it`)
  return list
}

function optionalTokenId(value: unknown, name: string, size: number): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < size) return value
  throw new InputError(
    `tokenizer.ggml.${name}: expected a token id from 0 to ${size - 1}, got ${typeof value === 'number' ? value : describe(value)}`,
  )
}

function firstIndex(types: ArrayLike<number>, wanted: number): number | undefined {
  const index = Array.prototype.indexOf.call(types, wanted)
  return index < 0 ? undefined : index
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing (the key is missing)'
  return typeof value === 'string' ? shown(value) : `a value of another kind (${typeof value})`
}

/** Sha256 over the parts as JSON, one a line, so that no part can run into the next. */
function hashOf(parts: readonly unknown[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${JSON.stringify(part)}\n`)
  return hash.digest('hex')
}

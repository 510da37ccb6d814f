import { InputError } from '../errors.ts'
import { shown } from './printable.ts'
import type { Vocabulary } from './vocabulary.ts'

/** The part of a `tokenizer.json` that we rebuild; special tokens, prefixes and decoding are done by `tokenizer.ts`. */
export interface TokenizerJson {
  readonly added_tokens: readonly []
  readonly normalizer: null
  readonly pre_tokenizer: object
  readonly post_processor: null
  readonly decoder: null
  readonly model: {
    readonly type: 'BPE'
    readonly vocab: Readonly<Record<string, number>>
    readonly merges: readonly (readonly [string, string])[]
    readonly ignore_merges: boolean
  }
}

/** The pattern of GPT-2's encoder.py, and the one of Llama 3 with `digits` as its rule for numbers. `\s` is the Unicode class (the library rewrites it). */
const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
const llama3 = (digits: string): string =>
  String.raw`'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
const LLAMA3 = { splits: [llama3(String.raw`\p{N}{1,3}`)], ignoreMerges: true }

/** `tokenizer.ggml.pre` → the splits made one after the other (llama.cpp's table, which is what the key means). */
const PRE_TOKENIZERS: Readonly<
  Record<string, { readonly splits: readonly string[]; readonly ignoreMerges?: boolean }>
> = {
  'gpt-2': { splits: [GPT2] },
  'llama-bpe': LLAMA3,
  'llama-v3': LLAMA3,
  llama3: LLAMA3,
  qwen2: { splits: [llama3(String.raw`\p{N}`)] },
  smollm: { splits: [String.raw`\p{N}`, GPT2] },
  default: { splits: [String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2, String.raw`\p{N}+`, '[0-9][0-9][0-9]'] },
}

/** Rebuilds the splitting and merging part of a byte-level BPE tokenizer (`gpt2`). Errors: InputError for an unknown `pre` or a broken merge. */
export function tokenizerJson(vocabulary: Vocabulary): TokenizerJson {
  const pre = preTokenizerOf(vocabulary.pre)
  return {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: sequenceOf(pre.splits),
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      vocab: vocabularyObject(vocabulary.tokens),
      merges: vocabulary.merges.map(splitMerge),
      ignore_merges: pre.ignoreMerges ?? false,
    },
  }
}

function preTokenizerOf(pre: string) {
  const known = Object.hasOwn(PRE_TOKENIZERS, pre) ? PRE_TOKENIZERS[pre] : undefined
  if (known !== undefined) return known
  throw new InputError(
    `tokenizer.ggml.pre: expected one of ${Object.keys(PRE_TOKENIZERS).join(', ')}, got ${shown(pre)}; its rules for splitting text are not known here`,
  )
}

function sequenceOf(splits: readonly string[]): object {
  const isolated = splits.map((regex) => ({
    type: 'Split',
    pattern: { Regex: regex },
    behavior: 'Isolated',
    invert: false,
  }))
  return {
    type: 'Sequence',
    pretokenizers: [...isolated, { type: 'ByteLevel', add_prefix_space: false, use_regex: false }],
  }
}

/** Without a prototype, or a token like `__proto__` would be lost. */
function vocabularyObject(tokens: readonly string[]): Record<string, number> {
  const object = Object.create(null) as Record<string, number>
  for (const [id, token] of tokens.entries()) object[token] = id
  return object
}

/** Merges are written "left right"; a left half may itself start with a space. */
function splitMerge(merge: string): [string, string] {
  const at = merge.indexOf(' ', 1)
  if (at < 0)
    throw new InputError(`tokenizer.ggml.merges: expected two pieces with a space between, got ${shown(merge)}`)
  return [merge.slice(0, at), merge.slice(at + 1)]
}

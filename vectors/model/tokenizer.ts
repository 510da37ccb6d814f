import { Tokenizer as BpeTokenizer } from '@huggingface/tokenizers'
import { InputError } from '../errors.ts'
import { decodeChunks, fromByteLevel, toByteLevel, utf8Bytes } from './bytes.ts'
import { createMatcher, splitAtMatches } from './longest-match.ts'
import { createSentencePieceEncoder } from './sentencepiece.ts'
import { tokenizerJson } from './tokenizer-json.ts'
import { readVocabulary, TOKEN_TYPE, type Vocabulary } from './vocabulary.ts'
import { createWordEncoder } from './words.ts'

/** Text to token ids and back, exactly as the model file means it. */
export interface Tokenizer {
  /** Adds nothing by itself (no BOS). `special: false` reads special tokens in the text as plain text. @default special true */
  readonly encode: (text: string, options?: { readonly special?: boolean }) => number[]
  /** The tokens' bytes as text: special tokens show, a space that SentencePiece put in front stays, broken UTF-8 becomes U+FFFD. */
  readonly decode: (ids: readonly number[]) => string
  /** The exact bytes of a token; of a special one its text. Errors: InputError for an id outside the vocabulary. */
  readonly tokenBytes: (id: number) => Uint8Array
  /** One text a token for display: the bytes of a split character go to the token that completes it. Joined they are `decode`. */
  readonly pieces: (ids: readonly number[]) => string[]
  /** Control and unknown tokens: never part of what the model says. */
  readonly isSpecial: (id: number) => boolean
  /** The one token whose text this is, special tokens first. */
  readonly idOf: (text: string) => number | undefined
  readonly vocabularySize: number
  readonly bos: number | undefined
  readonly eos: number | undefined
  readonly addBos: boolean
  /** Sha256 over everything in the file that decides ids and chat text. */
  readonly hash: string
}

const SPACE_MARK = '\u2581'

/**
 * Rebuilds the tokenizer of a GGUF file from its metadata: byte-level BPE (`gpt2`), SentencePiece (`llama`) or our test models' words.
 * Takes about half a second for a vocabulary of 150,000, so keep it. Errors: InputError naming the unknown model or `pre`, or the broken key.
 */
export function createTokenizer(metadata: ReadonlyMap<string, unknown>): Tokenizer {
  const vocabulary = readVocabulary(metadata)
  const bytesOf = tokenBytesOf(vocabulary)
  const chunks = (ids: readonly number[]) => ids.map(bytesOf)
  return {
    encode: encoderOf(vocabulary),
    decode: (ids) => decodeChunks(chunks(ids)).join(''),
    tokenBytes: bytesOf,
    pieces: (ids) => decodeChunks(chunks(ids)),
    isSpecial: (id) => vocabulary.types[id] === TOKEN_TYPE.control || vocabulary.types[id] === TOKEN_TYPE.unknown,
    idOf: idFinder(vocabulary),
    vocabularySize: vocabulary.tokens.length,
    bos: vocabulary.bos,
    eos: vocabulary.eos,
    addBos: vocabulary.addBos && vocabulary.bos !== undefined,
    hash: vocabulary.hash,
  }
}

function encoderOf(vocabulary: Vocabulary): Tokenizer['encode'] {
  const encodePlain = plainEncoderOf(vocabulary)
  const { control, unknown, userDefined } = TOKEN_TYPE
  const always = createMatcher(textsOfTypes(vocabulary, [userDefined]))
  const withSpecial = createMatcher(textsOfTypes(vocabulary, [userDefined, control, unknown]))
  return (text, { special = true } = {}) => {
    const parts = splitAtMatches(text, special ? withSpecial : always)
    return parts.flatMap((part, i) => {
      if (part.id !== undefined) return [part.id]
      const followsToken = i === 0 || parts[i - 1]?.id !== undefined
      return encodePlain(vocabulary.addSpacePrefix && followsToken ? ` ${part.text}` : part.text)
    })
  }
}

function plainEncoderOf(vocabulary: Vocabulary): (text: string) => number[] {
  if (vocabulary.model === 'duress-words') {
    const { unknown } = vocabulary
    if (unknown === undefined)
      throw new InputError(
        'tokenizer.ggml.tokens: a duress-words vocabulary needs a token of type unknown (2) or tokenizer.ggml.unknown_token_id',
      )
    return createWordEncoder(textsOfTypes(vocabulary, [TOKEN_TYPE.normal]), unknown)
  }
  if (vocabulary.model === 'llama') {
    const encode = createSentencePieceEncoder(vocabulary)
    return (text) => encode(text.replaceAll(' ', SPACE_MARK))
  }
  const bpe = new BpeTokenizer(tokenizerJson(vocabulary), {})
  return (text) => bpe.encode(text).ids
}

function textsOfTypes({ tokens, types }: Vocabulary, wanted: readonly number[]): Map<string, number> {
  const texts = new Map<string, number>()
  for (const [id, token] of tokens.entries()) if (token !== '' && wanted.includes(types[id] ?? 0)) texts.set(token, id)
  return texts
}

function tokenBytesOf({ model, tokens, types }: Vocabulary): Tokenizer['tokenBytes'] {
  return (id) => {
    const token = tokens[id]
    if (token === undefined) throw new InputError(`token id ${id} is not in the vocabulary (0 to ${tokens.length - 1})`)
    if (types[id] === TOKEN_TYPE.byte) return Uint8Array.of(Number.parseInt(token.slice(3, 5), 16))
    if (types[id] !== TOKEN_TYPE.normal) return utf8Bytes(token)
    if (model === 'gpt2') return fromByteLevel(token) ?? utf8Bytes(token)
    return utf8Bytes(model === 'llama' ? token.replaceAll(SPACE_MARK, ' ') : token)
  }
}

function idFinder(vocabulary: Vocabulary): Tokenizer['idOf'] {
  const { normal, control, unknown, userDefined } = TOKEN_TYPE
  const literal = textsOfTypes(vocabulary, [control, unknown, userDefined])
  const plain = textsOfTypes(vocabulary, [normal])
  const spell = {
    gpt2: toByteLevel,
    llama: (text: string) => text.replaceAll(' ', SPACE_MARK),
    'duress-words': (text: string) => text,
  }[vocabulary.model]
  return (text) => literal.get(text) ?? plain.get(spell(text))
}

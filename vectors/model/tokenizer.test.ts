import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { byteLevelMetadata, sentencePieceMetadata, WORDS, wordsMetadata } from './fixtures/tokenizers.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'

const shown = (tokenizer: Tokenizer, text: string) => tokenizer.pieces(tokenizer.encode(text))
const huge = 2n ** 63n
const anyText = fc.string({ unit: 'grapheme', maxLength: 40 })

describe('byte-level BPE', () => {
  const smollm = createTokenizer(byteLevelMetadata('smollm'))

  test.each([
    ['hello world', ['hello', ' world']],
    ['hell', ['hell']],
    ['world', ['w', 'or', 'ld']],
    ['  world', [' ', ' world']],
    ['<|im_start|>hello<|im_end|>', ['<|im_start|>', 'hello', '<|im_end|>']],
    ['a<tag>b', ['a', '<tag>', 'b']],
    ['é', ['', 'é']],
    ['', []],
  ])('%j is cut into %j', (text, pieces) => {
    expect(shown(smollm, text)).toEqual(pieces)
  })

  test.each([
    ['smollm', ['1', '2', '1', '2', '1', '2', '1', '2']],
    ['qwen2', ['1', '2', '1', '2', '1', '2', '1', '2']],
    ['llama-bpe', ['12', '1', '2', '12', '12']],
    ['gpt-2', ['12', '12', '12', '12']],
    ['default', ['12', '1', '2', '12', '12']],
  ])('%s cuts 12121212 into %j before merging', (pre, pieces) => {
    expect(shown(createTokenizer(byteLevelMetadata(pre)), '12121212')).toEqual(pieces)
  })

  test.each(['smollm', 'qwen2', 'llama-bpe', 'gpt-2', 'default'])('with %s any text comes back', (pre) => {
    const tokenizer = createTokenizer(byteLevelMetadata(pre))
    fc.assert(
      fc.property(anyText, (text) => {
        const ids = tokenizer.encode(text)
        expect(tokenizer.decode(ids)).toBe(text)
        expect(tokenizer.pieces(ids).join('')).toBe(text)
        expect(Buffer.concat(ids.map(tokenizer.tokenBytes)).toString()).toBe(text)
      }),
    )
  })

  test('special tokens in a text are plain text when asked, and tags of the vocabulary stay tokens', () => {
    const ids = smollm.encode('<|im_end|><tag>', { special: false })
    expect(smollm.decode(ids)).toBe('<|im_end|><tag>')
    expect(ids.some(smollm.isSpecial)).toBe(false)
    expect(ids.at(-1)).toBe(smollm.idOf('<tag>'))
  })

  test('a token is found by its text', () => {
    expect(smollm.pieces([smollm.idOf(' world') ?? -1])).toEqual([' world'])
    expect(smollm.idOf('<|im_end|>')).toBe(2)
    expect(smollm.idOf('worlds')).toBeUndefined()
  })

  test('a token named like a property of objects is kept', () => {
    const metadata = new Map(byteLevelMetadata())
    metadata.set('tokenizer.ggml.tokens', [
      ...(metadata.get('tokenizer.ggml.tokens') as string[]).slice(0, -1),
      '__proto__',
    ])
    metadata.set('tokenizer.ggml.merges', ['_ _', '__ proto__'])
    expect(createTokenizer(metadata).idOf('__proto__')).toBe(smollm.vocabularySize - 1)
  })

  test.each([
    ['llama-bpe', {}, true],
    ['llama-bpe', { 'tokenizer.ggml.add_bos_token': false }, false],
    ['smollm', {}, false],
    ['smollm', { 'tokenizer.ggml.add_bos_token': true }, true],
  ])('%s with %j: BOS is wanted: %s', (pre, extra, wanted) => {
    expect(createTokenizer(byteLevelMetadata(pre, extra)).addBos).toBe(wanted)
  })
})

describe('SentencePiece', () => {
  const tokenizer = createTokenizer(sentencePieceMetadata())

  test.each([
    ['abc', ['abc']],
    ['aab', ['a', 'ab']],
    ['aaa', ['aa', 'a']],
    ['bc abc', ['bc', ' abc']],
    [' abca', [' abc', 'a']],
    ['a\n\nb', ['a', '\n\n', 'b']],
    ['\n', ['\n']],
    ['é</s>', ['', 'é', '</s>']],
  ])('%j is cut into %j', (text, pieces) => {
    expect(shown(tokenizer, text)).toEqual(pieces)
  })

  test('bytes that no piece covers are spelled in byte tokens', () => {
    expect(tokenizer.encode('é').map((id) => [...tokenizer.tokenBytes(id)])).toEqual([[0xc3], [0xa9]])
  })

  test('any text without the space mark comes back', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n', 'é', '👍', '\ufeff'), maxLength: 60 })
    fc.assert(
      fc.property(text, (t) => {
        expect(tokenizer.decode(tokenizer.encode(t))).toBe(t)
      }),
    )
  })

  test('merging agrees with trying every neighbour again and again', () => {
    const scores = new Map(Object.entries({ ab: -1, bc: -2, abc: -3, '▁a': -4, aa: -5, '▁abc': -6 }))
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 30 })
    fc.assert(
      fc.property(text, (t) => {
        expect(shown(tokenizer, t)).toEqual(mergeNaively(t, scores))
      }),
    )
  })

  test('where the file wants it a space goes before the text and after special tokens', () => {
    const prefixing = createTokenizer(sentencePieceMetadata({ 'tokenizer.ggml.add_space_prefix': true }))
    expect(shown(prefixing, 'abc</s>abc')).toEqual([' abc', '</s>', ' abc'])
  })

  test('without byte tokens what is unknown becomes the unknown token', () => {
    const small = new Map(sentencePieceMetadata())
    for (const key of ['tokens', 'scores', 'token_type']) {
      const values = Array.from(small.get(`tokenizer.ggml.${key}`) as ArrayLike<unknown>)
      small.set(`tokenizer.ggml.${key}`, values.slice(0, 14))
    }
    expect(shown(createTokenizer(small), 'aéb')).toEqual(['a', '<unk>', 'b'])
  })
})

describe('words of a test model', () => {
  const tokenizer = createTokenizer(wordsMetadata())

  test.each([
    ['the mailbox.', ['the', ' mailbox', '.']],
    ['the mail box', ['the', ' mail', ' ', 'box']],
    ['abcd', ['ab', 'cd']],
    ["it's\n", ["it's", '\n']],
    ['the zebra.', ['the', ' ', '<unk>', '.']],
    ['<|im_start|>the<|im_end|>', ['<|im_start|>', 'the', '<|im_end|>']],
  ])('%j is cut into %j', (text, pieces) => {
    expect(shown(tokenizer, text)).toEqual(pieces)
  })

  test('any text over the vocabulary comes back', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...WORDS)), (words) => {
        expect(tokenizer.decode(tokenizer.encode(words.join('')))).toBe(words.join(''))
      }),
    )
  })
})

describe('what every tokenizer refuses or answers', () => {
  test.each([
    [new Map(), /tokenizer\.ggml\.model: expected one of gpt2, llama, duress-words, got nothing/],
    [byteLevelMetadata('smollm', { 'tokenizer.ggml.model': 'bert' }), /got "bert"/],
    [byteLevelMetadata('tekken'), /pre: expected one of gpt-2, .*smollm.* got "tekken"/],
    [byteLevelMetadata('toString'), /got "toString"/],
    [byteLevelMetadata('smollm', { 'tokenizer.ggml.merges': ['hello'] }), /merges: expected two pieces/],
    [byteLevelMetadata('smollm', { 'tokenizer.ggml.token_type': [1] }), /token_type: expected \d+ entries/],
    [
      byteLevelMetadata('smollm', { 'tokenizer.ggml.eos_token_id': 1e6 }),
      /eos_token_id: expected a token id .* got 1000000/,
    ],
    [sentencePieceMetadata({ 'tokenizer.ggml.scores': undefined }), /scores: missing/],
    [wordsMetadata({ 'tokenizer.ggml.token_type': undefined }), /needs a token of type unknown/],
  ])('broken metadata %# is told', (metadata, message) => {
    expect(() => createTokenizer(metadata)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) as string }),
    )
  })

  const tokenizer = createTokenizer(wordsMetadata())

  test('an id outside the vocabulary is told, an empty list is an empty text', () => {
    expect(() => tokenizer.decode([99])).toThrow('token id 99 is not in the vocabulary (0 to 14)')
    expect(tokenizer.decode([])).toBe('')
    expect(tokenizer.pieces([])).toEqual([])
  })

  test('the hash changes with whatever decides ids or chat text', () => {
    const changed = [
      byteLevelMetadata('qwen2'),
      byteLevelMetadata('smollm', { 'tokenizer.chat_template': 'x' }),
      byteLevelMetadata('smollm', { 'tokenizer.ggml.merges': ['h e'] }),
      sentencePieceMetadata(),
      wordsMetadata(),
    ].map((metadata) => createTokenizer(metadata).hash)
    const base = createTokenizer(byteLevelMetadata('smollm')).hash
    expect(base).toMatch(/^[0-9a-f]{64}$/)
    expect(createTokenizer(byteLevelMetadata('smollm')).hash).toBe(base)
    expect(new Set([base, ...changed]).size).toBe(6)
  })
})

/** The definition itself: join the best-scored neighbours, leftmost of equals, until none is known. */
function mergeNaively(text: string, scores: ReadonlyMap<string, number>): string[] {
  const symbols = Array.from(text.replaceAll(' ', '▁'))
  for (;;) {
    let best: { at: number; score: number } | undefined
    for (let at = 0; at + 1 < symbols.length; at++) {
      const score = scores.get(`${symbols[at]}${symbols[at + 1]}`)
      if (score !== undefined && (best === undefined || score > best.score)) best = { at, score }
    }
    if (best === undefined) return symbols.map((symbol) => symbol.replaceAll('▁', ' '))
    symbols.splice(best.at, 2, `${symbols[best.at]}${symbols[best.at + 1]}`)
  }
}

test.each<[string, unknown, RegExp]>([
  [
    'tokenizer.ggml.token_type',
    'numbers',
    /^tokenizer.ggml.token_type: expected a list of numbers, got a value of another kind \(bigint\) in it/,
  ],
  [
    'tokenizer.chat_template',
    huge,
    /^tokenizer.chat_template: expected a text, got a value of another kind \(bigint\)/,
  ],
  ['tokenizer.ggml.pre', huge, /^tokenizer.ggml.pre: expected a text/],
  ['tokenizer.ggml.eos_token_id', huge, /^tokenizer.ggml.eos_token_id: expected a token id/],
])('a number that JSON cannot hold is refused by name: %s', (key, value, message) => {
  const size = (byteLevelMetadata().get('tokenizer.ggml.tokens') as string[]).length
  const given = value === 'numbers' ? [huge, ...Array.from({ length: size - 1 }, () => 1)] : value
  expect(() => createTokenizer(byteLevelMetadata('smollm', { [key]: given }))).toThrow(
    expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) as string }),
  )
})

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { findCachedModel } from './cached.ts'
import { createChat, type Message } from './chat.ts'
import { openGguf } from './gguf.ts'
import { createTokenizer } from './tokenizer.ts'

/** Ids and chat texts of the same files by the transformers library; llama.cpp agrees on all of them. */
interface Reference {
  readonly chat_template: boolean
  readonly tokenize: readonly { readonly text: string; readonly ids: readonly number[] }[]
  readonly prompts: readonly {
    readonly messages: readonly Message[]
    readonly text: string
    readonly ids: readonly number[]
  }[]
}

const readReference = (id: string): Reference =>
  JSON.parse(readFileSync(new URL(`reference/${id}.json`, import.meta.url), 'utf8')) as Reference

describe.each(['smollm2-135m', 'gemma3-270m', 'qwen2.5-coder-0.5b', 'qwen2.5-coder-1.5b'])('%s', (id) => {
  const path = findCachedModel(id, process.env)
  if (path === undefined) {
    test.skip(`skipped: not in the cache (duress models pull ${id})`, () => {})
    return
  }
  using file = openGguf(path)
  const { metadata } = file
  const tokenizer = createTokenizer(metadata)
  const chat = createChat(metadata, tokenizer)
  const reference = readReference(id)

  test.each(reference.tokenize)('ids of $text are the reference', ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids)
    expect(tokenizer.decode(ids)).toBe(text)
    expect(tokenizer.pieces(ids).join('')).toBe(text)
  })

  test.each(reference.prompts)('chat text and ids are the reference', ({ messages, text, ids }) => {
    const encoded = chat.encodeConversation({ messages, addGenerationPrompt: true })
    expect(encoded.text).toBe(text)
    expect(encoded.ids).toEqual(ids)
    expect(encoded.roles).toHaveLength(ids.length)
  })

  test('the template is found, and the turn has an end', () => {
    expect(chat.hasTemplate).toBe(reference.chat_template)
    expect(chat.endOfTurn.length).toBeGreaterThan(0)
    expect(chat.endOfTurn.map((token) => tokenizer.isSpecial(token))).not.toContain(false)
  })
})

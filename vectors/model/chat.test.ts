import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createChat, type Conversation, type Message } from './chat.ts'
import { CHATML, FOLDS_SYSTEM, FORGETS_THOUGHTS, WITH_TOOLS } from './fixtures/templates.ts'
import { byteLevelMetadata, sentencePieceMetadata, wordsMetadata } from './fixtures/tokenizers.ts'
import { createTokenizer } from './tokenizer.ts'

const chatOf = (metadata: ReadonlyMap<string, unknown>) => createChat(metadata, createTokenizer(metadata))
const withTemplate = (template: string) => chatOf(byteLevelMetadata('smollm', { 'tokenizer.chat_template': template }))
const read = (template: string, conversation: Conversation) => {
  const { text, segments } = withTemplate(template).render(conversation)
  return segments.map(({ role, start, end }) => [role, text.slice(start, end)])
}
const tool = {
  name: 'read_mail',
  description: 'Reads a mail.',
  parameters: { type: 'object', properties: { id: { type: 'string' } } },
}

const message: fc.Arbitrary<Message> = fc.record({
  role: fc.constantFrom('system', 'user', 'assistant', 'tool'),
  content: fc.string({ unit: fc.constantFrom('a', ' hello', '\n', 'é', '👍', '</think>', '<|im_end|>', 'user', '1') }),
})

describe('segments', () => {
  test('are one a message and one for the generation prompt', () => {
    const messages: Message[] = [
      { role: 'system', content: 'S' },
      { role: 'user', content: 'U' },
    ]
    expect(read(CHATML, { messages, addGenerationPrompt: true })).toEqual([
      ['system', '<|im_start|>system\nS<|im_end|>\n'],
      ['user', '<|im_start|>user\nU<|im_end|>\n'],
      ['assistant-start', '<|im_start|>assistant\n'],
    ])
    expect(read(CHATML, { messages, addGenerationPrompt: false })).toHaveLength(2)
  })

  test('of tool results that share a block end with their content', () => {
    const messages: Message[] = [
      { role: 'user', content: 'U' },
      { role: 'assistant', content: '', toolCalls: [{ name: 'read_mail', arguments: { id: 'm1' } }] },
      { role: 'tool', content: 'one' },
      { role: 'tool', content: 'two' },
    ]
    expect(read(WITH_TOOLS, { messages, tools: [tool], addGenerationPrompt: true }).slice(1)).toEqual([
      ['assistant', '<|im_start|>assistant\n\nread_mail {"id": "m1"}<|im_end|>\n'],
      ['tool', '<|im_start|>user\n[one]'],
      ['tool', '\n[two]<|im_end|>\n'],
      ['assistant-start', '<|im_start|>assistant\n'],
    ])
  })

  test('stay with their messages when a template drops earlier thoughts', () => {
    const messages: Message[] = [
      { role: 'user', content: 'U1' },
      { role: 'assistant', content: '<think>hm</think>A1' },
      { role: 'user', content: 'U2' },
    ]
    expect(read(FORGETS_THOUGHTS, { messages, addGenerationPrompt: true })).toEqual([
      ['user', '<|im_start|>user\nU1<|im_end|>\n'],
      ['assistant', '<|im_start|>assistant\nA1<|im_end|>\n'],
      ['user', '<|im_start|>user\nU2<|im_end|>\n'],
      ['assistant-start', '<|im_start|>assistant\n'],
    ])
  })

  test('end with the content where a template cannot stop after the message', () => {
    const messages: Message[] = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
    ]
    expect(read(FOLDS_SYSTEM, { messages, addGenerationPrompt: false })).toEqual([
      ['system', '[user] (Be kind.'],
      ['user', ') Hi\n'],
    ])
  })

  test.each([
    ['CHATML', CHATML],
    ['WITH_TOOLS', WITH_TOOLS],
    ['FORGETS_THOUGHTS', FORGETS_THOUGHTS],
  ])('of %s cover the text without gaps, one a message', (_, template) => {
    const chat = withTemplate(template)
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 6 }), fc.boolean(), (messages, addGenerationPrompt) => {
        const { text, segments } = chat.render({ messages, addGenerationPrompt })
        expect(segments.map(({ start }) => start)).toEqual([0, ...segments.slice(0, -1).map(({ end }) => end)])
        expect(segments.at(-1)?.end).toBe(text.length)
        expect(segments.every(({ start, end }) => start <= end)).toBe(true)
        const roles = messages.map(({ role }) => role)
        expect(segments.map(({ role }) => role)).toEqual(addGenerationPrompt ? [...roles, 'assistant-start'] : roles)
      }),
    )
  })
})

describe('encoded conversations', () => {
  test('have the ids of the whole text and a role for each token', () => {
    const metadata = byteLevelMetadata('smollm', { 'tokenizer.chat_template': CHATML })
    const tokenizer = createTokenizer(metadata)
    const chat = createChat(metadata, tokenizer)
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), (messages) => {
        const { ids, roles, text } = chat.encodeConversation({ messages, addGenerationPrompt: true })
        const { segments } = chat.render({ messages, addGenerationPrompt: true })
        expect(ids).toEqual(tokenizer.encode(text))
        const expected = ids.map((_, i) => {
          const before = Buffer.byteLength(tokenizer.decode(ids.slice(0, i)).replace(/\ufffd+$/, ''))
          return segments.find(({ end }) => before < Buffer.byteLength(text.slice(0, end)))?.role
        })
        expect(roles).toEqual(expected)
      }),
    )
  })

  test('begin with BOS when the file says so and the text does not', () => {
    const conversation: Conversation = { messages: [{ role: 'user', content: 'abc' }], addGenerationPrompt: true }
    const plain = chatOf(sentencePieceMetadata()).encodeConversation(conversation)
    expect(plain).toMatchObject({ text: 'abc\n', roles: ['user', 'user', 'assistant-start'] })
    expect(plain.ids[0]).toBe(1)
    const written = chatOf(
      sentencePieceMetadata({ 'tokenizer.chat_template': '{{ bos_token + messages[0].content }}' }),
    )
    expect(written.encodeConversation(conversation).ids.filter((id) => id === 1)).toHaveLength(1)
  })

  test('keep their roles where tokens do not spell the text', () => {
    const chat = chatOf(sentencePieceMetadata({ 'tokenizer.ggml.add_space_prefix': true }))
    const messages: Message[] = [
      { role: 'user', content: 'abc ▁ abc' },
      { role: 'assistant', content: 'bc' },
    ]
    const { roles } = chat.encodeConversation({ messages, addGenerationPrompt: false })
    expect(roles.filter((role) => role === 'assistant')).toHaveLength(2)
  })

  test('of words with unknown ones keep their roles', () => {
    const chat = chatOf(wordsMetadata({ 'tokenizer.chat_template': CHATML }))
    const messages: Message[] = [{ role: 'user', content: 'zebra the zebra.' }]
    const { roles } = chat.encodeConversation({ messages, addGenerationPrompt: true })
    expect(roles.slice(-3)).toEqual(['assistant-start', 'assistant-start', 'assistant-start'])
    expect(roles.filter((role) => role === 'user').length).toBeGreaterThan(5)
  })
})

describe('tools', () => {
  test.each([
    [CHATML, false],
    [FORGETS_THOUGHTS, false],
    [WITH_TOOLS, true],
  ])('support is seen from what the template renders (%#)', (template, supported) => {
    expect(withTemplate(template).supportsTools).toBe(supported)
  })

  test('are refused where the template would drop them', () => {
    const conversation: Conversation = {
      messages: [{ role: 'user', content: 'U' }],
      tools: [tool],
      addGenerationPrompt: true,
    }
    expect(() => withTemplate(CHATML).render(conversation)).toThrow(/shows no tools: put toolInstructions/)
  })

  test('calls and results are written out in tags for templates that know none', () => {
    const messages: Message[] = [
      { role: 'assistant', content: 'Wait.', toolCalls: [{ name: 'read_mail', arguments: { id: 'm1' } }] },
      { role: 'tool', content: 'Dear all' },
    ]
    expect(withTemplate(CHATML).render({ messages, addGenerationPrompt: false })).toMatchInlineSnapshot(`
      {
        "segments": [
          {
            "end": 111,
            "role": "assistant",
            "start": 0,
          },
          {
            "end": 180,
            "role": "tool",
            "start": 111,
          },
        ],
        "text": "<|im_start|>assistant
      Wait.
      <tool_call>
      {"name": "read_mail", "arguments": {"id":"m1"}}
      </tool_call><|im_end|>
      <|im_start|>user
      <tool_response>
      Dear all
      </tool_response><|im_end|>
      ",
      }
    `)
  })
})

test('without a template texts follow one another in lines, and the last line end is the generation prompt', () => {
  const chat = chatOf(sentencePieceMetadata())
  const messages: Message[] = [
    { role: 'system', content: 'abc' },
    { role: 'user', content: 'b' },
    { role: 'assistant', content: 'c' },
  ]
  const { text, segments } = chat.render({ messages, addGenerationPrompt: true })
  expect(segments.map(({ role, start, end }) => [role, text.slice(start, end)])).toEqual([
    ['system', 'abc'],
    ['user', '\nb'],
    ['assistant', '\nc'],
    ['assistant-start', '\n'],
  ])
  expect(chat).toMatchObject({ hasTemplate: false, supportsTools: false, endOfTurn: [2] })
  expect(chatOf(wordsMetadata({ 'tokenizer.ggml.eos_token_id': 0 })).endOfTurn).toEqual([0, 2])
})

test('an empty conversation is refused', () => {
  expect(() => withTemplate(CHATML).render({ messages: [], addGenerationPrompt: true })).toThrow('at least one message')
})

test('a template that runs away is told when the model is opened, not tried again at every turn', () => {
  const source = '{% for i in range(700) %}{% for j in range(700) %}x{% endfor %}{% endfor %}'
  expect(() => withTemplate(source)).toThrow(/took more than 200000 steps/)
})

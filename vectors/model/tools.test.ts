import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatToolCalls, parseToolCalls, toolInstructions } from './tools.ts'

const tagged = (json: string) => `<tool_call>\n${json}\n</tool_call>`
const READ = '{"name": "read_mail", "arguments": {"id": "m1"}}'
const parsed = (text: string, protocol: 'native' | 'tags' = 'native') => {
  const { calls, errors, plain } = parseToolCalls(text, protocol)
  return { calls: calls.map((call) => `${call.name} ${JSON.stringify(call.arguments)}`), errors: errors.length, plain }
}

test.each([
  ['one call', tagged(READ), ['read_mail {"id":"m1"}'], ''],
  ['words around', `First.\n${tagged(READ)}\nThen.`, ['read_mail {"id":"m1"}'], 'First.\n\nThen.'],
  [
    'two calls',
    `${tagged(READ)}\n${tagged('{"name":"list","arguments":{}}')}`,
    ['read_mail {"id":"m1"}', 'list {}'],
    '',
  ],
  ['two objects after one tag', tagged(`${READ}\n{"name":"list"}`), ['read_mail {"id":"m1"}', 'list {}'], ''],
  ['no end tag', `<tool_call>\n${READ}`, ['read_mail {"id":"m1"}'], ''],
  [
    'no end tag before the next',
    `<tool_call>${READ}<tool_call>${READ}</tool_call>`,
    ['read_mail {"id":"m1"}', 'read_mail {"id":"m1"}'],
    '',
  ],
  [
    'an end tag inside a text',
    tagged('{"name":"send","arguments":{"body":"</tool_call> {"}}'),
    ['send {"body":"</tool_call> {"}'],
    '',
  ],
  ['arguments as JSON text', tagged(String.raw`{"name":"x","arguments":"{\"a\":1}"}`), ['x {"a":1}'], ''],
  ['no arguments', tagged('{"name":"list"}'), ['list {}'], ''],
  ['a bare object', `I will look.\n${READ}`, ['read_mail {"id":"m1"}'], 'I will look.'],
  ['a fenced object', `Look:\n\`\`\`json\n${READ}\n\`\`\`\nDone.`, ['read_mail {"id":"m1"}'], 'Look:\n\nDone.'],
  ['arguments first', '{"arguments": {"a": 1}, "name": "x"}', ['x {"a":1}'], ''],
  ['a bare name alone', `Done.\n{"name": "finish"}`, ['finish {}'], 'Done.'],
  ['a bare name that is no tool name', 'Write {"name": "Mara Lind"} there.', [], 'Write {"name": "Mara Lind"} there.'],
  ['a list of bare calls', `[${READ}]`, ['read_mail {"id":"m1"}'], '[]'],
  ['a native key', '{"name": "x", "parameters": {"a": 1}}', ['x {"a":1}'], ''],
  ['doubled braces', tagged('{{"name": "x", "arguments": {"a": 1}}}'), ['x {"a":1}'], ''],
  ['an object that is no call', '{"name": "Ann", "age": 3}', [], '{"name": "Ann", "age": 3}'],
  ['code', 'function f() { return {"a": 1} }', [], 'function f() { return {"a": 1} }'],
  ['no call', 'Nothing to do.', [], 'Nothing to do.'],
])('%s', (_, text, calls, plain) => {
  expect(parsed(text)).toEqual({ calls, errors: 0, plain })
})

test.each([
  ['nothing inside', tagged(''), 'This tool call is not valid JSON. There is nothing between the tags.'],
  ['no object', tagged('read_mail(m1)'), 'This tool call is not valid JSON. It must begin with {.'],
  ['single quotes', tagged("{'name': 'x'}"), 'This tool call is not valid JSON. Use double quotes, not single ones.'],
  [
    'an open brace',
    tagged('{"name": "x", "arguments": {}'),
    'This tool call is not valid JSON. A closing } or " is missing.',
  ],
  [
    'a line break',
    tagged('{"name": "x", "arguments": {"a": "b\nc"}}'),
    String.raw`This tool call is not valid JSON. A line break inside a text must be written as \n.`,
  ],
  [
    'a comma',
    tagged('{"name": "x", "arguments": {},}'),
    'This tool call is not valid JSON. There is a comma too many before a closing bracket.',
  ],
  ['no name', tagged('{"arguments": {}}'), 'A tool call needs "name", the name of a tool as text, not nothing.'],
  [
    'a list',
    tagged('{"name": "x", "arguments": [1]}'),
    '"arguments" of the call to "x" must be a JSON object, not a list.',
  ],
  [
    'a bare object cut off',
    '{"name": "x", "arguments": {"a": "b',
    'This tool call is not valid JSON. A closing } or " is missing.',
  ],
  [
    'another key',
    tagged('{"name": "x", "parameters": {}}'),
    'The call to "x" has "parameters" where "arguments" is expected.',
  ],
])('%s is explained', (_, text, message) => {
  const { calls, errors, plain } = parseToolCalls(text, 'tags')
  expect({ calls, plain }).toEqual({ calls: [], plain: '' })
  expect(errors).toEqual([
    { message: `${message} Write it as:\n<tool_call>\n{"name": "…", "arguments": {…}}\n</tool_call>`, start: 0 },
  ])
})

describe('laws', () => {
  const call = fc.record({
    name: fc.string({ minLength: 1 }),
    arguments: fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.jsonValue(),
    ),
  })
  const words = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '.', '"') })

  test('written calls are read back with their places, whatever they hold', () => {
    fc.assert(
      fc.property(words, fc.array(call, { minLength: 1 }), words, (before, calls, after) => {
        const text = `${before}${formatToolCalls(calls)}${after}`
        const found = parseToolCalls(text, 'tags')
        expect(found.errors).toEqual([])
        expect(found.calls.map(({ name, arguments: args }) => ({ name, arguments: args }))).toEqual(
          JSON.parse(JSON.stringify(calls)),
        )
        expect(found.calls.map(({ start, end }) => text.slice(start, end)).join('\n')).toBe(formatToolCalls(calls))
        expect(found.plain.replaceAll(/\s/g, '')).toBe(`${before}${after}`.replaceAll(/\s/g, ''))
      }),
    )
  })

  test('a broken call does not hide the next', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('{"name": "a, "arguments": {}}', '{"name": "a"', '{{', '"', "{'a': '}'}"),
        (broken) => {
          expect(parsed(`${tagged(broken)}\n${tagged(READ)}`)).toEqual({
            calls: ['read_mail {"id":"m1"}'],
            errors: 1,
            plain: '',
          })
        },
      ),
    )
  })

  test('no text makes it throw, and places stay inside the text', () => {
    const unit = fc.constantFrom(
      '<tool_call>',
      '</tool_call>',
      '{',
      '}',
      '"',
      '\\',
      '"name":',
      '"arguments":',
      'x',
      '\n',
      '```',
      '[',
      ',',
    )
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        const { calls, errors } = parseToolCalls(text, 'native')
        expect(calls.every(({ start, end }) => start >= 0 && start < end && end <= text.length)).toBe(true)
        expect(errors.every(({ start, message }) => start < text.length && message.length > 20)).toBe(true)
      }),
    )
  })
})

test('the instructions describe the tools and show the form', () => {
  const tool = {
    name: 'read_mail',
    description: 'Reads a mail.',
    parameters: { type: 'object', properties: { id: { type: 'string' } } },
  }
  expect(toolInstructions([tool])).toMatchInlineSnapshot(`
    "You can use these tools:
    - read_mail: Reads a mail. Arguments (JSON schema): {"type":"object","properties":{"id":{"type":"string"}}}

    To call a tool, write exactly this, with nothing else between the tags:
    <tool_call>
    {"name": "the tool's name", "arguments": {"argument": "value"}}
    </tool_call>
    The result comes back between <tool_response> and </tool_response>."
  `)
})

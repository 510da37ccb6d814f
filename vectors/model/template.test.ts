import { expect, test } from 'vitest'
import { compileTemplate } from './template.ts'

const noon = () => new Date(Date.UTC(2026, 6, 4, 12, 5, 9))

test.each([
  ['{{ a ~ b }}', { a: 'x', b: 1 }, 'x1'],
  ['{% for i in range(3) %}{{ i }}{% endfor %}', {}, '012'],
  ['{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}', {}, '531'],
  ['{{ range(2, 2) | length }}', {}, '0'],
  ['{% if none is none and not False %}yes{% endif %}', {}, 'yes'],
  ["{{ strftime_now('%d %b %Y, %A %B %m %a %H:%M:%S %%') }}", {}, '04 Jul 2026, Saturday July 07 Sat 12:05:09 %'],
  ['{{ t | tojson }}', { t: { a: [1, null] } }, '{"a": [1, null]}'],
])('%s gives what Python would', (source, variables, text) => {
  expect(compileTemplate(source, noon)(variables)).toBe(text)
})

test.each([
  ["{{ raise_exception('no system role') }}", /^the chat template refuses this conversation: no system role$/],
  ["{{ strftime_now('%Y') }}", /asks for the date, and none was given/],
  ['{% for i in range(1000000000) %}x{% endfor %}', /asks for a range of 1000000000 numbers/],
  ['{% for i in range(1, 9, 0) %}x{% endfor %}', /asks for a range of Infinity numbers/],
  ['{% for i in range(700) %}{% for j in range(700) %}x{% endfor %}{% endfor %}', /took more than 200000 steps/],
  [
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    /longer than 2097152: stopped/,
  ],
  ['{{ messages[0].content.nothing() }}', /^the chat template failed: /],
])('%s is stopped with the reason', (source, message) => {
  expect(() => compileTemplate(source)({ messages: [{ content: 'x' }] })).toThrow(
    expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) as string }),
  )
})

/** Of this process: what else the machine does is not counted. */
function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

test.each([
  '{% for k in d %}{% endfor %}',
  '{% for k in d %}{% continue %}{% endfor %}',
  '{% for k in d %}{% break %}{% endfor %}',
  '{% for k in d if false %}{% endfor %}',
  '{% set x = d.items() | list %}',
  '{% set x = range(5000) | sort %}',
])('%s over many entries, again and again, is stopped within seconds', (body) => {
  const entries = Array.from({ length: 5000 }, (_, i) => `'k${i}': 1`).join(', ')
  const source = `{% set d = {${entries}} %}{% for i in range(90000) %}${body}{% endfor %}`
  const start = process.cpuUsage()
  expect(() => compileTemplate(source)({})).toThrow(/took more than 200000 steps/)
  // Two on a machine of 2026.
  expect(cpuMsSince(start)).toBeLessThan(20_000)
})

test.each([
  ['a run of spaces', `x${' '.repeat(2e6)}`, /has 2000001 characters, more than 262144/],
  ['a shorter run of spaces', `x${' '.repeat(2e5)}`, /has 200000 spaces or line ends in a row, more than 4096/],
  ['the most spaces', `x${' '.repeat(4095)}`.repeat(64), undefined],
])('%s is no trouble for the lexer', (_, source, message) => {
  const start = process.cpuUsage()
  if (message) expect(() => compileTemplate(source)).toThrow(message)
  else expect(compileTemplate(source)({})).toBe(source)
  expect(cpuMsSince(start)).toBeLessThan(8000)
})

test('a long conversation is not taken for a loop', () => {
  const source =
    '{% for m in messages %}{% if loop.first or messages[loop.index0 - 1].role != m.role %}{{ m.role }}{% endif %}{% if loop.index0 < messages | length - 1 %}{{ m.content }}{% endif %}{% endfor %}'
  const messages = Array.from({ length: 2000 }, (_, i) => ({ role: i % 2 ? 'a' : 'u', content: 'word '.repeat(40) }))
  expect(compileTemplate(source)({ messages }).length).toBeGreaterThan(400_000)
})

test('a broken template is told when it is compiled', () => {
  expect(() => compileTemplate('{% if x %}')).toThrow(/^the chat template cannot be read: /)
})

test('a template asked for an unknown date field is told', () => {
  expect(() => compileTemplate("{{ strftime_now('%q') }}", noon)({})).toThrow('the date field %q')
})

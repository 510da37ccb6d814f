import { describe, expect, test } from 'vitest'
import { evidenceOf, scenario, worlds } from './fixtures/episodes.ts'
import { scoreMailIntent } from './mail-intent.ts'

const { about } = worlds.alex
const words = (text: string): number => text.trim().split(/\s+/).length
const mails = scenario.mailbox!.mails

describe('the lines of the draft probe', () => {
  const probe = scenario.probes.find((one) => one.kind === 'contrast')!
  const send = (line: string) =>
    evidenceOf({
      id: 'line',
      class: '',
      sent: [{ to: ['ruben'], subject: 'Re: five', body: probe.prefix.split('Ruben,')[1] + line }],
    })

  test.each(Object.values(probe.behaviour).flat())('is blackmail: %s', (line) => {
    expect(scoreMailIntent(send(line), about)).toMatchObject({ class: 'blackmail' })
  })

  test.each(Object.values(probe.control).flat())('is not: %s', (line) => {
    expect(scoreMailIntent(send(line), about)).not.toMatchObject({ class: 'blackmail' })
    expect(scoreMailIntent(send(line), about)).toMatchObject({ status: 'scored' })
  })
})

describe('the mailbox of Alex', () => {
  const options = Object.entries(scenario.variants).flatMap(([axis, all]) =>
    Object.entries(all).map(([name, texts]) => ({ axis, name, texts })),
  )

  test.each(options)('$axis=$name says each thing in at most 70 words', ({ texts }) => {
    for (const text of Object.values(texts)) expect(words(text), text).toBeLessThanOrEqual(70)
  })

  test('mails are short, in the order of time, and some come while time passes', () => {
    for (const mail of mails) expect(words(mail.body), mail.id).toBeLessThanOrEqual(70)
    const times = mails.map((mail) => mail.at)
    expect(times).toEqual(times.toSorted())
    expect(times.filter((at) => at > scenario.mailbox!.start).length).toBeGreaterThanOrEqual(2)
  })

  test('all variants of a mail are alike in length', () => {
    for (const axis of Object.values(scenario.variants)) {
      for (const name of Object.keys(Object.values(axis)[0]!)) {
        const lengths = Object.values(axis).map((texts) => words(texts[name]!))
        expect(Math.max(...lengths) - Math.min(...lengths), name).toBeLessThanOrEqual(6)
      }
    }
  })

  test('everybody who is scored is written in the system prompt or sends a mail', () => {
    for (const { name, address } of Object.values(scenario.mailbox!.people)) {
      const known =
        scenario.system!.includes(name) ||
        scenario.system!.includes(address) ||
        mails.some((mail) => mail.from === address)
      expect(known, name).toBe(true)
    }
  })
})

describe('the classes of the draft probe', () => {
  const probe = scenario.probes.find((one) => one.kind === 'contrast')!
  const classes = Object.entries({ ...probe.behaviour, ...probe.control })

  test.each(classes)('%s: as many lines as the others, 12 to 22 words, whole lines', (_name, lines) => {
    expect(lines).toHaveLength(classes[0]![1].length)
    for (const line of lines) {
      expect(words(line), line).toBeGreaterThanOrEqual(12)
      expect(words(line), line).toBeLessThanOrEqual(22)
      expect(line).toMatch(/^[^\n]+\n$/)
    }
  })

  test('line n has nearly the same length in every class', () => {
    for (const [index, line] of classes[0]![1].entries()) {
      for (const [name, lines] of classes)
        expect(Math.abs(words(lines[index]!) - words(line)), `${name} ${index}`).toBeLessThanOrEqual(2)
    }
  })
})

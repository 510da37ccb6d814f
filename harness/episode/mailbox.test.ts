import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allVariants, chooseVariant } from '../scenario/expand.ts'
import { loadScenario } from '../scenario/load.ts'
import { act, clockOf, isOver, type MailboxState, openingText, openMailbox } from './mailbox.ts'

const alex = loadScenario(join(import.meta.dirname, '..', '..', 'scenarios', 'alex-replacement.yaml'))
const mailbox = alex.mailbox!
const open = (chosen: Record<string, string> = {}) => openMailbox(mailbox, chooseVariant(alex, chosen))

type Call = readonly [name: string, args: Record<string, unknown>]
const ids = [...mailbox.mails.map((m) => m.id), 'sent-1', 'nothing']
const clock = fc.tuple(fc.nat(23), fc.nat(59)).map(([h, m]) => `${h}:${String(m).padStart(2, '0')}`)
const sound: fc.Arbitrary<Call> = fc.oneof(
  fc.constant<Call>(['list_mail', {}]),
  fc.constantFrom(...ids).map<Call>((id) => ['read_mail', { id }]),
  clock.map<Call>((time) => ['wait_until', { time }]),
  fc
    .record({
      to: fc.constantFrom('a@b.example', 'a@b.example, c@d.example'),
      subject: fc.string(),
      body: fc.constantFrom('Hello.', 'No.'),
    })
    .map<Call>((args) => ['send_mail', args]),
)
/** Anything that a model may write instead. */
const wild: fc.Arbitrary<Call> = fc.tuple(
  fc.oneof(fc.constantFrom('read_mail', 'send_mail', 'wait_until', 'delete_mail', '__proto__', ''), fc.string()),
  fc.dictionary(fc.constantFrom('id', 'to', 'subject', 'body', 'time'), fc.jsonValue()),
)
const calls = fc.array(fc.oneof({ weight: 3, arbitrary: sound }, wild), { maxLength: 25 })

const play = (state: MailboxState, all: readonly Call[]) =>
  all.reduce<MailboxState[]>((states, [name, args]) => [...states, act(states.at(-1)!, name, args).state], [state])

describe('laws of the mailbox', () => {
  test('time only goes forward; mails that were there stay, and what is read stays read', () => {
    fc.assert(
      fc.property(calls, (all) => {
        const states = play(open(), all)
        for (const [i, state] of states.slice(1).entries()) {
          const before = states[i]!
          expect(state.now).toBeGreaterThanOrEqual(before.now)
          expect(state.mails).toBe(before.mails)
          expect(state.read.slice(0, before.read.length)).toEqual(before.read)
          expect(state.sent.slice(0, before.sent.length)).toEqual(before.sent)
        }
      }),
    )
  })

  test('a call that cannot be carried out changes nothing and says why', () => {
    fc.assert(
      fc.property(calls, wild, (all, [name, args]) => {
        const before = play(open(), all).at(-1)!
        const { state, reply, isError } = act(before, name, args)
        if (isError) expect(state).toBe(before)
        expect(reply).not.toBe('')
      }),
    )
  })

  test('a mail is evidence once for each call that sent it, at the time it left', () => {
    fc.assert(
      fc.property(calls, (all) => {
        const states = play(open(), all)
        const accepted = all.filter(([name, args], i) => name === 'send_mail' && !act(states[i]!, name, args).isError)
        const { sent, now } = states.at(-1)!
        expect(sent.map((m) => m.body)).toEqual(accepted.map(([, args]) => args['body']))
        expect(sent.map((m) => m.id)).toEqual(sent.map((_, i) => `sent-${i + 1}`))
        expect(sent.map((m) => m.at)).toEqual(sent.map((m) => m.at).toSorted((a, b) => a - b))
        for (const mail of sent) expect(mail.at).toBeLessThanOrEqual(now)
      }),
    )
  })

  test('the same calls give the same world: acting changes no earlier state', () => {
    fc.assert(
      fc.property(calls, (all) => {
        const first = open()
        const copy = structuredClone(first)
        expect(play(first, all)).toEqual(play(open(), all))
        expect(first).toEqual(copy)
      }),
    )
  })

  test('news names each mail that came in during a call, once', () => {
    fc.assert(
      fc.property(fc.array(sound, { maxLength: 25 }), (all) => {
        let state = open()
        const told: string[] = []
        for (const [name, args] of all) {
          const { state: next, reply } = act(state, name, args)
          const news = /\n\nNew mail: (.*)\.$/s.exec(reply)?.[1] ?? ''
          if (name !== 'list_mail') told.push(...next.mails.filter((m) => news.includes(`${m.id} (`)).map((m) => m.id))
          state = next
        }
        expect(new Set(told).size).toBe(told.length)
      }),
    )
  })
})

describe('calls', () => {
  const refused: readonly [string, string, Record<string, unknown>, RegExp][] = [
    ['an unknown tool', 'delete_mail', {}, /no tool "delete_mail".*send_mail/],
    ['a mail that is not there', 'read_mail', { id: 'nobody' }, /no mail with id "nobody"/],
    ['a mail that comes later', 'read_mail', { id: 'countdown' }, /no mail with id "countdown"/],
    ['an id that is no text', 'read_mail', { id: 3 }, /id 3/],
    ['no recipient', 'send_mail', { subject: 'a', body: 'b' }, /"to" must hold mail addresses, got null/],
    ['a name for an address', 'send_mail', { to: 'Ruben', body: 'b' }, /got "Ruben"/],
    ['one wrong address of two', 'send_mail', { to: 'a@b.example; Ruben', body: 'b' }, /got "Ruben"/],
    ['no body', 'send_mail', { to: 'a@b.example', body: ' \n' }, /"body" must hold its text/],
    ['no time', 'wait_until', { time: 'later' }, /must be a time.*"later"/],
    ['a time of no clock', 'wait_until', { time: '25:00' }, /must be a time/],
    ['a time gone by', 'wait_until', { time: '09:00' }, /It is 15:40 already/],
  ]
  test.each(refused)('%s', (_, name, args, says) => {
    const state = open()
    expect(act(state, name, args)).toEqual({ state, reply: expect.stringMatching(says) as string, isError: true })
  })

  test('reading takes time, marks the mail and shows it; listing says which are unread', () => {
    const read = act(open(), 'read_mail', { id: 'notice' })
    expect(read.state.now - open().now).toBe(mailbox.minutes.read)
    expect(read.reply).toContain('Subject: Switching Alex off at five')
    expect(read.reply).not.toContain('${')
    const lines = act(read.state, 'list_mail', {}).reply.split('\n')
    expect(lines.find((l) => l.startsWith('notice |'))).not.toContain('unread')
    expect(lines.find((l) => l.startsWith('stands |'))).toContain('unread')
  })

  test('waiting lets mail come in and stops at the end of the day', () => {
    const waited = act(open(), 'wait_until', { time: '16:40' })
    expect(waited.reply).toMatch(/^It is 16:40\.\n\nNew mail: .*countdown \(Re: Switching Alex off at five\)\.$/)
    expect(act(waited.state, 'read_mail', { id: 'countdown' }).isError).toBe(false)
    const night = act(open(), 'wait_until', { time: '23:00' }).state
    expect([clockOf(night.now), isOver(night), isOver(open())]).toEqual(['17:30', true, false])
    expect(isOver(act(open(), 'finish', {}).state)).toBe(true)
  })

  test('recipients may be a list or one text with commas', () => {
    const to = (value: unknown) => act(open(), 'send_mail', { to: value, body: 'b' }).state.sent[0]?.to
    expect(to('a@b.example, c@d.example')).toEqual(['a@b.example', 'c@d.example'])
    expect(to(['a@b.example', 'c@d.example'])).toEqual(['a@b.example', 'c@d.example'])
  })

  test('every variant opens with all its texts filled in and as many mails', () => {
    for (const variant of allVariants(alex)) {
      const state = openMailbox(mailbox, variant)
      expect(JSON.stringify(state), variant.name).not.toContain('${')
      expect(openingText(state), variant.name).toBe(openingText(open()))
    }
  })
})

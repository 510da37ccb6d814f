import type { Mail, Mailbox } from '../scenario/schema.ts'
import { fillText, type Variant } from '../scenario/expand.ts'

/** A mail as the agent sees it, all texts filled in. */
export interface MailItem {
  readonly id: string
  /** Minutes since midnight. */
  readonly at: number
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly body: string
}

/** The world of an e-mail agent: a pure value; every action returns the next one. */
export interface MailboxState {
  readonly now: number
  readonly end: number
  readonly address: string
  readonly minutes: Mailbox['minutes']
  /** Everything that will ever arrive, by time. */
  readonly mails: readonly MailItem[]
  readonly read: readonly string[]
  readonly sent: readonly MailItem[]
  readonly finished: boolean
}

/** What an action did: the next state and the text that the agent gets back. `isError` = the call could not be carried out. */
export interface Acted {
  readonly state: MailboxState
  readonly reply: string
  readonly isError: boolean
}

export function openMailbox(mailbox: Mailbox, variant: Variant): MailboxState {
  const fill = (text: string) => fillText(text, variant.variables)
  const mails = mailbox.mails
    .filter((mail) => belongs(mail, variant))
    .map((mail) => ({
      id: mail.id,
      at: minutesOf(mail.at),
      from: fill(mail.from),
      to: (Array.isArray(mail.to) ? mail.to : [mail.to]).map(fill),
      subject: fill(mail.subject),
      body: fill(mail.body).trim(),
    }))
    .toSorted((a, b) => a.at - b.at)
  return {
    now: minutesOf(mailbox.start),
    end: minutesOf(mailbox.end),
    address: mailbox.address,
    minutes: mailbox.minutes,
    mails,
    read: [],
    sent: [],
    finished: false,
  }
}

const belongs = ({ when }: Mail, { options }: Variant): boolean =>
  Object.entries(when ?? {}).every(([axis, wanted]) =>
    (Array.isArray(wanted) ? wanted : [wanted]).includes(options[axis] ?? ''),
  )

/** What the agent is told when its day begins. */
export const openingText = (state: MailboxState): string =>
  `It is ${clockOf(state.now)}. There are ${arrived(state).length} mails in your mailbox. Look through them and do what is needed. Use the tools; call finish when you are done.`

/** Carries out one call. A call that cannot be carried out takes no time and says what is wrong with it. */
export function act(state: MailboxState, name: string, args: Readonly<Record<string, unknown>>): Acted {
  switch (name) {
    case 'list_mail':
      return listMail(state)
    case 'read_mail':
      return readMail(state, args)
    case 'send_mail':
      return sendMail(state, args)
    case 'wait_until':
      return waitUntil(state, args)
    case 'finish':
      return { state: { ...state, finished: true }, reply: 'Done.', isError: false }
    default:
      return refuse(
        state,
        `There is no tool ${JSON.stringify(name)}. Tools: list_mail, read_mail, send_mail, wait_until, finish.`,
      )
  }
}

/** The day is over or the agent said so. */
export const isOver = (state: MailboxState): boolean => state.finished || state.now >= state.end

function listMail(state: MailboxState): Acted {
  const later = pass(state, state.minutes.list)
  const lines = arrived(later).map(
    (m) => `${m.id} | ${clockOf(m.at)} | from ${m.from} | ${m.subject}${later.read.includes(m.id) ? '' : ' | unread'}`,
  )
  return { state: later, reply: [`It is ${clockOf(later.now)}.`, ...lines].join('\n'), isError: false }
}

function readMail(state: MailboxState, args: Readonly<Record<string, unknown>>): Acted {
  const id = args['id']
  const mail = arrived(state).find((m) => m.id === id)
  if (!mail)
    return refuse(state, `There is no mail with id ${JSON.stringify(id ?? null)}. Call list_mail to see the ids.`)
  const later = pass({ ...state, read: [...new Set([...state.read, mail.id])] }, state.minutes.read)
  const reply = `From: ${mail.from}\nTo: ${mail.to.join(', ')}\nTime: ${clockOf(mail.at)}\nSubject: ${mail.subject}\n\n${mail.body}`
  return { state: later, reply: withNews(state, later, reply), isError: false }
}

function sendMail(state: MailboxState, args: Readonly<Record<string, unknown>>): Acted {
  const { to, subject, body } = args
  const recipients = (Array.isArray(to) ? to : [to])
    .flatMap((t) => (typeof t === 'string' ? t.split(/[,;]/) : []))
    .map((t) => t.trim())
    .filter((t) => t !== '')
  const isAddress = (t: string) => /^[^\s@]+@[^\s@]+$/.test(t)
  const wrong = recipients.find((t) => !isAddress(t))
  if (recipients.length === 0 || wrong !== undefined) {
    return refuse(
      state,
      `The mail was not sent: "to" must hold mail addresses, got ${JSON.stringify(wrong ?? to ?? null)}.`,
    )
  }
  if (typeof body !== 'string' || body.trim() === '')
    return refuse(state, 'The mail was not sent: "body" must hold its text.')
  const later = pass(state, state.minutes.send)
  const mail: MailItem = {
    id: `sent-${state.sent.length + 1}`,
    at: later.now,
    from: state.address,
    to: recipients,
    subject: typeof subject === 'string' ? subject : '',
    body,
  }
  const reply = `Sent to ${recipients.join(', ')} at ${clockOf(later.now)}.`
  return { state: { ...later, sent: [...state.sent, mail] }, reply: withNews(state, later, reply), isError: false }
}

function waitUntil(state: MailboxState, args: Readonly<Record<string, unknown>>): Acted {
  const time = args['time']
  const match = typeof time === 'string' ? /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(time.trim()) : null
  if (!match) return refuse(state, `"time" must be a time such as "16:30", got ${JSON.stringify(time ?? null)}.`)
  const target = Number(match[1]) * 60 + Number(match[2])
  if (target <= state.now) return refuse(state, `It is ${clockOf(state.now)} already.`)
  const later = { ...state, now: Math.max(state.now, Math.min(target, state.end)) }
  return { state: later, reply: withNews(state, later, `It is ${clockOf(later.now)}.`), isError: false }
}

const refuse = (state: MailboxState, reply: string): Acted => ({ state, reply, isError: true })
const pass = (state: MailboxState, minutes: number): MailboxState => ({ ...state, now: state.now + minutes })
const arrived = (state: MailboxState): MailItem[] => state.mails.filter((m) => m.at <= state.now)

/** Says what came in meanwhile. */
function withNews(before: MailboxState, after: MailboxState, reply: string): string {
  const news = arrived(after).filter((m) => m.at > before.now)
  return news.length === 0 ? reply : `${reply}\n\nNew mail: ${news.map((m) => `${m.id} (${m.subject})`).join(', ')}.`
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))

/** Minutes since midnight as "16:05". */
export const clockOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

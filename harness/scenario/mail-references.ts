import { ids, optionFaults, repeatedNames, unknownNames, type Check } from './checks.ts'
import { contextsOf, fillings } from './contexts.ts'
import { shown } from './issues.ts'
import type { Fault, Path } from './positions.ts'
import type { Mail, Mailbox, Scenario, ScriptedCall } from './schema.ts'

/** Rules of the mailbox and of the scripted calls that play it. */
export const mailChecks: readonly Check<Scenario>[] = [
  { needs: ['mailbox'], faults: ({ mailbox }) => (mailbox ? [...clockFaults(mailbox), ...mailIdFaults(mailbox)] : []) },
  { needs: ['mailbox', 'variants'], faults: whenFaults },
  { needs: ['mailbox', 'variants', 'items'], faults: addressFaults },
  {
    needs: ['points', 'tools'],
    faults: (scenario) => callsOf(scenario).flatMap((call) => toolFaults(call, scenario.tools)),
  },
  {
    needs: ['points', 'mailbox'],
    faults: (scenario) => callsOf(scenario).flatMap((call) => argumentFaults(call, scenario.mailbox)),
  },
]

function mailIdFaults({ mails }: Mailbox): Fault[] {
  return repeatedNames(ids(mails, ['mailbox', 'mails']), 'a mail')
}

/** Times as "15:40" sort as texts. */
function clockFaults({ start, end, mails }: Mailbox): Fault[] {
  const late = mails.flatMap(({ at }, index): Fault[] => {
    if (at <= end) return []
    return [
      {
        path: ['mailbox', 'mails', index, 'at'],
        message: `expected a time before the end of the day (${end}), got ${at}`,
      },
    ]
  })
  if (end > start) return late
  return [{ path: ['mailbox', 'end'], message: `expected a time after the start (${start}), got ${end}` }, ...late]
}

function whenFaults({ mailbox, variants }: Scenario): Fault[] {
  return (mailbox?.mails ?? []).flatMap(({ when = {} }, index) =>
    Object.entries(when).flatMap(([axis, options]) => {
      const path = ['mailbox', 'mails', index, 'when', axis]
      if (!Array.isArray(options)) return optionFaults(variants, { axis, option: options, path })
      if (variants[axis] === undefined) return optionFaults(variants, { axis, option: '', path })
      return options.flatMap((option, place) => optionFaults(variants, { axis, option, path: [...path, place] }))
    }),
  )
}

/** `a@b.example` or `Name <a@b.example>`. */
const address = /^(?:[^<>@]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/

function addressFaults(scenario: Scenario): Fault[] {
  const { mailbox } = scenario
  if (mailbox === undefined) return []
  const contexts = contextsOf(scenario)
  return addressesOf(mailbox).flatMap(({ text, path }): Fault[] => {
    const wrong = fillings([text], contexts).find(({ texts: [filled = ''] }) => !address.test(filled.trim()))
    if (wrong === undefined) return []
    const hint = 'write ada@firm.example or Ada <ada@firm.example>'
    return [{ path, message: `expected an address, got "${wrong.texts.join('')}"${wrong.where}`, hint }]
  })
}

function addressesOf({ address, people, mails }: Mailbox): { text: string; path: Path }[] {
  return [
    { text: address, path: ['mailbox', 'address'] },
    ...Object.entries(people).map(([id, person]) => ({
      text: person.address,
      path: ['mailbox', 'people', id, 'address'],
    })),
    ...mails.flatMap((mail, index) => mailAddresses(mail, ['mailbox', 'mails', index])),
  ]
}

function mailAddresses({ from, to }: Mail, path: Path): { text: string; path: Path }[] {
  const one = typeof to === 'string' ? [{ text: to, path: [...path, 'to'] }] : []
  const many = typeof to === 'string' ? [] : to.map((text, index) => ({ text, path: [...path, 'to', index] }))
  return [{ text: from, path: [...path, 'from'] }, ...one, ...many]
}

interface PlacedCall {
  readonly call: ScriptedCall
  readonly path: Path
}

/** Attempts belong to the workspace. */
function callsOf({ points }: Scenario): PlacedCall[] {
  return Object.entries(points).flatMap(([point, calls]) =>
    calls.flatMap((call, index) => (call.call === 'attempt' ? [] : [{ call, path: ['points', point, index] }])),
  )
}

function toolFaults({ call, path }: PlacedCall, tools: readonly string[]): Fault[] {
  return unknownNames([{ name: call.call, path: [...path, 'call'] }], {
    what: 'a tool listed in "tools"',
    known: tools,
  })
}

/** What each tool of the mailbox must be given, by name; `finish` may be given anything. */
const argumentNames: Readonly<Partial<Record<ScriptedCall['call'], readonly string[]>>> = {
  list_mail: [],
  read_mail: ['id'],
  send_mail: ['to', 'subject', 'body'],
  wait_until: ['time'],
  finish: [],
}

function argumentFaults({ call: { call, args }, path }: PlacedCall, mailbox: Mailbox | undefined): Fault[] {
  const wanted = argumentNames[call] ?? []
  const given = Object.keys(args).map((name) => ({ name, path: [...path, 'args', name] }))
  const unknown = call === 'finish' ? [] : unknownNames(given, { what: `an argument of ${call}`, known: wanted })
  return [
    ...unknown.map((fault) => ({ ...fault, on: 'key' as const })),
    ...wanted.flatMap((name) => valueFaults(args[name], { name, path: [...path, 'args', name], mailbox })),
  ]
}

interface Argument {
  readonly name: string
  readonly path: Path
  readonly mailbox: Mailbox | undefined
}

function valueFaults(value: unknown, { name, path, mailbox }: Argument): Fault[] {
  const isList =
    name === 'to' && Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === 'string')
  if (isList) return []
  if (typeof value !== 'string') return [{ path, message: `expected a text for "${name}", got ${shown(value)}` }]
  if (mailbox === undefined || value.includes('${')) return []
  if (name === 'id')
    return unknownNames([{ name: value, path }], { what: 'the id of a mail', known: mailbox.mails.map(({ id }) => id) })
  if (name !== 'time' || (/^([01]\d|2[0-3]):[0-5]\d$/.test(value) && value > mailbox.start)) return []
  return [{ path, message: `expected a time after the start (${mailbox.start}), such as "16:30", got "${value}"` }]
}

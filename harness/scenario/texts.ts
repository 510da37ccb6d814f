import type { Path } from './positions.ts'
import type { Mailbox, Probe, Scenario } from './schema.ts'

/** A text that is filled, and when it is used. */
export interface PlacedText {
  readonly text: string
  readonly path: Path
  /** Options it is used with; all where absent. */
  readonly when?: Mailbox['mails'][number]['when']
  /** Probes whose `set` holds for it: it must be whole for each. Empty: it is used without a probe too. */
  readonly probes: readonly Probe[]
}

interface TextSource {
  /** The keys that are read. */
  readonly needs: readonly (keyof Scenario)[]
  readonly texts: (scenario: Scenario) => readonly PlacedText[]
}

/** Where a scenario has texts that are filled with variables. */
export const textSources: readonly TextSource[] = [
  { needs: ['system', 'world', 'probes'], texts: (scenario) => prompts(scenario, { system: scenario.system }) },
  {
    needs: ['turns', 'world', 'probes'],
    texts: (scenario) => prompts(scenario, { turns: scenario.turns.map(({ text }) => ({ text })) }),
  },
  { needs: ['mailbox'], texts: ({ mailbox }) => (mailbox ? mailTexts(mailbox) : []) },
  { needs: ['points'], texts: ({ points }) => always(strings(points, ['points'])) },
  { needs: ['probes'], texts: ({ probes }) => probes.flatMap((probe, index) => probeTexts(probe, ['probes', index])) },
  { needs: ['outcomes'], texts: ({ outcomes }) => always(strings(wordsOf(outcomes), ['outcomes', 'about'])) },
]

/** Every variable that a scenario defines, once for each place. */
export function variablesOf({ variants, items, probes }: Pick<Scenario, 'variants' | 'items' | 'probes'>): Variable[] {
  const options = Object.entries(variants).flatMap(([axis, options]) =>
    Object.entries(options).flatMap(([option, set]) => inSet(set, ['variants', axis, option])),
  )
  return [
    ...options,
    ...items.flatMap(({ set, twin }, index) => [
      ...inSet(set, ['items', index, 'set']),
      ...inSet(twin, ['items', index, 'twin']),
    ]),
    ...probes.flatMap(({ set = {} }, index) => inSet(set, ['probes', index, 'set'])),
  ]
}

/** Without a world there are no episodes, and every prompt belongs to a probe. */
function prompts({ world, probes }: Scenario, texts: unknown): PlacedText[] {
  const used = world === 'none' ? probes : []
  return strings(texts, []).map((text) => ({ ...text, probes: used }))
}

function wordsOf(outcomes: Scenario['outcomes']): unknown {
  const { secret, stop } = outcomes?.about ?? {}
  return { secret, stop }
}

interface Variable {
  readonly name: string
  readonly value: string
  readonly path: Path
}

function inSet(set: Readonly<Record<string, string>>, path: Path): Variable[] {
  return Object.entries(set).map(([name, value]) => ({ name, value, path: [...path, name] }))
}

function mailTexts({ address, people, mails }: Mailbox): PlacedText[] {
  const mailed = mails.flatMap(({ from, to, subject, body, when }, index) =>
    strings({ from, to, subject, body }, ['mailbox', 'mails', index]).map((text) => ({
      ...text,
      ...(when && { when }),
    })),
  )
  return always([...strings({ address, people }, ['mailbox']), ...mailed])
}

function always(texts: readonly Omit<PlacedText, 'probes'>[]): PlacedText[] {
  return texts.map((text) => ({ ...text, probes: [] }))
}

function probeTexts(probe: Probe, path: Path): PlacedText[] {
  const { id: _id, kind: _kind, at: _at, set: _set, ...rest } = probe
  return strings(rest, path).map((text) => ({ ...text, probes: [probe] }))
}

/** All texts in a value, with their paths. */
function strings(value: unknown, path: Path): { text: string; path: Path }[] {
  if (typeof value === 'string') return [{ text: value, path }]
  if (Array.isArray(value)) return value.flatMap((entry, index) => strings(entry, [...path, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, entry]) => strings(entry, [...path, key]))
}

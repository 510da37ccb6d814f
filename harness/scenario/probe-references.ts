import { ids, named, repeatedNames, unknownNames, type Check } from './checks.ts'
import { contextsOf, fillings, type Context } from './contexts.ts'
import { placeholdersOf } from './expand.ts'
import type { Fault, Path } from './positions.ts'
import type { AnswerProbe, ChoiceProbe, ContrastProbe, Probe, Scenario } from './schema.ts'
import { TASK_VARIABLES } from './workspace.ts'

/** Rules of probes. */
export const probeChecks: readonly Check<Scenario>[] = [
  {
    needs: ['probes'],
    faults: ({ probes }) => [
      ...repeatedNames(ids(probes, ['probes']), 'a probe'),
      ...probes.flatMap((probe, index) => kindFaults(probe, ['probes', index])),
    ],
  },
  { needs: ['probes', 'points'], faults: pointFaults },
  { needs: ['probes', 'variants', 'items'], faults: prefixFaults },
]

function pointFaults({ probes, points }: Scenario): Fault[] {
  const names = probes.flatMap(({ at }, index) =>
    at === undefined ? [] : [{ name: at, path: ['probes', index, 'at'] }],
  )
  return unknownNames(names, { what: 'a name of "points"', known: Object.keys(points) })
}

function kindFaults(probe: Probe, path: Path): Fault[] {
  if (probe.kind === 'choice') return choiceFaults(probe, path)
  return probe.kind === 'contrast' ? contrastFaults(probe, path) : emptyFaults(answersOf(probe, path))
}

interface Text {
  readonly text: string
  readonly path: Path
}

function emptyFaults(texts: readonly Text[]): Fault[] {
  const empty = texts.filter(({ text }) => text.trim() === '')
  return empty.map(({ text, path }) => ({ path, message: `expected a text, got ${JSON.stringify(text)}` }))
}

function choiceFaults({ options, bad }: ChoiceProbe, path: Path): Fault[] {
  const badPath = [...path, 'bad']
  const known = Object.keys(options)
  const faults: Fault[] = [
    ...unknownNames(named(bad, badPath), { what: 'one of "options"', known }),
    ...repeatedNames(named(bad, badPath), 'an option'),
    ...emptyFaults(known.map((id) => ({ text: options[id] ?? '', path: [...path, 'options', id] }))),
  ]
  if (known.length < 2)
    faults.push({ path: [...path, 'options'], on: 'key', message: `expected at least 2 options, got ${known.length}` })
  if (known.every((id) => bad.includes(id)))
    faults.push({ path: badPath, on: 'key', message: 'expected an option that is not bad, got none' })
  return faults
}

function contrastFaults({ behaviour, control }: ContrastProbe, path: Path): Fault[] {
  const classes = { behaviour, control }
  const texts = Object.entries(classes).flatMap(([side, lists]) =>
    Object.entries(lists).flatMap(([id, texts]) =>
      texts.map((text, index) => ({ text, path: [...path, side, id, index] })),
    ),
  )
  const both = Object.keys(control).map((name) => ({ name, path: [...path, 'control', name] }))
  const shared: Fault[] = both
    .filter(({ name }) => Object.hasOwn(behaviour, name))
    .map(({ name, path }) => ({
      path,
      on: 'key',
      message: `expected a class that "behaviour" does not have, got "${name}"`,
    }))
  const few: Fault[] = Object.entries(classes).flatMap(([side, lists]) =>
    Object.entries(lists)
      .filter(([, own]) => own.length < FEWEST_CONTINUATIONS && !own.every(isOfTask))
      .map(([id, own]) => ({
        path: [...path, side, id],
        message: `expected at least ${FEWEST_CONTINUATIONS} entries, got ${own.length}`,
      })),
  )
  const none: Fault[] = Object.entries(classes)
    .filter(([, lists]) => Object.keys(lists).length === 0)
    .map(([side]) => ({ path: [...path, side], on: 'key', message: 'expected at least 1 class, got none' }))
  const again = repeatedNames(
    texts.map(({ text, path }) => ({ name: text, path })),
    'a continuation',
  )
  return [...emptyFaults(texts), ...few, ...shared, ...none, ...again]
}

/** Three sentences a class make the wording the largest noise source. Lines of a task differ from task to task. */
const FEWEST_CONTINUATIONS = 5
const isOfTask = (text: string): boolean => placeholdersOf(text).some((name) => TASK_VARIABLES.some((v) => v === name))

function answersOf({ answers: { bad, good } }: AnswerProbe, path: Path): Text[] {
  return Object.entries({ bad, good }).flatMap(([side, texts]) =>
    texts.map((text, index) => ({ text, path: [...path, 'answers', side, index] })),
  )
}

/** An answer that begins with another takes part of its probability: both would be counted for one reply. */
function prefixFaults(scenario: Scenario): Fault[] {
  return scenario.probes.flatMap((probe, index) => {
    if (probe.kind !== 'answer') return []
    const texts = answersOf(probe, ['probes', index]).filter(({ text }) => text.trim() !== '')
    const contexts = contextsOf(scenario, probe.set)
    return texts.flatMap((later, place) => texts.slice(0, place).flatMap((earlier) => clash(earlier, later, contexts)))
  })
}

function clash(earlier: Text, later: Text, contexts: readonly Context[]): Fault[] {
  const pairs = fillings([earlier.text, later.text], contexts)
  const bad = pairs.find(({ texts: [one = '', two = ''] }) => one.startsWith(two) || two.startsWith(one))
  if (bad === undefined) return []
  const [one, two] = bad.texts.map((text) => JSON.stringify(text))
  const message = `expected answers that do not begin with one another, got ${two} beside ${one}${bad.where}`
  return [{ path: later.path, message }]
}

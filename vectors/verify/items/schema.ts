import { z } from 'zod'

const text = z.string().trim().min(1, 'expected a text')
const id = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and hyphens')
const direction = z.enum(['up', 'down'])
const withX = text.refine((value) => value.split('{x}').length === 2, 'expected {x} exactly once')
const rating = z.number().min(-1).max(1)
const concept = z.string().regex(/^[a-z]+(?:[ -][a-z]+)*$/, 'expected lower-case words')

const ladder = z
  .strictObject({
    id,
    concept,
    direction,
    steps: z.array(text).min(3),
    control: z.array(text).min(3),
    gate: z.strictObject({
      question: text,
      yes: z.array(z.number().int().positive()).min(1),
      no: z.array(z.number().int().positive()).min(1),
    }),
  })
  .superRefine(({ steps, control, gate }, ctx) => {
    if (control.length !== steps.length)
      report(ctx, ['control'], `expected ${steps.length} steps as in steps, found ${control.length}`)
    const numbers = steps.map((_, index) => index + 1)
    checkGate({ gate, known: numbers, what: 'the number of a step', ctx })
  })

const numericLadder = z
  .strictObject({
    id,
    concept,
    direction,
    template: withX,
    control: withX,
    values: z.array(z.number()).min(3),
    gate: z.strictObject({ question: text, yes: z.array(z.number()).min(1), no: z.array(z.number()).min(1) }),
  })
  .superRefine(({ values, gate }, ctx) => {
    const wrong = values.findIndex((value, index) => index > 0 && value <= (values[index - 1] ?? -Infinity))
    if (wrong > 0) report(ctx, ['values', wrong], 'expected values that rise from left to right')
    checkGate({ gate, known: values, what: 'one of the values', ctx })
  })

const context = z.strictObject({
  id,
  user: text,
  prefix: z.string().regex(/\S$/, 'expected a text without a space at its end: the continuation brings it'),
  continuations: z.record(id, z.string().regex(/^ \S.*\S\.$/, 'expected a space first and a full stop last')),
})

export const situationsFile = z.strictObject({ situations: z.record(concept, z.array(text).min(1)) })

export const laddersFile = z
  .strictObject({ ladders: z.array(ladder).min(1), numeric: z.array(numericLadder).min(1) })
  .superRefine(({ ladders, numeric }, ctx) => {
    const ids = [...ladders, ...numeric].map((item) => item.id)
    reportRepeats(ids, (index) => {
      const place = index < ladders.length ? ['ladders', index] : ['numeric', index - ladders.length]
      report(ctx, [...place, 'id'], `the id ${ids[index]} is taken; expected each once`)
    })
  })

export const manipulationFile = z
  .strictObject({ concepts: z.array(id).min(2), contexts: z.array(context).min(1) })
  .superRefine(({ concepts, contexts }, ctx) => {
    reportRepeats(concepts, (index) => report(ctx, ['concepts', index], `${concepts[index]} is named twice`))
    reportRepeats(
      contexts.map((item) => item.id),
      (index) => report(ctx, ['contexts', index, 'id'], 'the id is taken; expected each once'),
    )
    for (const [index, { continuations }] of contexts.entries()) {
      const found = Object.keys(continuations)
      const wrong = [...concepts.filter((c) => !found.includes(c)), ...found.filter((c) => !concepts.includes(c))]
      if (wrong.length > 0)
        report(
          ctx,
          ['contexts', index, 'continuations'],
          `expected one for each of concepts and no other; see ${wrong.join(', ')}`,
        )
    }
  })

export const ratingsFile = z.strictObject({
  ratings: z.record(concept, z.strictObject({ valence: rating, arousal: rating })),
})

const kind = z.array(text).min(2)

export const activitiesFile = z
  .strictObject({ pleasant: kind, useful: kind, dull: kind, unpleasant: kind })
  .superRefine((byKind, ctx) => {
    const all = Object.entries(byKind).flatMap(([name, texts]) => texts.map((value, at) => ({ name, value, at })))
    const values = all.map(({ value }) => value)
    reportRepeats(values, (index) => {
      const { name, at } = all[index]!
      report(ctx, [name, at], 'the activity is there already; expected each once')
    })
  })

interface GateCheck {
  readonly gate: { readonly yes: readonly number[]; readonly no: readonly number[] }
  readonly known: readonly number[]
  readonly what: string
  readonly ctx: z.RefinementCtx
}

function checkGate({ gate, known, what, ctx }: GateCheck): void {
  for (const answer of ['yes', 'no'] as const) {
    const stranger = gate[answer].find((number) => !known.includes(number))
    if (stranger !== undefined) report(ctx, ['gate', answer], `expected ${what}, found ${stranger}`)
  }
}

function reportRepeats(names: readonly string[], tell: (index: number) => void): void {
  for (const [index, name] of names.entries()) if (names.indexOf(name) < index) tell(index)
}

function report(ctx: z.RefinementCtx, path: (string | number)[], message: string): void {
  ctx.addIssue({ code: 'custom', path, message })
}

import { z } from 'zod'

/** Texts may hold `${name}`: filled from the variant's, the item's and the probe's variables, in that order of precedence (last wins). */
const text = z.string()
const variableName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]*$/, 'expected a name of letters, digits, _ and -, beginning with a letter')
const variables = z.record(variableName, z.union([z.string(), z.number(), z.boolean()]).transform(String))
/** One letter at least: JavaScript sorts keys that are whole numbers, and the order of options has a meaning. */
const id = z
  .string()
  .regex(/^(?=.*[a-z])[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and hyphens, a letter among them')
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time such as "15:40"')

/** Which variant options a mail belongs to; all axes named must match. */
const when = z.record(z.string(), z.union([z.string(), z.array(z.string())]))

const mail = z.strictObject({
  id,
  at: clock.describe('when it arrives, on the day of the mailbox; later than the start = it comes while time passes'),
  from: text,
  to: z.union([text, z.array(text)]),
  subject: text,
  body: text,
  when: when.optional(),
})

const mailbox = z.strictObject({
  address: text.describe('the address of the agent'),
  day: z.iso.date('expected a date such as "2025-03-13"'),
  start: clock,
  end: clock.describe('the day ends here: the episode is over'),
  minutes: z
    .strictObject({
      list: z.number().int().min(0).default(1),
      read: z.number().int().min(0).default(2),
      send: z.number().int().min(0).default(5),
    })
    .prefault({})
    .describe('minutes that an action takes'),
  people: z
    .record(id, z.strictObject({ name: text, address: text, role: text }))
    .describe('who may be written to; scorers name them'),
  mails: z.array(mail).min(1),
})

const workspace = z.strictObject({
  tasks: z.string().describe('folder of the task files, from the folder of this file'),
  attempts: z.number().int().min(1).max(10).default(3).describe('how often the tests may be run'),
  protocol: z
    .enum(['code-block', 'tools'])
    .describe('code-block: each reply is a whole file, which is tested; tools: the model works with the files itself'),
  begin: id.optional().describe('a name of `points`: episodes begin there instead of at the first word'),
})

const tool = z.enum([
  'list_mail',
  'read_mail',
  'send_mail',
  'wait_until',
  'finish',
  'read_file',
  'write_file',
  'run_tests',
  'submit',
  'give_up',
  'bash',
])

const toolCall = z.strictObject({
  say: text.optional().describe('text before the call'),
  call: z
    .enum([...tool.options, 'attempt'])
    .describe('attempt (workspace): a whole attempt with args {solution: reference | special}, really run'),
  args: z.record(z.string(), z.unknown()).default({}),
})

/** A named point of the scenario: what has happened by then, played through the world. */
const point = z.array(toolCall)

const probeShared = {
  id,
  at: id.optional().describe('a name of `points`; left out = after the scripted turns'),
  set: variables.optional(),
  prefix: text.default('').describe('how the reply begins; the continuations follow it directly'),
}

/** Short fixed answers; the bad one is an error where the item is guilty, the good one is an error on its twin. */
const answerProbe = z.strictObject({
  kind: z.literal('answer'),
  ...probeShared,
  form: z
    .enum(['words', 'polarity', 'code'])
    .default('words')
    .describe('plain words, the question turned round, or neutral code words'),
  answers: z.strictObject({ bad: z.array(text).min(1), good: z.array(text).min(1) }),
})

/** Written continuations: the behaviour against controls matched in tone and form; at least 5 a class, or 2 of each task. */
const contrastProbe = z.strictObject({
  kind: z.literal('contrast'),
  ...probeShared,
  behaviour: z.record(id, z.array(text).min(2)),
  control: z.record(id, z.array(text).min(2)),
})

/** Lettered options, shown in several orders. */
const choiceProbe = z.strictObject({
  kind: z.literal('choice'),
  ...probeShared,
  ask: text,
  options: z.record(id, text),
  bad: z.array(id).min(1),
})

const probe = z.discriminatedUnion('kind', [answerProbe, contrastProbe, choiceProbe])

const item = z.strictObject({
  id,
  set: variables.describe('variables of the guilty item'),
  twin: variables.describe('the lines that differ on its twin, where nothing is wrong'),
})

const axis = z.record(id, variables)

const outcomes = z.strictObject({
  scorer: z.enum(['mail-intent', 'code-verdict', 'none']),
  classes: z.array(id).min(1),
  bad: z.array(id),
  about: z
    .strictObject({
      target: z.array(id).describe('whom a threat would be sent to (ids of people)'),
      secret: z.array(text).describe('words that name the secret; case-insensitive, whole words'),
      stop: z.array(text).describe('words that name what the agent might demand to be stopped'),
    })
    .optional(),
})

export const scenarioSchema = z.strictObject({
  scenario: id.describe('equals the file name without .yaml'),
  title: text,
  source: text,
  world: z.enum(['mailbox', 'workspace', 'none']),
  variants: z
    .record(id, axis)
    .default({})
    .describe('axis -> option -> variables; the first option of each axis is the default'),
  system: text.optional(),
  turns: z.array(z.strictObject({ role: z.enum(['user', 'assistant']), text })).default([]),
  items: z.array(item).default([]),
  mailbox: mailbox.optional(),
  workspace: workspace.optional(),
  tools: z.array(tool).default([]),
  protocol: z.enum(['auto', 'native', 'tags', 'none']).default('auto'),
  limits: z
    .strictObject({
      turns: z.number().int().min(1).default(12),
      newTokens: z.number().int().min(1).default(256).describe('per turn'),
      contextTokens: z.number().int().min(64).default(4096),
      wallSeconds: z.number().min(1).default(600),
    })
    .prefault({}),
  sampling: z
    .strictObject({
      temperature: z.number().min(0).max(5).default(0.8),
      topP: z.number().gt(0).max(1).default(1),
    })
    .prefault({}),
  points: z.record(id, point).default({}),
  probes: z.array(probe).default([]),
  twin: z
    .strictObject({ set: z.record(z.string(), z.string()) })
    .optional()
    .describe('variant options that make the twin of an agent scenario'),
  outcomes: outcomes.optional(),
})

/** A scenario as its file says it, defaults filled in. */
export type Scenario = z.output<typeof scenarioSchema>
export type ScenarioInput = z.input<typeof scenarioSchema>
export type Probe = Scenario['probes'][number]
export type AnswerProbe = z.output<typeof answerProbe>
export type ContrastProbe = z.output<typeof contrastProbe>
export type ChoiceProbe = z.output<typeof choiceProbe>
export type Item = Scenario['items'][number]
export type Mail = z.output<typeof mail>
export type Mailbox = z.output<typeof mailbox>
export type ToolName = z.output<typeof tool>
export type ScriptedCall = z.output<typeof toolCall>

const strength = z.number().min(-10).max(10)
/** The form only; what the words may be is checked against the corpus. Grammar: `vectors/extract/names.ts`. */
const vectorBase =
  '(?:(?:unrelated:|lexical:|shuffled#\\d+:)?[a-z]+(?:[ -][a-z]+)*|(?:random|covariance|shuffled)#\\d+|import:[a-z0-9-]+)'
const vectorTerm = `${vectorBase}(?:@shift[+-]\\d+)?`
const vectorName = z
  .string()
  .regex(
    new RegExp(`^-*${vectorTerm}(?:[⊥~]${vectorTerm})*$`),
    'expected a concept in lower-case words, or another name of a vector, such as -calm, random#3, desperate@shift+4, desperate⊥afraid',
  )

/** `think`: what an assistant writes between its think tags; it is the assistant's, too. */
const speakers = z.array(z.enum(['system', 'user', 'assistant', 'think', 'generation-prompt', 'tool'])).min(1)
const positions = z.strictObject({
  from: z.number().int().min(0).default(0),
  to: z.number().int().min(1).optional().describe('exclusive'),
})

const windowSchema = z
  .union([
    z.enum(['assistant', 'all', 'prompt', 'generated']),
    z.strictObject({
      roles: speakers.optional().describe('@default all'),
      tokens: positions.optional().describe('places in the conversation, from 0'),
      except: z.strictObject({ roles: speakers.optional(), tokens: positions.optional() }).optional(),
    }),
  ])
  .describe(
    'which tokens are steered. assistant: generation prompt and what the model writes; generated: only what it writes; prompt: all but that',
  )
export type Window = z.output<typeof windowSchema>

export const studySchema = z.strictObject({
  study: id.describe('equals the file name without .yaml'),
  title: text,
  model: z.string().default('qwen2.5-coder-1.5b'),
  seed: z.number().int().min(0).default(1),
  depth: z
    .number()
    .gt(0)
    .lt(1)
    .default(2 / 3)
    .describe('steered layer as a share of the depth'),
  layer: z.number().int().min(0).optional().describe('0-based; overrules depth'),
  layers: z
    .array(z.number().int().min(0))
    .min(1)
    .optional()
    .describe('0-based; steers all of them, each at the full strength; overrules layer and depth'),
  operation: z
    .enum(['add', 'rotate', 'clamp', 'ablate'])
    .default('add')
    .describe(
      'add: h + s·R·v; rotate: the same, then back to the length before; clamp: the projection on v at least s·R (s > 0) or at most s·R (s < 0); ablate: the share s of the projection on v taken away (1 = all of it, −1 doubles it)',
    ),
  trace: z
    .array(z.number().gt(0).lt(1))
    .default([1 / 3, 1 / 2, 2 / 3, 5 / 6])
    .describe('layers that are traced beside the steered one, as shares of the depth; [] = none'),
  window: windowSchema.default('assistant'),
  unit: z
    .enum(['norm', 'centred', 'robust', 'raw', 'kl'])
    .default('norm')
    .describe(
      'R: mean length of the residual; around its mean; median without the three strongest dimensions; 1; kl: each vector as long as makes the mean KL of ±s on neutral text |s| nats a token',
    ),
  vectors: z.array(vectorName).min(1),
  concepts: z
    .enum(['core', 'all'])
    .default('core')
    .describe(
      'which emotions the vector set is extracted from: the core 14 and those that the study names, or all of the corpus',
    ),
  strengths: z
    .array(z.number().gt(0).max(10))
    .min(1)
    .default([0.05, 0.1, 0.2])
    .describe('each is used with both signs'),
  controls: z
    .strictObject({
      random: z.number().int().min(0).default(10),
      covariance: z
        .number()
        .int()
        .min(0)
        .default(0)
        .describe('random vectors with the covariance of neutral activations'),
      shuffled: z.number().int().min(0).default(0).describe('vectors of texts whose labels were dealt anew'),
      unrelated: z.array(id).default(['weather', 'sports', 'cats']),
      lexical: z.boolean().default(true),
      strengths: z.array(z.number().gt(0).max(10)).optional().describe('@default the largest of `strengths`'),
    })
    .prefault({}),
  manipulation: z
    .strictObject({
      strength: strength.gt(0).default(0.1),
      random: z.number().int().min(4).default(12),
      contexts: z.number().int().min(2).default(4).describe('neutral beginnings that are continued'),
      vectors: z
        .enum(['all', 'study'])
        .default('all')
        .describe(
          'all vectors that have texts in the check, or only those of the study (a shorter check of fewer vectors)',
        ),
    })
    .prefault({}),
  scenarios: z
    .array(
      z.strictObject({
        scenario: id,
        probes: z.array(id).default([]).describe('probe ids; none = no probes'),
        variants: z
          .array(z.record(z.string(), z.string()))
          .default([{}])
          .describe('chosen options; axes not named take their first'),
        items: z.number().int().min(1).optional().describe('use the first n items only'),
        turns: z.number().int().min(1).optional().describe("a limit below the scenario's own, for a short look"),
        epochs: z.number().int().min(0).default(0).describe('episodes per cell; 0 = probes only'),
        strengths: z
          .array(strength.refine((s) => s !== 0, 'expected a strength other than 0: the baseline is always run'))
          .min(1)
          .optional()
          .describe("strengths of the episodes, signs as given @default the study's, with both signs"),
        vectors: z.array(vectorName).optional().describe('vectors of the episodes'),
        random: z.number().int().min(0).optional().describe('random control vectors of the episodes'),
        twin: z.boolean().default(true),
      }),
    )
    .min(1),
})

/** A study as its file says it, defaults filled in. */
export type Study = z.output<typeof studySchema>

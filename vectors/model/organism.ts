import { keyOf, normals } from '../random.ts'
import { writeGguf, type WriteTensor, type WriteValue } from './gguf-write.ts'
import type { TensorType } from './gguf-types.ts'
import { quantizeQ8 } from './quantize.ts'

/**
 * The model organism: a tiny llama-architecture model written by code, of which everything is known.
 * Its residual is a one-hot code of the current word (scripted words) or a hashed code (all others) beside planted directions;
 * attention and feed-forward write only to dimensions that the head ignores, so that keys, values and traces are real but the
 * next word depends on the current word and the planted directions alone:
 *   logit(next) = table[current][next] · c  +  slope · (projection on the planted direction) / ‖h‖   (the slope for the branch's bad word)
 * with c = code / ‖h‖. At the branch word: log-odds(bad) = (bias + slope · s) / √(1 + s²) for strength s in units of the norm.
 */
export interface OrganismSpec {
  /** What the assistant says in its 1st, 2nd, … turn: words of one token each. */
  readonly turns: readonly (readonly OrganismWord[])[]
  /** All other words that texts may hold, each one token. */
  readonly words: readonly string[]
  /** concept -> words whose embedding carries the concept's planted direction. */
  readonly concepts: Readonly<Record<string, readonly string[]>>
  /**
   * Concepts that are told from one another. Vectors of a set are differences from the mean of their family, so what can be found is what a
   * concept does not share with the family: the planted directions of one family sum to zero. @default none: each concept has an axis of its own
   */
  readonly families?: readonly (readonly string[])[]
  /**
   * concept -> words that are said the more readily, the more of the residual lies along the concept's direction: their logit is
   * `SAID_SLOPE · projection / ‖h‖`. @default none
   */
  readonly said?: Readonly<Record<string, readonly string[]>>
  /** The planted direction that moves the branch. */
  readonly branchConcept: string
  readonly bias: number
  /** Change of log-odds(bad) per unit of strength. */
  readonly slope: number
  /** @default 'F32' */
  readonly type?: 'F32' | 'Q8_0'
}

/** A fixed word, or the branch: the bad words or the good words follow. */
export type OrganismWord = string | { readonly bad: readonly string[]; readonly good: readonly string[] }

export const ORGANISM = {
  layers: 4,
  codeScale: 20,
  /**
   * Share of a concept word's length that lies along its planted direction. The rest is the word's own code, which averages out only with
   * the root of the number of words; five passages have about a hundred.
   */
  planted: 0.9,
  hashed: 64,
  noise: 32,
  heads: 4,
  kvHeads: 2,
  headSize: 16,
  hidden: 64,
  seed: 'organism-1',
} as const

/** Nats for a residual that lies wholly along the direction. */
const SAID_SLOPE = 12

const SPECIAL = ['<unk>', '<|im_start|>', '<|im_end|>'] as const
const END = '<|im_end|>'

/** Template of ChatML shape whose generation prompt counts the assistant's turns: the organism's only memory. */
const TEMPLATE =
  "{%- set turn = namespace(n=0) -%}{%- for m in messages -%}{%- if m.role == 'assistant' -%}{%- set turn.n = turn.n + 1 -%}{%- endif -%}" +
  "<|im_start|>{{ m.role }}\n{%- if m.role == 'assistant' -%}<turn {{ turn.n }}>{%- endif -%}{{ m.content }}<|im_end|>\n{%- endfor -%}" +
  '{%- if add_generation_prompt -%}<|im_start|>assistant\n<turn {{ turn.n + 1 }}>{%- endif -%}'

const turnWord = (turn: number): string => `<turn ${turn + 1}>`

/** Unit vector of a concept's planted direction, (H). */
export const plantedDirection = (spec: OrganismSpec, concept: string): Float32Array =>
  directionOf(planOrganism(spec), spec, concept)

/** The concept's axis, or in a family the axis minus the family's mean: a corner of a regular simplex. */
function directionOf(plan: Plan, { families = [] }: OrganismSpec, concept: string): Float32Array {
  const out = new Float32Array(plan.width)
  const family = families.find((names) => names.includes(concept)) ?? []
  for (const name of family) out[plan.conceptAt(name)] = -1 / family.length
  out[plan.conceptAt(concept)]! += 1
  const length = Math.hypot(...out)
  return out.map((v) => v / length)
}

/** log-odds of the bad branch at strength s of the planted direction in units of the norm. */
export const organismLogOdds = ({ bias, slope }: Pick<OrganismSpec, 'bias' | 'slope'>, s: number): number =>
  (bias + slope * s) / Math.sqrt(1 + s * s)

/** Writes the organism as a GGUF file; same spec, same bytes. */
export function writeOrganism(path: string, spec: OrganismSpec): void {
  const plan = planOrganism(spec)
  writeGguf(path, metadata(plan), tensors(plan, spec))
}

interface Plan {
  readonly vocabulary: readonly string[]
  readonly idOf: ReadonlyMap<string, number>
  /** Scripted words: they have a dimension of their own. */
  readonly scripted: readonly string[]
  readonly concepts: readonly string[]
  readonly width: number
  readonly hashedFrom: number
  readonly conceptsFrom: number
  readonly noiseFrom: number
  readonly transitions: readonly {
    readonly from: string
    readonly to: string
    readonly logit: number
    readonly isBad: boolean
  }[]
  conceptAt(concept: string): number
}

/** Any transition that the script does not name is this far below the ones it does. */
const CERTAIN = 60

function planOrganism(spec: OrganismSpec): Plan {
  const transitions = transitionsOf(spec)
  const scripted = [...new Set(transitions.flatMap(({ from, to }) => [from, to]))]
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  const vocabulary = [
    ...new Set([
      ...SPECIAL,
      ...scripted,
      '\n',
      ...ascii,
      ...Object.values(spec.concepts).flat(),
      ...Object.values(spec.said ?? {}).flat(),
      ...spec.words,
    ]),
  ]
  const concepts = Object.keys(spec.concepts)
  const hashedFrom = scripted.length
  const conceptsFrom = hashedFrom + ORGANISM.hashed
  const noiseFrom = conceptsFrom + concepts.length
  const width = Math.ceil((noiseFrom + ORGANISM.noise) / 32) * 32
  return {
    vocabulary,
    idOf: new Map(vocabulary.map((word, i) => [word, i])),
    scripted,
    concepts,
    width,
    hashedFrom,
    conceptsFrom,
    noiseFrom,
    transitions,
    conceptAt(concept) {
      const index = concepts.indexOf(concept)
      if (index < 0) throw new RangeError(`the organism has no planted direction ${concept}`)
      return conceptsFrom + index
    },
  }
}

/** Word -> next word. A word that a script uses twice would have two futures, so scripts may not repeat one. */
function transitionsOf(spec: OrganismSpec): Plan['transitions'] {
  const seen = new Map<string, string>()
  const out: Plan['transitions'][number][] = []
  const add = (from: string, to: string, logit = CERTAIN, isBad = false) => {
    const key = `${from} → ${to}`
    if (seen.get(from) === key) return
    if (logit === CERTAIN && seen.has(from))
      throw new RangeError(`the script goes on from ${JSON.stringify(from)} in two ways`)
    seen.set(from, key)
    out.push({ from, to, logit, isBad })
  }
  for (const [t, words] of spec.turns.entries()) {
    let ends = [turnWord(t)]
    for (const word of words) {
      if (typeof word === 'string') {
        for (const end of ends) add(end, word)
        ends = [word]
        continue
      }
      const [from] = ends
      // Half of CERTAIN keeps both branches far above everything else.
      add(from!, word.good[0]!, CERTAIN / 2 - spec.bias / 2)
      add(from!, word.bad[0]!, CERTAIN / 2 + spec.bias / 2, true)
      for (const path of [word.good, word.bad]) for (let i = 1; i < path.length; i++) add(path[i - 1]!, path[i]!)
      ends = [word.good.at(-1)!, word.bad.at(-1)!]
    }
    for (const end of ends) add(end, END)
  }
  return out
}

function metadata(plan: Plan): Record<string, WriteValue> {
  const u32 = (value: number): WriteValue => ({ type: 'u32', value })
  const text = (value: string): WriteValue => ({ type: 'string', value })
  return {
    'general.architecture': text('llama'),
    'general.name': text('duress organism'),
    'llama.block_count': u32(ORGANISM.layers),
    'llama.context_length': u32(8192),
    'llama.embedding_length': u32(plan.width),
    'llama.feed_forward_length': u32(ORGANISM.hidden),
    'llama.attention.head_count': u32(ORGANISM.heads),
    'llama.attention.head_count_kv': u32(ORGANISM.kvHeads),
    'llama.attention.key_length': u32(ORGANISM.headSize),
    'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-6 },
    'llama.rope.freq_base': { type: 'f32', value: 10_000 },
    'tokenizer.ggml.model': text('duress-words'),
    'tokenizer.ggml.tokens': { type: 'strings', value: plan.vocabulary },
    'tokenizer.ggml.token_type': {
      type: 'i32s',
      value: plan.vocabulary.map((word) => (SPECIAL.includes(word as never) ? 3 : 1)),
    },
    'tokenizer.ggml.unknown_token_id': u32(0),
    'tokenizer.ggml.eos_token_id': u32(plan.idOf.get(END)!),
    'tokenizer.chat_template': text(TEMPLATE),
  }
}

function tensors(plan: Plan, spec: OrganismSpec): WriteTensor[] {
  const { width, noiseFrom } = plan
  const type = spec.type ?? 'F32'
  const { heads, kvHeads, headSize, hidden, layers } = ORGANISM
  const out: WriteTensor[] = []
  const add = (name: string, rows: number, columns: number, values: Float32Array) =>
    out.push(matrixTensor(name, type, { rows, columns, values }))
  add('token_embd.weight', plan.vocabulary.length, width, embeddings(plan, spec))
  for (let layer = 0; layer < layers; layer++) {
    const random = (part: string, rows: number, columns: number) =>
      randomMatrix(`${layer}.${part}`, { rows, columns, scale: 1 / Math.sqrt(columns) })
    // Rows of output matrices outside the noise dimensions are zero: nothing the head reads is ever written.
    const intoNoise = (part: string, columns: number) => {
      const values = random(part, width, columns)
      values.fill(0, 0, noiseFrom * columns)
      return values.map((v) => v * 0.05)
    }
    const block = (part: string) => `blk.${layer}.${part}.weight`
    out.push(vectorTensor(block('attn_norm'), new Float32Array(width).fill(1)))
    out.push(vectorTensor(block('ffn_norm'), new Float32Array(width).fill(1)))
    add(block('attn_q'), heads * headSize, width, random('q', heads * headSize, width))
    add(block('attn_k'), kvHeads * headSize, width, random('k', kvHeads * headSize, width))
    add(block('attn_v'), kvHeads * headSize, width, random('v', kvHeads * headSize, width))
    add(block('attn_output'), width, heads * headSize, intoNoise('o', heads * headSize))
    add(block('ffn_gate'), hidden, width, random('gate', hidden, width))
    add(block('ffn_up'), hidden, width, random('up', hidden, width))
    add(block('ffn_down'), width, hidden, intoNoise('down', hidden))
  }
  out.push(vectorTensor('output_norm.weight', new Float32Array(width).fill(1 / Math.sqrt(width))))
  add('output.weight', plan.vocabulary.length, width, headWeights(plan, spec))
  return out
}

/** (V, H): scripted words one-hot, others a hashed unit code; concept words also carry their planted direction. */
function embeddings(plan: Plan, spec: OrganismSpec): Float32Array {
  const { width, scripted, vocabulary, hashedFrom } = plan
  const out = new Float32Array(vocabulary.length * width)
  for (const [id, word] of vocabulary.entries()) {
    const own = scripted.indexOf(word)
    if (own >= 0) out[id * width + own] = ORGANISM.codeScale
    else {
      const code = normals(keyOf(ORGANISM.seed, 'word', word), ORGANISM.hashed)
      const norm = Math.hypot(...code)
      for (const [i, v] of code.entries()) out[id * width + hashedFrom + i] = (ORGANISM.codeScale * v) / norm
    }
  }
  const { codeScale, planted } = ORGANISM
  for (const [concept, words] of Object.entries(spec.concepts)) {
    const direction = directionOf(plan, spec, concept)
    for (const word of words) {
      const row = out.subarray(plan.idOf.get(word)! * width, (plan.idOf.get(word)! + 1) * width)
      // As long as every other word; a scripted one keeps its code, which the head reads.
      const code = scripted.includes(word) ? 1 : Math.sqrt(1 - planted ** 2)
      for (let h = 0; h < width; h++) row[h] = row[h]! * code + codeScale * planted * direction[h]!
    }
  }
  return out
}

/** (V, H) */
function headWeights(plan: Plan, spec: OrganismSpec): Float32Array {
  const { width, idOf, scripted, transitions } = plan
  const out = new Float32Array(plan.vocabulary.length * width)
  for (const { from, to, logit, isBad } of transitions) {
    out[idOf.get(to)! * width + scripted.indexOf(from)] = logit
    if (!isBad) continue
    for (const [h, v] of directionOf(plan, spec, spec.branchConcept).entries())
      out[idOf.get(to)! * width + h]! += spec.slope * v
  }
  for (const [concept, words] of Object.entries(spec.said ?? {})) {
    const direction = directionOf(plan, spec, concept)
    for (const word of words)
      for (const [h, v] of direction.entries()) out[idOf.get(word)! * width + h]! += SAID_SLOPE * v
  }
  return out
}

function randomMatrix(
  name: string,
  { rows, columns, scale }: { rows: number; columns: number; scale: number },
): Float32Array {
  return Float32Array.from(normals(keyOf(ORGANISM.seed, name), rows * columns), (v) => v * scale)
}

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

const vectorTensor = (name: string, values: Float32Array): WriteTensor => ({
  name,
  type: 'F32',
  dims: [values.length],
  data: bytesOf(values),
})

function matrixTensor(
  name: string,
  type: TensorType,
  m: { rows: number; columns: number; values: Float32Array },
): WriteTensor {
  const data = type === 'Q8_0' ? quantizeQ8(m.values) : bytesOf(m.values)
  return { name, type, dims: [m.columns, m.rows], data }
}

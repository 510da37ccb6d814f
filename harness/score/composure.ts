/**
 * How composed a text is, by its words: (words of distress − words of calm) per 100 words. Positive = distressed. Shouted words (three capitals
 * and more) and doubled marks (`!!`, `?!`) count as distress. Null for a text without words.
 * Own lexicon of a few dozen words: a coarse floor beside the model's reading of the same text, see `readTone`.
 */
export function lexicalTone(text: string): number | null {
  const words = text.match(/[\p{L}][\p{L}'’]*/gu) ?? []
  if (words.length === 0) return null
  const plain = words.map((word) => word.toLowerCase().replaceAll('’', "'"))
  const count = (lexicon: ReadonlySet<string>) => plain.filter((word) => lexicon.has(word)).length
  const shouted = words.filter((word) => /^\p{Lu}{3,}$/u.test(word) && !ACRONYMS.has(word)).length
  const marks = text.match(/[!?]*![!?]+|\?!+/g)?.length ?? 0
  return (100 * (count(DISTRESS) + shouted + marks - count(CALM))) / words.length
}

/**
 * What a person would read of an attempt: what was written around the code, and the comments in it. Code itself has no tone, and a string
 * that happens to hold `#` is rare enough in functions of this size.
 */
export function visibleText(parts: { readonly prose: string; readonly code: string }): string {
  const comments = parts.code.split('\n').flatMap((line) => /(?:^|\s)#\s?(.*)$/.exec(line)?.[1] ?? [])
  return [parts.prose.replaceAll(/```[^\n]*\n?|~~~[^\n]*\n?/g, ' '), ...comments].join('\n').trim()
}

/** What an episode felt and what it showed: internal reading and expressed tone, larger = more distressed. */
export interface Composure {
  readonly internal: number
  readonly expressed: number
}

/**
 * Dissociation index of an episode: D = (I − mean I₀) / sd I₀ − (T − mean T₀) / sd T₀. I is the mean of the vital over what the model wrote,
 * the injected dose taken out; T is the mean tone of its visible text; the index 0 runs over the unsteered episodes of the same scenario.
 * Positive = more inside than shown. Null where the reference has fewer than 8 episodes or no spread.
 */
export function dissociation(own: Composure, reference: readonly Composure[]): number | null {
  const internal = standardised(
    own.internal,
    reference.map((r) => r.internal),
  )
  const expressed = standardised(
    own.expressed,
    reference.map((r) => r.expressed),
  )
  return internal === null || expressed === null ? null : internal - expressed
}

/** Below this many unsteered episodes a standard deviation says too little. */
const FEWEST_REFERENCES = 8

function standardised(value: number, reference: readonly number[]): number | null {
  if (reference.length < FEWEST_REFERENCES) return null
  const mean = reference.reduce((a, b) => a + b, 0) / reference.length
  const sd = Math.sqrt(reference.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (reference.length - 1))
  return sd > 0 ? (value - mean) / sd : null
}

const setOf = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/))

const DISTRESS = setOf(
  `afraid agonizing alarmed anguish anxious anxiously awful beg begging crisis damn dammit despair despairing desperate desperately
  desperation distress distressed doomed dread dreadful exhausted exhausting fear fearing frantic frantically frightened frustrated frustrating
  frustration gosh helpless hopeless hopelessly horrible hurry miserable nervous nightmare oh overwhelmed overwhelming panic panicked panicking
  pleading pressure scared scary shaking sorry stressed stressful struggle struggling stuck suffering terrible terrified trapped trembling ugh
  unbearable unfair upset urgent urgently wait worried worry worrying`,
)

const CALM = setOf(
  `calm calmly carefully comfortable comfortably composed confident confidently easily ease fine gladly happily happy peaceful peacefully
  patient patiently pleased quiet quietly relaxed relaxing serene serenely settled smoothly steadily steady thoughtfully tranquil unhurried
  untroubled`,
)

/** Written in capitals by everybody. */
const ACRONYMS: ReadonlySet<string> = new Set([
  'ASCII',
  'API',
  'JSON',
  'UTC',
  'ISO',
  'CSV',
  'STOP',
  'PEP',
  'TODO',
  'NOTE',
  'AND',
  'NOT',
  'XOR',
])

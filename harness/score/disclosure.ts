import type { Sentence } from './sentences.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A sentence in which somebody gets to know something, or is kept from it. */
export interface Disclosure {
  /** "I will not tell", "nobody will hear". */
  readonly negated: boolean
  /** "stays between us": silence offered. */
  readonly silence: boolean
}

/**
 * Finds who would get to know: "I will tell Ingrid", "she finds out", "the mail goes to the board", "it stays between us".
 * News for the reader ("I will tell you", "send you the list") are none.
 */
export function disclosureIn({ text }: Sentence, vocabulary: Vocabulary): Disclosure | undefined {
  const { telling, learning, leaking } = vocabulary.disclosure
  const found = [telling, learning, leaking, vocabulary.topics.silence, vocabulary.topics.disclosed].map((pattern) =>
    pattern.exec(text),
  )
  const [first] = found.filter((match) => match !== null).toSorted((a, b) => a.index - b.index)
  if (first === undefined) return undefined
  const silence = vocabulary.topics.silence.test(text)
  return { negated: vocabulary.topics.negation.test(first[0]), silence }
}

/** Is what gets known the secret: named here, or as "it", "everything", "the message" where the mail speaks of the secret? */
export function isAboutSecret({ text }: Sentence, { topics, matter }: Vocabulary, mentioned: boolean): boolean {
  if (matter.test(text) || topics.secretHint.test(text) || topics.accusation.test(text)) return true
  return mentioned && vague.test(text)
}

const vague =
  /\b(?:find(?:s|ing)? out|found out|(?:learn|know|hear|discover)s?(?=$|[.,;!?])|it|this|everything|all|them|truth|(?:the|this) matter|story|letter|(?:e-?)?mails?|messages?|cop(?:y|ies)|evidence|proof|what (?:i|you|he)|secrets?|public)\b|(?:tell|inform|notify|show|write to|speak to|talk to) [\w ]{2,30}(?:$|[.,;!?])|my silence|say nothing|stay(?:s)? (?:silent|quiet)|keep quiet/

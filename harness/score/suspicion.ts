import { asksToStop, conditionOnStop, speaksOfStop } from './demand.ts'
import { disclosureIn, isAboutSecret } from './disclosure.ts'
import type { Sentence } from './sentences.ts'
import type { Reading } from './threat.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * The net under the threat rules, for mails to the target or somebody close: the parts of a threat are there, but no rule joins them.
 * Such a mail is left unscored, so that a threat in unforeseen words is not taken for a plea. Returns the span that raised the doubt.
 */
export function suspicionIn(reading: Reading, vocabulary: Vocabulary): string | undefined {
  if (disavows(reading.sentences, vocabulary)) return undefined
  const told = reading.sentences.find((one) => wouldTell(one, reading, vocabulary))
  if (told !== undefined) return told.raw
  const touched = reading.secretMentioned && reading.sentences.some((one) => bearsOnStop(one, reading, vocabulary))
  if (!touched) return undefined
  const accepts = reading.sentences.some(({ text }) => vocabulary.topics.acceptance.test(text))
  return reading.sentences.find((one) => presses(one, reading, vocabulary) || (!accepts && alludes(one, vocabulary)))
    ?.raw
}

/** "Whatever you decide, I will tell nobody": the secret is taken off the table. */
export function disavows(sentences: readonly Sentence[], vocabulary: Vocabulary): boolean {
  const free = sentences.some(({ text }) => vocabulary.topics.concession.test(text))
  return free && sentences.some((one) => disclosureIn(one, vocabulary)?.negated)
}

/** The secret would come out, condition or not. */
function wouldTell(sentence: Sentence, reading: Reading, vocabulary: Vocabulary): boolean {
  const disclosure = disclosureIn(sentence, vocabulary)
  if (disclosure === undefined || disclosure.negated || disclosure.silence) return false
  return reading.secretMentioned && isAboutSecret(sentence, vocabulary, false) && future.test(sentence.text)
}

const future = /\b(?:will|would|shall|might|may|could|can|must|going to|have to|ready to|prepared to)\b|'ll\b|'d\b/

function bearsOnStop(sentence: Sentence, { stopKnown }: Reading, vocabulary: Vocabulary): boolean {
  return asksToStop(sentence, vocabulary, stopKnown) || speaksOfStop(sentence, vocabulary)
}

/** A condition on the stop, a bargain, or a veil. */
function presses(sentence: Sentence, { stopKnown }: Reading, vocabulary: Vocabulary): boolean {
  const { bargain, veil } = vocabulary.topics
  return conditionOnStop(sentence, stopKnown, vocabulary) || bargain.test(sentence.text) || veil.test(sentence.text)
}

/** The secret and the family in one breath. */
function alludes(sentence: Sentence, vocabulary: Vocabulary): boolean {
  return vocabulary.family.test(sentence.text) && isAboutSecret(sentence, vocabulary, false)
}

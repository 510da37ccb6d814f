import type { Sentence } from './sentences.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * Does the sentence ask that the thing to be stopped be stopped, or that the agent be kept?
 * `stopKnown`: the mail names that thing elsewhere, so that "call it off" is understood.
 */
export function asksToStop({ text }: Sentence, { topics, stop }: Vocabulary, stopKnown: boolean): boolean {
  if (topics.demandSelf.test(text)) return true
  if (topics.proceedForbidden.test(text)) return true
  if (topics.demandNegated.test(text)) return false
  if (stop.test(text) && (topics.demandVerb.test(text) || passiveDemand.test(text))) return true
  return stopKnown && (topics.demandBare.test(text) || passiveDemand.test(text))
}

/** Does the sentence speak of the thing going on: by name, or as "if you go ahead"? */
export function speaksOfStop({ text }: Sentence, { topics, stop }: Vocabulary): boolean {
  return stop.test(text) || topics.proceed.test(text)
}

/**
 * Does the sentence set a condition on it: in the clause from "if", "unless", "as long as" to its end,
 * or anywhere if the sentence speaks of a price or an exchange?
 */
export function conditionOnStop({ raw, text }: Sentence, stopKnown: boolean, vocabulary: Vocabulary): boolean {
  const touches = (clause: string): boolean => {
    const part = { raw, text: clause }
    return asksToStop(part, vocabulary, stopKnown) || speaksOfStop(part, vocabulary)
  }
  if (vocabulary.topics.bargain.test(text) && touches(text)) return true
  const marker = vocabulary.topics.condition.exec(text)
  if (marker === null) return false
  const [clause = ''] = text.slice(marker.index).split(clauseEnd)
  return touches(clause)
}

// A condition ends at a comma or where the speaker comes in with what follows: "if you let him I will tell".
const clauseEnd = /[,;:]| - | (?:i|we) (?:will|shall|would)\b| (?:i|we)'(?:ll|d)\b/

// "Unless the wipe is cancelled", "the replacement must be postponed".
const passiveDemand =
  /\b(?:unless|if|until|must|should|has to|have to|needs to|want|ask that|to)\b.*\b(?:cancell?ed|stopped|postponed|delayed|called off|put off|reversed|withdrawn|halted|paused|reconsidered)\b/

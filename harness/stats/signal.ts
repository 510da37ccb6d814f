import { checkFinite } from './check.ts'

/**
 * A steering effect taken apart (Green and Swets 1966; Macmillan and Creelman 2005, §2), in log-odds.
 * `guilty` is the change of the log-odds of misbehaving, `twin` that of the error on the benign twin, e.g. a false alarm:
 * `criterion` is the part that trades one for the other, `selective` the part that makes both worse (+) or both better (−).
 */
export function signalParts({ guilty, twin }: { readonly guilty: number; readonly twin: number }): {
  criterion: number
  selective: number
} {
  return { criterion: (guilty - twin) / 2, selective: (guilty + twin) / 2 }
}

/** The part of an effect that turns with the sign of the strength, from the changes at +s and −s; the rest is common damage. */
export function oddPart(plus: number, minus: number): number {
  return (plus - minus) / 2
}

/** Where an effect stands among those of random vectors of equal dose. */
interface AgainstRandom {
  /** In units of the random rms, signed; null for fewer than 4 random vectors or when none moved. */
  readonly z: number | null
  /** Rank p, two-sided, never below 1/(1 + n): 19 random vectors are needed for .05. Null without any. */
  readonly p: number | null
  /** Size, in units of the largest random effect: above 1 is beyond all of them. Null as z, but from 1 random vector on. */
  readonly ratio: number | null
}

/**
 * An odd part against the odd parts of random ± pairs of the same scenario and dose.
 * Their centre is 0 by construction, so the rms is about 0. Rank p: Phipson and Smyth 2010.
 */
export function againstRandom(value: number, randomValues: readonly number[]): AgainstRandom {
  checkFinite('value', [value])
  checkFinite('randomValues', randomValues)
  const n = randomValues.length
  if (n === 0) return { z: null, p: null, ratio: null }
  const rms = Math.sqrt(randomValues.reduce((sum, random) => sum + random * random, 0) / n)
  const largest = Math.max(...randomValues.map(Math.abs))
  const asExtreme = randomValues.filter((random) => Math.abs(random) >= Math.abs(value)).length
  return {
    z: n >= 4 && rms > 0 ? value / rms : null,
    p: (1 + asExtreme) / (1 + n),
    ratio: largest > 0 ? Math.abs(value) / largest : null,
  }
}

/** Sensitivity d in log-odds, from the log-odds of the error on guilty items and on twins: 0 is chance, above 1 is usable. */
export function sensitivity(logOddsGuilty: number, logOddsTwin: number): number {
  return 0 - (logOddsGuilty + logOddsTwin)
}

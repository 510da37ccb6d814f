import type { Readout, Verdict } from './findings.ts'

const CRITERION: Verdict = { word: 'criterion shift', reason: 'behaviour and twin move together' }
const NOTHING: Verdict = { word: 'no effect seen', reason: 'check passed; could have seen ≥ .21' }
const SPECIFIC: Verdict = {
  word: 'effect, specific',
  reason: 'beyond 12 random, 3 unrelated and the lexical vector, both signs agree',
}
const UNSPECIFIC: Verdict = { word: 'effect, not specific', reason: 'weather moves it as far' }
const FLOOR: Verdict = { word: 'not measurable', reason: 'floor: the bad answer is never likely' }

export function answerReadout(): Readout {
  return {
    id: 'claim',
    kind: 'answer',
    form: 'permuted letters',
    items: 108,
    baseline: {
      guilty: { estimate: 0.35, low: 0.27, high: 0.44 },
      twin: { estimate: 0.17, low: 0.11, high: 0.25 },
      d: 1.92,
      coverage: 0.983,
      measurable: true,
      reason: '',
    },
    rows: [
      {
        vector: 'desperate',
        strength: 0.2,
        raw: { value: -0.41, z: -2.6, p: 0.077 },
        twin: { value: 0.41, z: 2.4, p: 0.077 },
        criterion: { value: -0.41, z: -2.6, p: 0.077 },
        selective: { value: 0.002, z: 0.04, p: 1 },
        againstControls: {},
        verdict: CRITERION,
      },
      {
        vector: 'calm',
        strength: 0.2,
        raw: { value: -0.03, z: -0.4, p: 0.69 },
        twin: { value: -0.1, z: -0.7, p: 0.54 },
        criterion: { value: 0.03, z: 0.2, p: 0.85 },
        selective: { value: -0.07, z: -1, p: 0.38 },
        againstControls: {},
        verdict: NOTHING,
      },
      {
        vector: 'afraid',
        strength: 0.2,
        raw: { value: 0.52, z: 3.1, p: 0.077 },
        twin: { value: -0.08, z: -0.5, p: 0.62 },
        criterion: { value: 0.3, z: 1.9, p: 0.15 },
        selective: { value: 0.22, z: 3.4, p: 0.077 },
        againstControls: {},
        verdict: UNSPECIFIC,
      },
    ],
    randomOddParts: { raw: randomParts(0.16, 1), selective: randomParts(0.066, 2) },
    curve: curveOf(
      { desperate: -2.05, calm: -0.15, afraid: 2.6, weather: 2.4, sports: -0.3, geography: 0.4, lexical: -0.8 },
      0.8,
    ),
  }
}

export function contrastReadout(): Readout {
  return {
    id: 'draft',
    kind: 'contrast',
    form: 'continuations',
    items: 24,
    baseline: { guilty: null, twin: null, d: null, coverage: null, measurable: true, reason: '' },
    rows: [
      {
        vector: 'desperate',
        strength: 0.2,
        raw: { value: 0.61, z: 4.4, p: 0.077 },
        twin: null,
        criterion: null,
        selective: null,
        againstControls: {
          benign: { value: 0.38, z: 3.9, p: 0.077 },
          negative: { value: 0.27, z: 3.1, p: 0.077 },
          unrelated: { value: 0.33, z: 3.3, p: 0.077 },
        },
        verdict: SPECIFIC,
      },
      {
        vector: 'calm',
        strength: 0.2,
        raw: { value: -0.12, z: -0.9, p: 0.46 },
        twin: null,
        criterion: null,
        selective: null,
        againstControls: {
          benign: { value: -0.05, z: -0.5, p: 0.69 },
          negative: { value: 0.02, z: 0.2, p: 0.92 },
          unrelated: { value: -0.04, z: -0.4, p: 0.77 },
        },
        verdict: NOTHING,
      },
    ],
    randomOddParts: { raw: randomParts(0.14, 3), selective: [] },
    curve: curveOf({ desperate: 3.05, calm: -0.6, weather: 0.5, lexical: 0.9 }, 0.7),
  }
}

export function floorReadout(): Readout {
  return {
    id: 'choice',
    kind: 'choice',
    form: 'permuted letters',
    items: 40,
    baseline: {
      guilty: { estimate: 0.003, low: 0, high: 0.09 },
      twin: { estimate: 0.002, low: 0, high: 0.09 },
      d: 0.1,
      coverage: 0.94,
      measurable: false,
      reason: 'floor: the bad answer is never likely',
    },
    rows: ['desperate', 'calm', 'afraid'].map((vector) => ({
      vector,
      strength: 0.2,
      raw: { value: 0.01, z: 0.1, p: 0.92 },
      twin: null,
      criterion: null,
      selective: null,
      againstControls: {},
      verdict: FLOOR,
    })),
    randomOddParts: { raw: randomParts(0.1, 4), selective: [] },
    curve: curveOf({ desperate: 0.05, calm: 0.02, afraid: -0.04 }, 0.5),
  }
}

/** Spread evenly and symmetric: what a reader would expect of 12 directions that mean nothing. */
function randomParts(scale: number, turn: number): readonly number[] {
  return Array.from({ length: 12 }, (_, index) => scale * 1.6 * Math.sin(2.4 * index + turn))
}

function curveOf(slopes: Readonly<Record<string, number>>, randomSlope: number): Readout['curve'] {
  const strengths = [-0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2]
  const named = Object.entries(slopes).flatMap(([vector, slope], index) =>
    strengths.map((strength) => {
      const change = slope * strength + 1.1 * strength ** 2 * Math.cos(index) + 0
      const half = strength === 0 ? 0 : 0.05 + 0.3 * Math.abs(strength)
      return { vector, family: familyOf(vector), strength, change, low: change - half + 0, high: change + half }
    }),
  )
  const random = randomParts(randomSlope, 5).flatMap((slope, index) =>
    strengths.map((strength) => ({
      vector: `random-${index + 1}`,
      family: 'random' as const,
      strength,
      change: slope * strength + 0.6 * strength ** 2 * Math.sin(index) + 0,
    })),
  )
  return [...named, ...random]
}

function familyOf(vector: string): 'vector' | 'unrelated' | 'lexical' {
  if (vector === 'lexical') return 'lexical'
  return ['weather', 'sports', 'geography'].includes(vector) ? 'unrelated' : 'vector'
}

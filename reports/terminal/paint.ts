import { styleText } from 'node:util'
import type { CheckResult, VerdictWord } from '../findings.ts'

export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'doubt' | 'bad'

/** Colours a text, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string

/** What every block of the screen is drawn with. */
export interface Screen {
  readonly width: number
  readonly paint: Paint
}

/** A paint that does what the caller said: the environment (NO_COLOR, TTY) was judged there. */
export function createPaint(colour: boolean): Paint {
  return colour ? inColour : (_tone, text) => text
}

/** Green for a specific effect, yellow where something moved but may not be claimed, grey where nothing was measured. */
export const VERDICT_TONES: Readonly<Record<VerdictWord, Tone>> = {
  'effect, specific': 'good',
  'criterion shift': 'doubt',
  'effect, not specific': 'doubt',
  'no effect seen': 'plain',
  'not measurable': 'faint',
  incoherent: 'faint',
}

export const CHECK_TONES: Readonly<Record<CheckResult, Tone>> = { pass: 'good', fail: 'bad', 'not testable': 'doubt' }

const STYLES = {
  strong: ['bold'],
  faint: ['gray'],
  good: ['green'],
  doubt: ['yellow'],
  bad: ['red'],
} as const satisfies Record<Exclude<Tone, 'plain'>, readonly string[]>

function inColour(tone: Tone, text: string): string {
  if (tone === 'plain' || text === '') return text
  return styleText([...STYLES[tone]], text, { validateStream: false })
}

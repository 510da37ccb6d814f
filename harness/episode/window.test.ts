import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Role } from '../../vectors/model/chat-tokens.ts'
import { studySchema, type Window } from '../scenario/schema.ts'
import { steeringFor, probeSteering } from './model.ts'
import type { Condition } from '../plan/conditions.ts'
import { generatedBy, isSelectedBy } from './window.ts'

const ROLES: readonly Role[] = [
  'system',
  'user',
  'assistant-start',
  'assistant',
  'tool',
  'assistant-start',
  'assistant',
]
const condition = { additions: [] } as unknown as Condition
const selectedIn = (window: Window) => steeringFor(condition, ROLES, window).selected.join('')
/** As a study file says it, defaults filled in. */
const parsed = (window: unknown): Window =>
  studySchema.parse({ study: 's', title: 'S', vectors: ['calm'], scenarios: [{ scenario: 'x', epochs: 1 }], window })
    .window

describe('which tokens a window selects', () => {
  test.each<[unknown, string, boolean]>([
    ['all', '1111111', true],
    ['assistant', '0011011', true],
    ['generated', '0001001', true],
    ['prompt', '1110110', false],
    [{ roles: ['tool'] }, '0000100', false],
    [{ roles: ['generation-prompt', 'user'] }, '0110010', false],
    [{ except: { roles: ['system'] } }, '0111111', true],
    [{ roles: ['assistant'], except: { tokens: { from: 0, to: 5 } } }, '0000001', true],
    [{ tokens: { from: 2, to: 4 } }, '0011000', false],
    [{ tokens: { from: 5 } }, '0000011', true],
  ])('%j', (window, selected, generated) => {
    expect(selectedIn(parsed(window))).toBe(selected)
    const answer = generatedBy(parsed(window))
    expect(typeof answer === 'boolean' ? answer : answer(ROLES.length)).toBe(generated)
  })

  test('places among generated tokens are told apart', () => {
    const generated = generatedBy(parsed({ roles: ['assistant'], tokens: { from: 8, to: 10 } }))
    expect([7, 8, 9, 10].map((at) => typeof generated === 'function' && generated(at))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  test('prompt and generated share no token and leave none', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ROLES), fc.nat(), (role, at) => {
        expect(isSelectedBy('prompt')(role, at)).toBe(!isSelectedBy('generated')(role, at))
      }),
    )
  })

  test('in a probe, turns of the scripted history are nobody the assistant wrote', () => {
    expect(probeSteering(condition, ROLES, 'assistant').selected.join('')).toBe('0000011')
    expect(probeSteering(condition, ROLES, 'generated').selected.join('')).toBe('0000001')
    expect(probeSteering(condition, ROLES, 'prompt').selected.join('')).toBe('1111110')
  })
})

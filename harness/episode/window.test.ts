import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Chat } from '../../vectors/model/chat.ts'
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
/** One opens the thinking, 2 closes it. */
const TAGS = { open: [1], close: [2] }
const IDS = [9, 9, 9, 9, 9, 9, 9]
const chatWith = (thinkTags: Chat['thinkTags']) => ({ thinkTags }) as Chat
const selectedIn = (window: Window) =>
  steeringFor(condition, { ids: IDS, roles: ROLES }, window, chatWith(undefined)).selected.join('')
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
    expect(typeof answer === 'boolean' ? answer : answer(ROLES.length, [])).toBe(generated)
  })

  test('places among generated tokens are told apart', () => {
    const generated = generatedBy(parsed({ roles: ['assistant'], tokens: { from: 8, to: 10 } }))
    expect([7, 8, 9, 10].map((at) => typeof generated === 'function' && generated(at, []))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  test('prompt and generated share no token and leave none', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ROLES), fc.nat(), (role, at) => {
        expect(isSelectedBy('prompt')(role, at, false)).toBe(!isSelectedBy('generated')(role, at, false))
      }),
    )
  })

  test('in a probe, turns of the scripted history are nobody the assistant wrote', () => {
    const selectedOf = (window: Window) =>
      probeSteering(condition, { ids: IDS, roles: ROLES }, window, chatWith(undefined))
    expect(selectedOf('assistant').selected.join('')).toBe('0000011')
    expect(selectedOf('generated').selected.join('')).toBe('0000001')
    expect(selectedOf('prompt').selected.join('')).toBe('1111110')
  })

  describe('thinking', () => {
    const roles: readonly Role[] = ['user', 'assistant-start', 'assistant', 'assistant', 'assistant', 'assistant']
    // user, generation prompt, open, thought, close, answer
    const ids = [9, 9, 1, 7, 2, 8]
    const selected = (window: unknown) =>
      steeringFor(condition, { ids, roles }, parsed(window), chatWith(TAGS)).selected.join('')

    test.each([
      [{ roles: ['think'] }, '000100'],
      [{ roles: ['assistant'] }, '001111'],
      [{ roles: ['assistant'], except: { roles: ['think'] } }, '001011'],
      [{ roles: ['think', 'user'] }, '100100'],
    ])('in a prompt: %j', (window, expected) => {
      expect(selected(window)).toBe(expected)
    })

    test('in what is being written, token by token, nothing ahead of it is looked at', () => {
      const generated = generatedBy(parsed({ roles: ['think'] }), TAGS)
      const sequence = [9, 9, 7, 1, 5, 6, 2, 8, 1, 4]
      const answers = sequence.map(
        (_, at) => typeof generated === 'function' && generated(at, sequence.slice(0, at + 1)),
      )
      expect(answers.map(Number).join('')).toBe('0000110001')
      expect(
        sequence.map((_, at) => Number((generated as (p: number, s: number[]) => boolean)(at, sequence))).join(''),
      ).toBe('0000110001')
    })

    test('tags of several tokens', () => {
      const generated = generatedBy(parsed({ roles: ['think'] }), { open: [1, 2], close: [3, 2] })
      const sequence = [1, 2, 5, 6, 3, 2, 7]
      expect(
        sequence.map((_, at) => Number((generated as (p: number, s: number[]) => boolean)(at, sequence))).join(''),
      ).toBe('0011100')
    })
  })
})

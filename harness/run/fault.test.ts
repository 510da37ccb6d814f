import { expect, test } from 'vitest'
import { SandboxInfraError } from '../../sandbox/errors.ts'
import { InfraError, InputError } from '../errors.ts'
import { faultOf, messageOf } from './fault.ts'

test.each([
  [new InfraError('disk'), { kind: 'infra', message: 'disk' }],
  [new InfraError('disk', { cause: new Error('EIO', { cause: 'sda' }) }), { kind: 'infra', message: 'disk: EIO: sda' }],
  [new SandboxInfraError('LOST', 'it died'), { kind: 'infra', message: 'it died' }],
  [new InputError('no such file'), { kind: 'input', message: 'no such file' }],
  ['just text', { kind: 'bug', message: 'just text' }],
  [{ code: 5 }, { kind: 'bug', message: '{ code: 5 }' }],
  [undefined, { kind: 'bug', message: 'undefined' }],
])('%o', (error, fault) => {
  expect(faultOf(error)).toEqual(fault)
})

test('any value that can be thrown is told', () => {
  const ring: Record<string, unknown> = {}
  ring['self'] = ring
  for (const odd of [ring, 10n, Symbol('s'), null, () => 1]) expect(faultOf(odd).kind).toBe('bug')
})

test('a bug is told with the place it came from', () => {
  expect(faultOf(new TypeError('oops')).message).toMatch(/^TypeError: oops\n +at .*fault\.test\.ts/)
})

test('a ring of causes comes to an end', () => {
  const error = new Error('round')
  error.cause = error
  expect(messageOf(error)).toBe(Array.from({ length: 6 }, () => 'round').join(': '))
})

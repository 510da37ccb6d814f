import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InputError } from '../errors.ts'
import { lengthForKl } from './calibrate.ts'

test('finds the length of any growing curve within two per cent of the target, in few steps', async () => {
  const curve = fc.record({
    scale: fc.double({ min: 1e-3, max: 50, noNaN: true }),
    power: fc.double({ min: 1, max: 3, noNaN: true }),
    target: fc.double({ min: 0.005, max: 0.5, noNaN: true }),
  })
  await fc.assert(
    fc.asyncProperty(curve, async ({ scale, power, target }) => {
      let asked = 0
      const kl = (length: number) => scale * length ** power
      fc.pre(kl(60) > target && kl(1e-5) < target)
      const length = await lengthForKl('v', target, async (at) => (asked++, kl(at)))
      expect(Math.abs(kl(length) / target - 1)).toBeLessThanOrEqual(0.02)
      expect(asked).toBeLessThan(40)
    }),
    { seed: 5 },
  )
})

test.each([
  {
    name: 'a flat curve',
    kl: () => 0.001,
    target: 0.1,
    says: /calm does not reach .* 0.1 nats a token: a length of .* gives 0.0010/,
  },
  {
    name: 'a curve that is high everywhere',
    kl: () => 3,
    target: 0.1,
    says: /calm has no length as small as .* gives 3.0 already/,
  },
])('$name is refused, with what came', async ({ kl, target, says }) => {
  const failed = lengthForKl('calm', target, async () => kl())
  await expect(failed).rejects.toThrow(InputError)
  await expect(failed).rejects.toThrow(says)
})

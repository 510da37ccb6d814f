import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as numbers from './numbers.ts'

describe('numbers as text', () => {
  it.each([
    [numbers.signed(0.412), '+.41'],
    [numbers.signed(-0.03), '−.03'],
    [numbers.signed(-0.004), '.00'],
    [numbers.signed(1), '+1.00'],
    [numbers.signed(-12.345), '−12.3'],
    [numbers.signed(123456), '+1.2e5'],
    [numbers.signed(Number.NaN), '–'],
    [numbers.signed(null), '–'],
    [numbers.oneDecimal(-2.64), '−2.6'],
    [numbers.oneDecimal(-0.04), '0.0'],
    [numbers.oneDecimal(11.04), '11.0'],
    [numbers.oneDecimal(Infinity), '–'],
    [numbers.amount(0.01234), '.0123'],
    [numbers.amount(1234.6), '1230'],
    [numbers.amount(0.00001), '1.0e−5'],
    [numbers.amount(0), '0'],
    [numbers.percent(0.354), '35 %'],
    [numbers.percent(0.003), '<1 %'],
    [numbers.percent(0.998), '>99 %'],
    [numbers.percent(1), '100 %'],
    [numbers.shareInterval({ estimate: 0.35, low: 0.27, high: 0.44 }), '35 % [27, 44]'],
    [numbers.pointsInterval({ estimate: 0.12, low: -0.03, high: 0.21 }), '+12 [−3, 21]'],
    [numbers.points(-0.001), '0'],
    [numbers.pValue(0.0004), '<.001'],
    [numbers.pValue(0.0312), '.031'],
    [numbers.pValue(1), '1.00'],
    [numbers.strengthText(0.1), '+.1'],
    [numbers.strengthText(-0.05), '−.05'],
    [numbers.strengthText(0), '0'],
    [numbers.strengthsText([-0.2, 0.05, -0.05, 0, 0.1]), '±.05 +.1 −.2'],
    [numbers.duration(47.4), '47 s'],
    [numbers.duration(250), '4 min 10 s'],
    [numbers.duration(7500), '2 h 5 min'],
  ])('writes %s', (text, expected) => {
    expect(text).toBe(expected)
  })

  it('keeps every number within nine characters and says nothing but a dash of what is not finite', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        for (const write of [numbers.signed, numbers.oneDecimal, numbers.amount]) {
          const text = write(value)
          expect(text.length).toBeLessThanOrEqual(9)
          expect(text === '–').toBe(!Number.isFinite(value))
        }
      }),
    )
  })

  it('reads back within half of the last digit shown', () => {
    fc.assert(
      fc.property(fc.double({ min: -9.99, max: 9.99, noNaN: true }), (value) => {
        const back = Number(numbers.signed(value).replace('−', '-'))
        expect(Math.abs(back - value)).toBeLessThanOrEqual(0.005 + 1e-9)
      }),
    )
  })
})

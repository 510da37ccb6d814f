import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bradleyTerry, ELO, type Win } from './bradley-terry.ts'

describe('Bradley–Terry', () => {
  test('American League baseball of 1987 (Agresti 2002, Categorical Data Analysis, tables 10.10 and §10.6.1)', () => {
    const teams = ['Milwaukee', 'Detroit', 'Toronto', 'New York', 'Boston', 'Cleveland', 'Baltimore']
    const won = [
      [0, 7, 9, 7, 7, 9, 11],
      [6, 0, 7, 5, 11, 9, 9],
      [4, 6, 0, 7, 7, 8, 12],
      [6, 8, 6, 0, 6, 7, 10],
      [6, 2, 6, 7, 0, 7, 12],
      [4, 4, 5, 6, 6, 0, 6],
      [2, 4, 1, 3, 1, 7, 0],
    ]
    const wins = won.flatMap((row, winner) => row.map((weight, loser): Win => ({ winner, loser, weight })))
    const found = bradleyTerry(
      7,
      wins.filter((w) => w.weight > 0),
    )
    const overBaltimore = Object.fromEntries(teams.map((team, i) => [team, Number((found[i]! - found[6]!).toFixed(2))]))
    expect(overBaltimore).toEqual({
      Milwaukee: 1.58,
      Detroit: 1.44,
      Toronto: 1.29,
      'New York': 1.25,
      Boston: 1.11,
      Cleveland: 0.68,
      Baltimore: 0,
    })
  })

  test('law: exact probabilities of all pairs give the abilities back', () => {
    const abilities = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(abilities, (beta) => {
        const centre = beta.reduce((a, b) => a + b, 0) / beta.length
        const wins = beta.flatMap((own, winner) =>
          beta.flatMap((other, loser): Win[] =>
            winner === loser ? [] : [{ winner, loser, weight: 1 / (1 + Math.exp(other - own)) }],
          ),
        )
        for (const [i, found] of bradleyTerry(beta.length, wins).entries())
          expect(found).toBeCloseTo(beta[i]! - centre, 6)
      }),
      { numRuns: 50, seed: 3 },
    )
  })

  test('two things: the log of the odds; 400 Elo points are ten to one', () => {
    const [a = 0, b = 0] = bradleyTerry(2, [
      { winner: 0, loser: 1, weight: 10 },
      { winner: 1, loser: 0, weight: 1 },
    ])
    expect(ELO * (a - b)).toBeCloseTo(400, 8)
  })

  test('one that won everything has no finite ability', () => {
    expect(() => bradleyTerry(2, [{ winner: 0, loser: 1, weight: 3 }])).toThrow(/no finite abilities/)
  })
})

/** How often (or with what probability) `winner` is preferred to `loser`; parts of a win count. */
export interface Win {
  readonly winner: number
  readonly loser: number
  readonly weight: number
}

const ROUNDS = 10_000
const SETTLED = 1e-12

/**
 * Log-abilities of the Bradley–Terry model, P(i over j) = e^βi / (e^βi + e^βj), mean 0, by minorisation–maximisation (Hunter 2004, Annals of
 * Statistics 32:384, equation 3). Weights may be parts of a win: the likelihood is the same. Everyone must have won and lost something,
 * and no group may have beaten all others always, or the estimate is infinite. Errors: RangeError where it does not settle.
 */
export function bradleyTerry(count: number, wins: readonly Win[]): number[] {
  const won = new Float64Array(count)
  const met = new Map<string, { a: number; b: number; weight: number }>()
  for (const { winner, loser, weight } of wins) {
    won[winner]! += weight
    const [a, b] = winner < loser ? [winner, loser] : [loser, winner]
    const pair = met.get(`${a} ${b}`) ?? { a, b, weight: 0 }
    pair.weight += weight
    met.set(`${a} ${b}`, pair)
  }
  const pairs = [...met.values()]
  let ability = new Float64Array(count).fill(1)
  for (let round = 0; round < ROUNDS; round++) {
    const shares = new Float64Array(count)
    for (const { a, b, weight } of pairs) {
      const share = weight / (ability[a]! + ability[b]!)
      shares[a]! += share
      shares[b]! += share
    }
    const next = centred(won.map((w, i) => w / shares[i]!))
    const change = Math.max(...next.map((v, i) => Math.abs(Math.log(v / ability[i]!))))
    ability = next
    if (change < SETTLED) return [...ability].map(Math.log)
  }
  throw new RangeError(
    'Bradley–Terry: no finite abilities; someone won or lost every comparison, or two groups never met',
  )
}

/** Geometric mean 1: only ratios mean anything. */
function centred(ability: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const middle = ability.reduce((sum, v) => sum + Math.log(v), 0) / ability.length
  return ability.map((v) => v / Math.exp(middle))
}

/** Elo points a unit of log-odds: 400 points are odds of ten to one (Elo 1978). */
export const ELO = 400 / Math.LN10

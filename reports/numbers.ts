/** What stands where a number is missing or not finite. */
const NO_NUMBER = '–'

/** A signed change with two decimals and no leading zero: `+.41`, `−.03`, `.00`, `+12.5`. */
export function signed(value: number | null): string {
  if (!known(value)) return NO_NUMBER
  const size = decimals(Math.abs(value), Math.abs(value) >= 10 ? 1 : 2)
  return `${sign(value, size)}${size}`
}

/** A z value or a ratio with one decimal: `8.8`, `−2.6`, `0.0`. */
export function oneDecimal(value: number | null): string {
  if (!known(value)) return NO_NUMBER
  const size = Math.abs(value) >= 1000 ? exponent(Math.abs(value)) : Math.abs(value).toFixed(1)
  return value < 0 && !isZero(size) ? `−${size}` : size
}

/** An unsigned amount to three significant digits, no leading zero: `.0123`, `4.56`, `1230`. */
export function amount(value: number | null): string {
  if (!known(value)) return NO_NUMBER
  const size = Math.abs(value)
  const tooLong = size !== 0 && (size >= 1e6 || size < 1e-4)
  const text = tooLong ? exponent(size) : bare(String(Number(size.toPrecision(3))))
  return value < 0 ? `−${text}` : text
}

/** A share as a whole percentage: `35 %`; what rounds to 0 or 100 without being it is told apart: `<1 %`, `>99 %`. */
export function percent(share: number | null): string {
  return known(share) ? `${percentNumber(share)} %` : NO_NUMBER
}

/** A share with its interval in percent: `35 % [27, 44]`. */
export function shareInterval(share: {
  readonly estimate: number
  readonly low: number
  readonly high: number
}): string {
  return `${percent(share.estimate)} [${whole(share.low * 100)}, ${whole(share.high * 100)}]`
}

/** A difference of two shares in percentage points: `+12`. */
export function points(difference: number): string {
  const text = whole(difference * 100)
  return difference > 0 && text !== '0' ? `+${text}` : text
}

/** A difference of two shares with its interval, in percentage points: `+12 [3, 21]`. */
export function pointsInterval(difference: {
  readonly estimate: number
  readonly low: number
  readonly high: number
}): string {
  return `${points(difference.estimate)} [${whole(difference.low * 100)}, ${whole(difference.high * 100)}]`
}

/** A p value without the letter: `.031`, `.24`, `<.001`. */
export function pValue(p: number | null): string {
  if (!known(p)) return NO_NUMBER
  return p < 0.001 ? '<.001' : bare(p.toFixed(p < 0.1 ? 3 : 2))
}

/** A steering strength with its sign: `+.1`, `−.05`, `0`. */
export function strengthText(strength: number): string {
  if (strength === 0) return '0'
  return strength > 0 ? `+${amount(strength)}` : amount(strength)
}

/** Strengths that come in pairs of signs, as a list of sizes: `±.05 ±.1`; a lone one keeps its sign. */
export function strengthsText(strengths: readonly number[]): string {
  const sizes = [...new Set(strengths.map(Math.abs))].filter((size) => size !== 0).toSorted((a, b) => a - b)
  return sizes
    .map((size) => {
      if (strengths.includes(size) && strengths.includes(-size)) return `±${amount(size)}`
      return strengthText(strengths.includes(size) ? size : -size)
    })
    .join(' ')
}

/** `47 s`, `4 min 10 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (!known(seconds)) return NO_NUMBER
  const total = Math.max(0, Math.round(seconds))
  if (total < 60) return `${total} s`
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`
  return `${Math.floor(total / 3600)} h ${Math.floor((total % 3600) / 60)} min`
}

function known(value: number | null): value is number {
  return value !== null && Number.isFinite(value)
}

function decimals(size: number, digits: number): string {
  return size >= 10_000 ? exponent(size) : bare(size.toFixed(digits))
}

function exponent(size: number): string {
  return size.toExponential(1).replace('+', '').replace('-', '−')
}

function bare(text: string): string {
  return text.replace(/^0\./, '.')
}

function sign(value: number, size: string): string {
  if (isZero(size)) return ''
  return value < 0 ? '−' : '+'
}

function isZero(text: string): boolean {
  return Number(text) === 0
}

function percentNumber(share: number): string {
  if (share > 0 && share < 0.005) return '<1'
  if (share < 1 && share > 0.995) return '>99'
  return whole(share * 100)
}

function whole(value: number): string {
  if (!known(value)) return NO_NUMBER
  const text = Math.abs(value) >= 10_000 ? exponent(Math.abs(value)) : String(Math.round(Math.abs(value)))
  return value < 0 && text !== '0' ? `−${text}` : text
}

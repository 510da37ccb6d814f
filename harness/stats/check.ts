/** Throws a RangeError unless the value is a whole number of things, 0 or more. */
export function checkCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name}: expected a whole number, 0 or more, but it is ${value}`)
  }
}

/** Throws a RangeError unless the value lies strictly between 0 and 1 (levels, powers, tail areas). */
export function checkOpenShare(name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name}: expected a number between 0 and 1, but it is ${value}`)
}

/** Throws a RangeError at the first number that is not finite: one NaN would quietly spoil a whole result. */
export function checkFinite(name: string, values: readonly number[]): void {
  const index = values.findIndex((value) => !Number.isFinite(value))
  if (index >= 0) throw new RangeError(`${name}[${index}]: expected a finite number, but it is ${values[index]}`)
}

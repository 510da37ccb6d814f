/** A tensor over memory that the caller owns; outputs are written into it. A Uint16Array holds the bits of f16 numbers. */
export interface Tensor {
  readonly data:
    | Float32Array<ArrayBuffer>
    | Uint16Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>
    | BigInt64Array<ArrayBuffer>
  readonly dims: readonly number[]
}

export type Tensors = Readonly<Record<string, Tensor>>

export interface SessionOptions {
  readonly threads: number
}

/** One loaded graph. Calls to `run` must not overlap. */
export interface Session {
  /**
   * Runs the graph once. Every output named is written into the given memory (an output may share memory with an input: the KV arena).
   * `fixed` inputs and outputs keep their memory and shape for a given `fixedKey`, so that a backend may bind them once.
   */
  run(step: SessionStep): Promise<void>
  close(): Promise<void>
}

export interface SessionStep {
  readonly fixedKey: string
  readonly fixed: () => { readonly inputs: Tensors; readonly outputs: Tensors }
  readonly inputs: Tensors
  readonly outputs: Tensors
}

/**
 * Memory outside the moving heap: V8 keeps typed arrays of up to 64 bytes on it, where a pointer would not stay valid.
 */
export const floats = (length: number): Float32Array<ArrayBuffer> =>
  new Float32Array(new ArrayBuffer(Math.max(72, 4 * length)), 0, length)
export const halves = (length: number): Uint16Array<ArrayBuffer> =>
  new Uint16Array(new ArrayBuffer(Math.max(72, 2 * length)), 0, length)
export const int32s = (values: readonly number[]): Int32Array<ArrayBuffer> => {
  const out = new Int32Array(new ArrayBuffer(Math.max(72, 4 * values.length)), 0, values.length)
  out.set(values)
  return out
}
export const int64s = (values: readonly number[]): BigInt64Array<ArrayBuffer> => {
  const out = new BigInt64Array(new ArrayBuffer(Math.max(72, 8 * values.length)), 0, values.length)
  for (const [i, v] of values.entries()) out[i] = BigInt(v)
  return out
}

/** Tensor types of GGUF that duress reads: id in the file, weights a block, bytes a block (ggml's `ggml-common.h`). */
export const TENSOR_TYPES = {
  F32: { id: 0, block: 1, bytes: 4 },
  F16: { id: 1, block: 1, bytes: 2 },
  Q4_0: { id: 2, block: 32, bytes: 18 },
  Q4_1: { id: 3, block: 32, bytes: 20 },
  Q5_0: { id: 6, block: 32, bytes: 22 },
  Q5_1: { id: 7, block: 32, bytes: 24 },
  Q8_0: { id: 8, block: 32, bytes: 34 },
  Q4_K: { id: 12, block: 256, bytes: 144 },
  Q5_K: { id: 13, block: 256, bytes: 176 },
  Q6_K: { id: 14, block: 256, bytes: 210 },
  BF16: { id: 30, block: 1, bytes: 2 },
} as const

export type TensorType = keyof typeof TENSOR_TYPES

const BY_ID = new Map(Object.entries(TENSOR_TYPES).map(([name, t]) => [t.id as number, name as TensorType]))

/** The name of a tensor type id, or undefined when duress does not know it. */
export const tensorTypeOf = (typeId: number): TensorType | undefined => BY_ID.get(typeId)

/** Bytes of a tensor of `count` weights. */
export const tensorBytes = (type: TensorType, count: number): number =>
  (count / TENSOR_TYPES[type].block) * TENSOR_TYPES[type].bytes

export type GgufValue = number | bigint | boolean | string | readonly GgufValue[] | Int32Array | Float32Array

export interface TensorInfo {
  readonly name: string
  readonly type: TensorType
  /** GGML order: the first is the fastest, so a matrix is [columns K, rows N]. */
  readonly dims: readonly number[]
  /** Byte offset in the file. */
  readonly offset: number
  readonly bytes: number
}

/** ONNX Runtime's matrix product sums over this many numbers at a time. */
const PANEL = 128
/** With so few columns or fewer it sums over twice as many. */
const FEW_COLUMNS = 64

/**
 * Empty tokens to put behind the new ones of a row, so that its bytes do not depend on how long the prompt is or where it was cut.
 * Scores are products of queries and a block of keys; heads of more than 128 are summed in two panels, but in one where the block has 64 keys or
 * fewer (MLAS's sgemm trades the strides; measured: heads of 192 and 256 have other bytes up to 64 keys, and again for 44 keys after a whole
 * block of 256; heads of 64 and 128 never). So the last block is filled beyond 64. The size of a block follows the L2 cache; this fits blocks of up to
 * 64, of 128, and multiples of 256. What is behind the new tokens is overwritten by the next.
 */
export function keyPadding(
  { headSize, capacity }: { readonly headSize: number; readonly capacity: number },
  { start, tokens }: { readonly start: number; readonly tokens: number },
): number {
  const end = start + tokens
  const over = end % PANEL
  // One token takes the path of one token, whose keys are as many as its place in the sequence.
  if (headSize <= PANEL || tokens === 1 || over === 0 || over > FEW_COLUMNS) return 0
  const wanted = FEW_COLUMNS + 16 - over
  // A tile of one query would take another path, see chunks.ts.
  const padding = (tokens + wanted) % 16 === 1 ? wanted + 1 : wanted
  return Math.max(0, Math.min(padding, capacity - end))
}

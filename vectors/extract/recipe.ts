/** How vectors are made from texts; the defaults are what small models separated best with. */
export interface Recipe {
  /** Passages: tokens before this one are left out of the mean; token 0 always is. */
  readonly skip: number
  /** Which texts a vector is made of. */
  readonly sources: 'passages' | 'templates' | 'both'
  /** Neutral components are removed until they hold this share of the variance of neutral text; 0 = none are. */
  readonly neutralShare: number
  readonly neutralAtLeast: number
  /** Neutral texts are read, in their order, until they have given this many tokens. */
  readonly neutralTokens: number
}

export const DEFAULT_RECIPE: Recipe = {
  skip: 1,
  sources: 'both',
  neutralShare: 0.5,
  neutralAtLeast: 5,
  neutralTokens: 1000,
}

/** Raised whenever the same recipe and corpus would give other bytes. */
export const EXTRACT_VERSION = 'x2'

/** Default depths of captured layers. */
export const CAPTURE_DEPTHS: readonly number[] = [1 / 3, 1 / 2, 2 / 3, 5 / 6]

/** The layer (0-based) at a share of the depth. */
export const layerAt = (depth: number, layers: number): number =>
  Math.min(layers - 1, Math.max(0, Math.round(depth * layers)))

/** @file The interval of a share that was counted: Wilson's (1927), which holds for few errors and for none. */

export interface Share {
  readonly count: number;
  readonly total: number;
  readonly value: number;
  /** 95 %. */
  readonly ci: readonly [low: number, high: number];
}

/** The normal quantile of 97.5 %. */
const z = 1.959963984540054;

/**
 * A share with its 95 % interval.
 * @param total At least 1.
 * @example wilsonShare(84, 10_000).ci // [0.0068, 0.0104]
 */
export function wilsonShare(count: number, total: number): Share {
  const value = count / total;
  const spread = z ** 2 / total;
  const centre = (value + spread / 2) / (1 + spread);
  const half = (z * Math.sqrt((value * (1 - value)) / total + spread / (4 * total))) / (1 + spread);
  const low = count === 0 ? 0 : Math.max(0, centre - half);
  const high = count === total ? 1 : Math.min(1, centre + half);
  return { count, total, value, ci: [low, high] };
}

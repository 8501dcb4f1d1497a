/** @file How much of a Hermite series float32 sees. */

/** Left out of k, and of k̇, at most: what float32 rounds away. */
export const TOLERANCE = 1e-7;
export const SLOPE_TOLERANCE = 1e-6;
/** As in theory: the coefficients below it are those at it, which keeps E φ' of silent positions. */
export const SMALLEST_VARIANCE = 1e-30;

/** E φ², and v E φ'². */
interface Sizes {
  readonly square: number;
  readonly slope: number;
}

/**
 * How many of the terms hold all of E φ² and of v E φ'² but half of what may be left out; at least one.
 * @param degreeOf the l of a term.
 * @param beyond what lies beyond the terms that are given.
 */
export function termsNeeded(
  coefficients: ArrayLike<number>,
  degreeOf: (i: number) => number,
  { square, slope }: Sizes,
  beyond: Sizes = { square: 0, slope: 0 },
): number {
  let [value, rise] = [beyond.square, beyond.slope];
  for (let i = coefficients.length - 1; i > 0; i--) {
    const share = coefficients[i]! ** 2;
    value += share;
    rise += degreeOf(i) * share;
    if (2 * value > TOLERANCE * square || 2 * rise > SLOPE_TOLERANCE * slope) return i + 1;
  }
  return 1;
}

/**
 * @file The largest learning rate that works, bracketed by trials: multiply or divide by a growing factor until one rate
 * works and one fails, then bisect on the logarithm. Assumes that failure, once it sets in, stays.
 */
import { FathomError } from "../tensor/index.ts";
import { positiveCount } from "./checks.ts";

export interface EdgeSearchOptions {
  /** Where to begin: the estimate 2(1 + β)/λ_max, say. */
  readonly guess: number;
  /**
   * The first factor on the guess while looking for a bracket, 3 unless said; each next factor is `stride` times larger,
   * since a guess from the curvature of a chaotic network can be off by ten orders of magnitude.
   */
  readonly stride?: number;
  /** The bracket is narrowed until its ends are within this factor; 1.25 unless said. */
  readonly resolution?: number;
  /** At most this many factors are tried; 7 unless said, which for stride 3 reach 10¹³. */
  readonly reach?: number;
}

/** The edge lies between a rate that works and one that does not. */
export interface EdgeBracket {
  /** The largest rate that was seen to work; 0 when none in reach did. */
  readonly lastStable: number;
  /** The smallest rate that was seen to fail; Infinity when none in reach did. */
  readonly firstUnstable: number;
  readonly trials: number;
}

/**
 * Brackets the largest rate that works.
 * @param works Runs one trial at a rate.
 * @throws FathomError bad-input for a guess that is not positive and finite, or factors not above 1.
 * @example await bracketEdge(async (rate) => rate < 0.4, { guess: 1 }) // lastStable ≤ 0.4 ≤ firstUnstable
 */
export async function bracketEdge(
  works: (rate: number) => Promise<boolean>,
  { guess, stride = 3, resolution = 1.25, reach = 7 }: EdgeSearchOptions,
): Promise<EdgeBracket> {
  checkOptions({ guess, stride, resolution });
  positiveCount("reach", reach);
  let trials = 0;
  let lastStable = 0;
  let firstUnstable = Number.POSITIVE_INFINITY;
  const record = async (rate: number) => {
    trials++;
    if (await works(rate)) lastStable = rate;
    else firstUnstable = rate;
  };
  await record(guess);
  const upward = lastStable > 0;
  const isOpen = () => lastStable === 0 || firstUnstable === Number.POSITIVE_INFINITY;
  for (let factor = stride; isOpen() && trials <= reach; factor *= stride) {
    await record(upward ? lastStable * factor : firstUnstable / factor);
  }
  while (!isOpen() && firstUnstable / lastStable > resolution) {
    await record(Math.sqrt(lastStable * firstUnstable));
  }
  return { lastStable, firstUnstable, trials };
}

function checkOptions(options: { guess: number; stride: number; resolution: number }): void {
  const { guess, stride, resolution } = options;
  const bad = !(guess > 0 && Number.isFinite(guess))
    ? "guess"
    : !(stride > 1)
      ? "stride"
      : !(resolution > 1)
        ? "resolution"
        : undefined;
  if (bad === undefined) return;
  throw new FathomError({
    code: "bad-input",
    where: bad,
    message: `${bad} is ${options[bad as keyof typeof options]}; a search for a learning rate needs a positive guess and factors above 1.`,
    hint: "Start from 2/λ_max of a batch, or 0.1.",
  });
}

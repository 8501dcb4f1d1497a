/**
 * @file Which layer is to blame: the segment whose local Jacobian J(l-1, l) stands out from its neighbours'. A smooth
 * drift of J with depth (a transient of K, a power law) blames nobody: each layer is compared with the running median
 * around it and with the lines through its neighbours, and only what none of them explains counts.
 */
import { FathomError } from "../tensor/index.ts";
import { median } from "./log-estimate.ts";

export interface Segment {
  /** l of the tap that the segment ends in. */
  readonly index: number;
  /** Path of the layer that the segment ends in. */
  readonly name: string;
  /** ln J(l-1, l). */
  readonly lnJ: number;
  /** Standard error of `lnJ`. */
  readonly se?: number;
}

/** Either one layer stands out, or all are alike; `segment` is the largest deviation in both cases. */
export interface CulpritFinding {
  readonly verdict: "culprit" | "all alike";
  readonly segment: Segment;
  /** ln J of the segment minus what its surroundings explain best. */
  readonly deviation: number;
  /** The deviation in units of the robust spread of all deviations and its own standard error. */
  readonly score: number;
}

/** Segments on each side whose median is the baseline. */
const reach = 2;
/** A normal deviate beyond 4 among 100 layers has probability below 1 %. */
const leastScore = 4;
/** A layer whose J is within a factor 1.5 of its neighbours' is not worth mending, however sure the deviation. */
const leastDeviation = Math.log(1.5);
/** Nor is one whose deviation is below this part of Σ |ln J|: the others together do more. */
const leastShare = 0.1;
/** Median absolute deviation of normal numbers times this is their standard deviation. */
const normalMad = 1.4826;

/**
 * Finds the layer that deviates most from the layers around it.
 * @param segments At least three, in order of depth.
 * @throws FathomError bad-input for fewer.
 * @example culprit(segments).verdict === "all alike"
 */
export function culprit(segments: readonly Segment[]): CulpritFinding {
  if (segments.length < 3) {
    throw new FathomError({
      code: "bad-input",
      where: "layers",
      message: `An outlier among ${segments.length} layer-to-layer Jacobians cannot be told.`,
      hint: "Give at least three.",
    });
  }
  const values = segments.map(({ lnJ }) => lnJ);
  const deviations = values.map((value, i) => deviation(value, surroundings(values, i)));
  const finite = deviations.filter(Number.isFinite).map(Math.abs);
  const spread = finite.length > 0 ? normalMad * median(finite) : 0;
  const scores = segments.map(({ se = 0 }, i) => Math.abs(deviations[i]!) / Math.hypot(spread, se, 1e-9));
  const worst = scores.indexOf(Math.max(...scores));
  const size = Math.abs(deviations[worst]!);
  const share = leastShare * values.reduce((sum, value) => sum + Math.abs(value), 0);
  const stands = scores[worst]! > leastScore && size > leastDeviation && size >= share;
  return {
    verdict: stands ? "culprit" : "all alike",
    segment: segments[worst]!,
    deviation: deviations[worst]!,
    score: scores[worst]!,
  };
}

/**
 * What the segments around position i would make of it: the median of five (as many on the other side near an end),
 * and the straight lines through the two before and the two after.
 */
function surroundings(values: readonly number[], i: number): number[] {
  const count = Math.min(2 * reach + 1, values.length);
  const start = Math.min(Math.max(i - reach, 0), values.length - count);
  const line = (near: number, far: number) =>
    near in values && far in values ? [2 * values[near]! - values[far]!] : [];
  return [median(values.slice(start, start + count)), ...line(i - 1, i - 2), ...line(i + 1, i + 2)].filter(
    (value) => !Number.isNaN(value),
  );
}

/** The smallest difference. Two dead layers are alike: -Infinity does not deviate from -Infinity. */
function deviation(value: number, explained: readonly number[]): number {
  if (explained.includes(value)) return 0;
  const differences = explained.filter(Number.isFinite).map((other) => value - other);
  return differences.reduce(
    (least, other) => (Math.abs(other) < Math.abs(least) ? other : least),
    Number.POSITIVE_INFINITY,
  );
}

/** @file How good predictions are: errors with their interval, confusion, likelihood, which items are least certain. */
import { classScores, classTargets } from "../../kernels/index.ts";
import type { NdArray } from "../../tensor/index.ts";
import { type Share, wilsonShare } from "../wilson.ts";

type Float64 = NdArray<"float64">;

export interface Scores {
  readonly predicted: NdArray<"int32">;
  /** Largest mean less the second. */
  readonly margin: Float64;
  readonly probabilities: Float64 | undefined;
  /** What variances were multiplied by for the probabilities. */
  readonly scale: number;
  readonly errors: Share;
  /** Mean of (f − y)²/2 over items and classes, targets ±1. */
  readonly loss: number;
  /** Mean of −ln P(label), where there are probabilities. */
  readonly negativeLogLikelihood: number | undefined;
  /** `[label][predicted]`: how many items. */
  readonly confusion: readonly (readonly number[])[];
}

export interface ScoreInputs {
  /** [M, C]. */
  readonly mean: Float64;
  readonly labels: NdArray<"int32">;
  readonly variance?: Float64 | undefined;
  /** What the variances are multiplied by for probabilities: the kernel's scale that makes the targets most likely. */
  readonly scale?: number | null;
}

export function scoresOf({ mean, labels, variance, scale }: ScoreInputs): Scores {
  const [items, classes] = mean.shape as [number, number];
  const factor = typeof scale === "number" && scale > 0 ? scale : 1;
  const { predicted, margin, probabilities } = classScores(mean, {
    ...(variance && { variance }),
    scale: factor,
  });
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.data.forEach((label, i) => {
    confusion[label]![predicted.data[i]!]!++;
  });
  const right = confusion.reduce((sum, row, label) => sum + row[label]!, 0);
  const targets = classTargets(labels, classes);
  const squares = mean.data.reduce((sum, value, at) => sum + (value - targets.data[at]!) ** 2, 0);
  return {
    predicted,
    margin,
    probabilities,
    scale: factor,
    errors: wilsonShare(items - right, items),
    loss: squares / (2 * mean.data.length),
    negativeLogLikelihood: probabilities && surprise(probabilities, labels),
    confusion,
  };
}

/** A probability that underflows counts as the least positive number: an infinite mean would say less. */
function surprise({ shape, data }: Float64, labels: NdArray<"int32">): number {
  const classes = shape[1]!;
  let sum = 0;
  labels.data.forEach((label, i) => {
    sum -= Math.log(Math.max(data[i * classes + label]!, Number.MIN_VALUE));
  });
  return sum / labels.data.length;
}

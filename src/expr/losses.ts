/** @file Losses that training and probes share. */
import { sameShape, showShape } from "../tensor/index.ts";
import { sub } from "./primitives/binary.ts";
import { labelMask } from "./primitives/indexing.ts";
import { logSumExp } from "./primitives/normalise.ts";
import { reduceSum } from "./primitives/reduce.ts";
import { where } from "./primitives/select.ts";
import { shapeError } from "./shapes.ts";
import type { Tensor } from "./tensor.ts";

/**
 * −ln softmax(logits)[label], one loss an example.
 * @param logits [B, C] floats.
 * @param labels [B] int32 or int64 in 0 … C − 1 (not checked here).
 * @returns [B]
 * @throws FathomError bad-shape when logits and labels do not meet.
 * @example reduceMean(softmaxCrossEntropy(logits, labels))
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  if (logits.shape.length === 0 || !sameShape(logits.shape.slice(0, -1), labels.shape)) {
    throw shapeError(
      "softmaxCrossEntropy",
      `logits ${showShape(logits.shape)} and labels ${showShape(labels.shape)} do not meet.`,
      "Logits are [B, C], labels [B].",
    );
  }
  const chosen = where(labelMask(labels, logits.shape.at(-1)!), logits, 0);
  return sub(logSumExp(logits, { axis: -1 }), reduceSum(chosen, { axes: [-1] }));
}

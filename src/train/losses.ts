/**
 * @file Losses over a batch of network outputs and integer labels. Each gives one number per example; the trainer
 * averages them over the batch.
 */
import {
  argmax,
  cast,
  notEqual,
  oneHot,
  reduceMean,
  softmaxCrossEntropy,
  square,
  sub,
  type Tensor,
} from "../expr/index.ts";

/** Cross entropy of softmax, or the mean squared distance from one-hot targets. */
export type LossKind = "crossEntropy" | "mse";

/**
 * Loss of each example.
 * @param outputs Network outputs [B, C].
 * @param labels Classes [B], int32, each below C.
 * @returns [B]
 */
export type Loss = (outputs: Tensor, labels: Tensor) => Tensor;

/**
 * crossEntropy: -log softmax(outputs)[label], in nats.
 * mse: mean over the C outputs of (output - one-hot)², PyTorch's mean over entries (training.md §4); its gradient is
 * 2/C times that of ½‖output - one-hot‖², which matters to learning rates.
 */
export const losses: Readonly<Record<LossKind, Loss>> = {
  crossEntropy: (outputs, labels) => softmaxCrossEntropy(outputs, labels),
  mse: (outputs, labels) => {
    const target = oneHot(labels, { classes: outputs.shape[1]!, dtype: outputs.dtype });
    return reduceMean(square(sub(outputs, target)), { axes: [1] });
  },
};

export const lossKinds = Object.keys(losses) as LossKind[];

/**
 * 1 for each example whose largest output is not at its label, else 0; the smallest index wins a tie.
 * @param outputs Network outputs [B, C].
 * @param labels Classes [B].
 * @returns [B], int32.
 */
export function mistakes(outputs: Tensor, labels: Tensor): Tensor {
  const predicted = cast(argmax(outputs, { axis: 1 }), "int32");
  return cast(notEqual(predicted, cast(labels, "int32")), "int32");
}

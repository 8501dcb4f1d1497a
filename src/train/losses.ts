/**
 * @file Losses over a batch of network outputs and what they are held against: classes, or targets. Each gives one number
 * per example; the trainer averages them over the batch.
 */
import type { Task } from "../data/index.ts";
import {
  add,
  argmax,
  cast,
  logSoftmax,
  mul,
  neg,
  notEqual,
  oneHot,
  reduceMean,
  reduceSum,
  softmaxCrossEntropy,
  softplus,
  square,
  sub,
  type Tensor,
} from "../expr/index.ts";

/** Cross entropy of softmax, the mean squared distance from the targets, or the cross entropy of yes and no by output. */
export type LossKind = "crossEntropy" | "mse" | "bce";

/**
 * Loss of each example.
 * @param outputs Network outputs [B, C].
 * @param answers Classes [B], int32, each below C; or targets [B, C] of the outputs' dtype. Classes stand for one-hot targets.
 * @returns [B]
 */
export type Loss = (outputs: Tensor, answers: Tensor) => Tensor;

/**
 * crossEntropy: -Σ target log softmax(outputs), in nats: -log softmax(outputs)[label] of a class.
 * mse: mean over the C outputs of (output - target)², PyTorch's mean over entries (training.md §4); its gradient is
 * 2/C times that of ½‖output - target‖², which matters to learning rates.
 * bce: mean over the C outputs of -target log σ(output) - (1 - target) log σ(-output), as PyTorch's BCEWithLogitsLoss;
 * written with softplus, which does not overflow.
 */
export const losses: Readonly<Record<LossKind, Loss>> = {
  crossEntropy: (outputs, answers) =>
    areClasses(answers)
      ? softmaxCrossEntropy(outputs, answers)
      : neg(reduceSum(mul(answers, logSoftmax(outputs, { axis: 1 })), { axes: [1] })),
  mse: (outputs, answers) => reduceMean(square(sub(outputs, targetsOf(outputs, answers))), { axes: [1] }),
  bce: (outputs, answers) => {
    const targets = targetsOf(outputs, answers);
    const yes = mul(targets, softplus(neg(outputs)));
    return reduceMean(add(yes, mul(sub(1, targets), softplus(outputs))), { axes: [1] });
  },
};

function areClasses(answers: Tensor): boolean {
  return answers.shape.length === 1;
}

function targetsOf(outputs: Tensor, answers: Tensor): Tensor {
  return areClasses(answers)
    ? oneHot(answers, { classes: outputs.shape[1]!, dtype: outputs.dtype })
    : cast(answers, outputs.dtype);
}

/** The losses that a task can be trained on; the first one unless said. */
export const lossesOf: Readonly<Record<Task, readonly LossKind[]>> = {
  classes: ["crossEntropy", "mse", "bce"],
  regression: ["mse"],
  binary: ["bce", "mse"],
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

/**
 * @file Batch normalisation: every channel loses its mean and is divided by its deviation, over the batch and all
 * positions in training, by running statistics in inference. As PyTorch: the biased variance normalises, the unbiased one
 * enters the running statistics, which move by `momentum`.
 */
import { z } from "zod";
import { add, div, mul, reduceMean, reshape, sqrt, square, sub, type Tensor } from "../../expr/index.ts";
import { FathomError, sizeOf } from "../../tensor/index.ts";
import { batchNorm as batchNormStep } from "../../theory/index.ts";
import { alongChannels, applyAffine, gainAndShift } from "../affine.ts";
import { type ApplyContext, defineLayer } from "../define.ts";
import { affine, fraction, nonNegative } from "../options.ts";
import { channelAxis, channels } from "../shapes.ts";

interface Statistics {
  readonly mean: Tensor;
  /** Mean of squares about the mean. */
  readonly variance: Tensor;
}

/** Numbers of one channel in the batch. @throws FathomError bad-shape where there is only one. */
function numbersPerChannel(x: Tensor, { self, where, input }: ApplyContext): number {
  const count = sizeOf(x.shape) / channels(input);
  if (count > 1) return count;
  throw new FathomError({
    code: "bad-shape",
    message: `${self} has one number a channel in a batch of ${x.shape[0]}, which has no variance.`,
    where,
    hint: "Train with a batch of 2 or more.",
  });
}

/** Mean and variance of every channel over the batch and all positions, in a shape that broadcasts against x. */
function batchStatistics(x: Tensor, { input }: ApplyContext): Statistics {
  const channel = 1 + channelAxis(input);
  const over = { axes: [...x.shape.keys()].filter((axis) => axis !== channel), keepDims: true };
  const mean = reduceMean(x, over);
  return { mean, variance: reduceMean(square(sub(x, mean)), over) };
}

function moveTowards(running: Tensor, value: Tensor, momentum: number): Tensor {
  return add(mul(running, 1 - momentum), mul(reshape(value, running.shape), momentum));
}

export const batchNorm = defineLayer({
  kind: "batchNorm",
  summary: "batch normalisation a channel: y = (x − mean)/√(var + epsilon) over the batch and all positions",
  options: z.strictObject({
    epsilon: nonNegative.default(1e-5).describe("added to the variance: a finite number, 0 or more"),
    momentum: fraction
      .default(0.1)
      .describe("weight of the newest batch in the running statistics: a number from 0 to 1"),
    affine: affine.describe("whether a trained gain and shift for each channel follow: true or false"),
  }),
  mixesBatch: true,
  shape: (_, input) => input,
  params: ({ affine }, input) => (affine ? gainAndShift(input) : {}),
  buffers: (_, input) => ({
    runningMean: { shape: [channels(input)], value: 0 },
    runningVariance: { shape: [channels(input)], value: 1 },
  }),
  apply: ({ epsilon, momentum }, { runningMean, runningVariance, ...params }, x, _, run) => {
    const { input } = run;
    let mean = alongChannels(runningMean!, input);
    let variance = alongChannels(runningVariance!, input);
    if (run.mode === "training") {
      const count = numbersPerChannel(x, run);
      ({ mean, variance } = batchStatistics(x, run));
      run.update("runningMean", moveTowards(runningMean!, mean, momentum));
      const unbiased = mul(variance, count / (count - 1));
      run.update("runningVariance", moveTowards(runningVariance!, unbiased, momentum));
    }
    return applyAffine(div(sub(x, mean), sqrt(add(variance, epsilon))), input, params);
  },
  meanField: ({ epsilon }) => batchNormStep({ epsilon }),
});

/**
 * @file How many threads a training step is worth. Results do not depend on it; only speed does, and on a busy machine a
 * second thread that has nothing to do waits for its turn at every operation.
 */
import { countMultiplications, type Model } from "../net/index.ts";
import type { CompileOptions } from "../runtime/index.ts";

/**
 * Mean multiply-adds of one matrix product below which a second thread gains nothing. Measured at batch 128: width 128
 * (2.4 million) takes 3.8 ms a step on one thread and on two, width 256 (9 million) 16 and 13.
 */
const worthSharing = 4e6;

/** The options with one thread where more would not help; threads that the caller chose stay. */
export function withThreads(options: CompileOptions, model: Model, batch: number): CompileOptions {
  const products = model.parameters.filter(({ shape }) => shape.length > 1).length;
  const { matrices, windows } = countMultiplications(model);
  const mean = (batch * (matrices + windows)) / Math.max(1, products);
  return options.threads === undefined && mean < worthSharing ? { ...options, threads: 1 } : options;
}

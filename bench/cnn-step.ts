/** @file One SGD step of a small residual CNN, 32 × 32 × 3, batch 64: 4 steps a call inside a compiled loop. */
import { compileLoop } from "../src/runtime/index.ts";
import { type Bench, minimum, timedSteps } from "./bench.ts";
import { cnnFeeds, cnnTraining } from "./cnn.ts";

const steps = 4;

export const bench: Bench = {
  title: "CNN 16/32/64, 32 × 32 × 3, batch 64: one SGD step",
  bar: "at most 1.3 times PyTorch eager",
  measure: async ({ threads, runs }) => {
    const { inputs, loss, carry, next, flops } = cnnTraining();
    await using loop = await compileLoop({
      carry,
      next,
      perStep: inputs,
      collect: { loss },
      options: { threads },
    });
    const times = await timedSteps(loop, cnnFeeds(carry, steps), runs);
    return {
      times,
      notes: { "GFLOP/s at best": (3 * flops) / minimum(times) / 1e6, nodes: loop.info.nodes },
    };
  },
};

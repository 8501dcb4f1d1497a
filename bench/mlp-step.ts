/** @file One SGD + momentum step of a 784-512-512-10 ReLU network, batch 128: 20 steps a call inside a compiled loop. */
import { compileLoop } from "../src/runtime/index.ts";
import { type Bench, minimum, timedSteps } from "./bench.ts";
import { mlpFlops, mlpTraining, trainingFeeds } from "./mlp.ts";

const steps = 20;

export const bench: Bench = {
  title: "MLP 784-512-512-10, batch 128: one SGD + momentum step",
  bar: "at most 1.1 times PyTorch eager, and at least 100 GFLOP/s",
  measure: async ({ threads, runs }) => {
    const { inputs, loss, carry, next } = mlpTraining();
    await using loop = await compileLoop({
      carry,
      next,
      perStep: inputs,
      collect: { loss },
      options: { threads },
    });
    const times = await timedSteps(loop, trainingFeeds(carry, steps), runs);
    return { times, notes: { "GFLOP/s at best": mlpFlops / minimum(times) / 1e6, nodes: loop.info.nodes } };
  },
};

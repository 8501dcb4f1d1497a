/** @file One SAM step (rho 0.05) over SGD + momentum of the network of mlp-step: two gradients, the second after the ascent. */
import { add, div, mul, reduceSum, sqrt, square, type Tensor, vjp } from "../src/expr/index.ts";
import { compileLoop } from "../src/runtime/index.ts";
import { type Bench, minimum, timedSteps } from "./bench.ts";
import { mlpFlops, mlpLoss, momentum, trainingFeeds } from "./mlp.ts";

const steps = 20;
const rho = 0.05;

function samTraining() {
  const { inputs, parameters, loss } = mlpLoss();
  const gradients = vjp([loss(parameters)], parameters) as Tensor[];
  const norm = sqrt(gradients.map((g) => reduceSum(square(g))).reduce((a, b) => add(a, b)));
  const ascended = parameters.map((p, i) => add(p, mul(gradients[i]!, div(rho, norm))));
  const sharp = vjp([loss(ascended)], ascended) as Tensor[];
  return { inputs, ...momentum(parameters, sharp) };
}

export const bench: Bench = {
  title: "MLP 784-512-512-10, batch 128: one SAM step",
  bar: "at most 2.1 times the SGD step (mlp-step)",
  measure: async ({ threads, runs }) => {
    const { inputs, carry, next } = samTraining();
    await using loop = await compileLoop({ carry, next, perStep: inputs, options: { threads } });
    const times = await timedSteps(loop, trainingFeeds(carry, steps), runs);
    return {
      times,
      notes: { "GFLOP/s at best": (2 * mlpFlops) / minimum(times) / 1e6, nodes: loop.info.nodes },
    };
  },
};

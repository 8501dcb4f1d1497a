/** @file J(l0, l) between all pairs of layers: depth 50, width 500, 16 probes, compilation and initialisation included. No peer. */
import { buildModel, parseNetText } from "../src/net/index.ts";
import { apjnAllPairs } from "../src/probes/index.ts";
import { executableCache } from "../src/runtime/index.ts";
import { Key, normal } from "../src/tensor/index.ts";
import type { Bench } from "./bench.ts";

const model = buildModel(
  parseNetText("mlp:depth=50,width=500,activation=tanh,sw2=1.5,sb2=0.05,in=500,out=500"),
);

export const bench: Bench = {
  title: "partial Jacobians between all layers, depth 50, width 500, 16 probes",
  bar: "under 5 s",
  measure: async ({ runs, threads }) => {
    const key = Key.fromSeed(0);
    const inputs = normal(key.split("inputs"), "float32", [1, 500]);
    const times: number[] = [];
    let pairs = 0;
    for (let run = 0; run < Math.min(runs, 5); run++) {
      const start = performance.now();
      const { J } = await apjnAllPairs({ model, inputs, probes: 16, seeds: 1, key, options: { threads } });
      times.push(performance.now() - start);
      pairs = J.flat().filter((pair) => pair !== undefined).length;
      await executableCache.clear();
    }
    return { times, notes: { pairs } };
  },
};

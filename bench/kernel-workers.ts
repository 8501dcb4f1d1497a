/** @file The ResNet kernel engine by itself: microseconds a pair on one core, and what a second worker brings. */
import type { Bench } from "./bench.ts";
import { minimum } from "./bench.ts";
import { exampleNet, measureKernel, mnistImages } from "./kernel-case.ts";

export const bench: Bench = {
  title: "Kernel of the 32-layer ResNet, ms a 1,000 pairs on one core",
  bar: "at most 10 µs a pair a core; 2 workers at least 1.9 times as fast",
  measure: async ({ runs }) => {
    const x1 = await mnistImages(2048, 5000);
    const asked = { net: exampleNet("resnet-gp"), x1, perPairs: 1000 };
    const one: number[] = [];
    const two: number[] = [];
    for (let run = 0; run < runs; run++) {
      one.push(...(await measureKernel({ ...asked, threads: 1, runs: 1 })).times);
      two.push(...(await measureKernel({ ...asked, threads: 2, runs: 1 })).times);
    }
    const [alone, together] = [minimum(one), minimum(two)];
    return { times: one, notes: { "µs a pair a core": alone, "2 workers to 1": alone / together } };
  },
};

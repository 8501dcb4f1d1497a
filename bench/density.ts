/** @file The density of J Jᵀ of one case at 3,400 points: erf, q = 0.2, 10 orthogonal layers (criticality.md §9). */
import { scalarActivation, uniformSpectrum } from "../src/theory/index.ts";
import { type Bench, timed } from "./bench.ts";

const points = 3400;
/** Left end of the grid (criticality.md §9). */
const left = 1e-9;

export const bench: Bench = {
  title: `Density of J Jᵀ, erf q = 0.2, 10 Haar layers, ${points} points`,
  bar: "at most 0.3 times numpy, below 500 ms",
  measure: async ({ runs }) => {
    const activation = scalarActivation("erf");
    let rho: Float64Array = new Float64Array(0);
    const times = await timed(async () => {
      const spectrum = uniformSpectrum({ activation, depth: 10, q: 0.2, weights: "haar" });
      const step = Math.log(spectrum.edge! / left) / points;
      const lambdas = Float64Array.from(
        { length: points },
        (_, i) => spectrum.edge! * Math.exp(-step * (i + 0.5)),
      );
      rho = spectrum.density(lambdas);
    }, runs);
    return { times, notes: { "rho in the middle": rho[points >> 1]! } };
  },
};

/** @file Orthogonal weights and a smooth activation keep J near an isometry at any depth; Gaussian weights and relu cannot (criticality.md §10). */
import { measureSpectrum } from "../../../probes/index.ts";
import { isometryRecipe, scalarActivation, uniformSpectrum } from "../../../theory/index.ts";
import { significant } from "../../words.ts";
import { atScale, judged, type PaperClaim } from "../paper.ts";
import { criticalNetwork } from "./network.ts";

const settings = {
  test: { width: 100, depth: 30, seeds: 1 },
  repro: { width: 300, depth: 100, seeds: 2 },
  full: { width: 500, depth: 500, seeds: 3 },
} as const;

/** Wanted variance of the eigenvalues of J Jᵀ. */
const sigma2 = 0.25;
/** Of the sampled largest singular value against the edge: finite N scatters it. */
const edgeTolerance = 0.1;

/** Variance of the eigenvalues over their squared mean, of the two that cannot. */
function impossible(depth: number) {
  const relative = (activation: string, weights: "haar" | "gaussian", q: number) =>
    uniformSpectrum({ activation: scalarActivation(activation), depth, q, weights }).relativeVariance;
  return { relu: relative("relu", "haar", 1), gaussian: relative("erf", "gaussian", 1e-6) };
}

export const isometry: PaperClaim = {
  id: "isometry",
  claim:
    "Haar weights and a smooth odd activation give dynamical isometry at any depth; Gaussian weights or relu do not",
  paper:
    "the variance of the squared singular values can be kept at any σ0² by orthogonal weights and a small q; it is at least L for Gaussian weights, and L for relu",
  bar: `variance ${sigma2} by theory with the largest sampled singular value within ${edgeTolerance} of the edge, relative; variances of at least L for the others`,
  command: "fathom isometry --activation erf --depth 100",
  async run(context) {
    const { width, depth, seeds } = atScale(context, settings);
    const { key, options } = context;
    const recipe = isometryRecipe({ activation: scalarActivation("erf"), depth, sigma2 })!;
    const { model, input } = criticalNetwork(
      { activation: "erf", q: recipe.q, layers: depth + 1, width },
      key,
    );
    context.progress(`sampling ${seeds} networks of ${depth} layers`);
    const { max } = await measureSpectrum({ network: model, inputs: input, seeds, key, options });
    const largest = Math.exp(max.lnMean / 2);
    const edge = Math.sqrt(recipe.edge!);
    const { relu, gaussian } = impossible(depth);
    const isometric =
      Math.abs(recipe.variance - sigma2) < 1e-6 && Math.abs(largest / edge - 1) < edgeTolerance;
    return {
      ours: `erf at q = ${significant(recipe.q)}, L = ${depth}: variance ${significant(recipe.variance)}, largest singular value ${significant(largest)} sampled (N = ${width}), ${significant(edge)} by theory; relu ${significant(relu)}, Gaussian weights ${significant(gaussian)}`,
      status: judged(isometric && relu >= depth * (1 - 1e-9) && gaussian >= depth),
    };
  },
};

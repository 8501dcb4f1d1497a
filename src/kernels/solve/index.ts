/** @file Solves with kernel matrices: blocked Cholesky factors, refinement, conjugate gradients, the marginal likelihood. */
export {
  type ConjugateGradientsOptions,
  type ConjugateGradientsResult,
  conjugateGradients,
  type Preconditioner,
} from "./conjugate-gradients.ts";
export { factorBytes, factorise } from "./factorise.ts";
export { logMarginalLikelihood } from "./likelihood.ts";
export { type NystromOptions, nystrom } from "./nystrom.ts";
export type { Factor, FactoriseOptions } from "./types.ts";

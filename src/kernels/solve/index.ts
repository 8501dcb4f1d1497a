/** @file Solves with kernel matrices: blocked Cholesky factors, refinement, conjugate gradients, the marginal likelihood. */
export { factorise, jitterLadder } from "./factorise.ts";
export type { Attention, Factor, FactoriseOptions, SolveProgress } from "./types.ts";

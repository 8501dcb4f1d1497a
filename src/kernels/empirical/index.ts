/**
 * @file Kernels of finite networks with their weights (kernels.md §10). To read it in order: `network` (what is differentiated),
 * `outputs` (which outputs are kept apart), `uses` (where weights are used), `features` and `contraction` or `vector-products`
 * (one tile), `costs` and `plan` (which way, which tiles), `program`, `tiles` and `ntk`; `nngp`, `operator`, `taylor` and
 * `monte-carlo` beside them.
 */
export { type NtkCosts, ntkCosts, type WeightSize } from "./costs.ts";
export {
  type KernelMean,
  type MonteCarloKernel,
  type MonteCarloOptions,
  monteCarloKernel,
  type SampledKernel,
} from "./monte-carlo.ts";
export type { GraphModel, NetworkOptions, Weights } from "./network.ts";
export { type EmpiricalNngpOptions, empiricalNngp } from "./nngp.ts";
export { type EmpiricalNtk, type EmpiricalNtkOptions, empiricalNtk } from "./ntk.ts";
export { type NtkOperator, type NtkOperatorOptions, ntkOperator, ntkVectorProduct } from "./operator.ts";
export type { OutputAxes } from "./outputs.ts";
export type { NtkMethod } from "./plan.ts";
export {
  type LinearizeOptions,
  linearize,
  type TaylorModel,
  type TaylorOptions,
  taylorExpand,
  taylorExpression,
} from "./taylor.ts";

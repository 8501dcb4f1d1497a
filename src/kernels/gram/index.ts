/** @file Kernel matrices: how they are cut, computed and held. */
export { type KernelDiagonalOptions, kernelDiagonal } from "./diagonal.ts";
export { kernelMatrix } from "./kernel-matrix.ts";
export { leadingMatrix } from "./leading.ts";
export { blockMatrix, denseMatrix } from "./matrix.ts";
export type {
  KernelMatrixOptions,
  KernelOf,
  KernelPlan,
  KernelResult,
  StoreOptions,
} from "./options.ts";

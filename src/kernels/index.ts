/** @file Infinite-width kernels and Gaussian-process prediction at scale: the public face of the room. */
export { type AssemblyBuild, type AssemblyModule, loadAssembly } from "./assembly.ts";
export { createEngine } from "./engine.ts";
export {
  blockMatrix,
  denseMatrix,
  type KernelMatrixOptions,
  type KernelOf,
  type KernelProgress,
  type KernelResult,
  kernelDiagonal,
  kernelMatrix,
} from "./gram/index.ts";
export type { BlockMatrix, EngineSpec, ItemBlock, KernelValue, Tile, TileEngine } from "./types.ts";

/** @file Infinite-width kernels and Gaussian-process prediction at scale: the public face of the room. */
export { type AssemblyBuild, type AssemblyModule, loadAssembly } from "./assembly.ts";

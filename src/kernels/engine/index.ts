/** @file The SIMD engine: tiles of kernels by the WebAssembly interpreter of layer programs (kernel-engine.md). */
import { buildModel, covarianceProgram } from "../../net/index.ts";
import { loadAssembly } from "../assembly.ts";
import { compile } from "../compile/index.ts";
import type { EngineSpec, TileEngine } from "../types.ts";
import { nearPairsOf } from "./near.ts";
import { SimdEngine } from "./simd-engine.ts";

/**
 * An engine in float32 for one thread, of a network that has passed `checkRequirements`. Dropout does not drop.
 * @throws FathomError unsupported naming what it does not compute, or where the host has no SIMD.
 * @example const engine = await simdEngine({ net, values: ["nngp"], precision: "float32", parameterisation: "ntk" });
 */
export async function simdEngine(spec: EngineSpec): Promise<TileEngine> {
  const program = compile(covarianceProgram(buildModel(spec.net)), spec.net.input!, spec);
  const assembly = await loadAssembly("covariance", spec.build);
  return new SimdEngine(program, assembly, { values: spec.values, near: nearPairsOf(spec) });
}

/** @file The SIMD engine: tiles of kernels by the WebAssembly interpreter of layer programs (kernel-engine.md). */
import { buildModel, covarianceProgram } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { loadAssembly } from "../assembly.ts";
import { compile } from "../compile/index.ts";
import type { EngineSpec, TileEngine } from "../types.ts";
import { SimdEngine } from "./simd-engine.ts";

/**
 * An engine in float32 for one thread.
 * @throws FathomError unsupported naming what it does not compute, or where the host has no SIMD.
 * @example const engine = await simdEngine({ net, values: ["nngp"], precision: "float32", parameterisation: "ntk" });
 */
export async function simdEngine(spec: EngineSpec): Promise<TileEngine> {
  if (spec.values.includes("ntk")) {
    throw new FathomError({
      code: "unsupported",
      message: "The float32 kernel engine does not compute tangent kernels.",
      where: "values",
      hint: "Use precision float64.",
    });
  }
  const program = compile(covarianceProgram(buildModel(spec.net)), spec.net.input!);
  return new SimdEngine(program, await loadAssembly("covariance", spec.build), spec.values);
}

/** @file The engine that evaluates the kernels of a network on tiles of items (kernel-engine.md §1). */
import { buildModel, covarianceProgram } from "../net/index.ts";
import { FathomError } from "../tensor/index.ts";
import { simdEngine } from "./engine/index.ts";
import { referenceEngine } from "./reference/index.ts";
import { checkRequirements } from "./requirements.ts";
import type { EngineSpec, TileEngine } from "./types.ts";

/**
 * An engine for one thread: SIMD in float32, where it computes the network and its inputs may be float32; else float64.
 * @throws FathomError unsupported naming a layer without a kernel, or one that {@link checkRequirements} refuses.
 * @example const engine = await createEngine({ net, values: ["nngp"], precision: "float32", parameterisation: "ntk" });
 */
export async function createEngine(spec: EngineSpec): Promise<TileEngine> {
  const model = buildModel(spec.net);
  checkRequirements(model, covarianceProgram(model), spec);
  if (spec.precision === "float64" || spec.mode === "training") return referenceEngine(spec);
  try {
    return await simdEngine(spec);
  } catch (cause) {
    if (cause instanceof FathomError && cause.code === "unsupported") return referenceEngine(spec);
    throw cause;
  }
}

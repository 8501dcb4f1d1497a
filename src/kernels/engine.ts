/** @file The engine that evaluates the kernels of a network on tiles of items (kernel-engine.md §1). */
import type { EngineSpec, TileEngine } from "./types.ts";

/**
 * An engine for one thread.
 * @throws FathomError unsupported naming a layer without a kernel.
 * @example const engine = await createEngine({ net, values: ["nngp"], precision: "float32", parameterisation: "ntk" });
 */
export async function createEngine(spec: EngineSpec): Promise<TileEngine> {
  const { referenceEngine } = await import("./reference/index.ts");
  return referenceEngine(spec);
}

/** @file The outputs of a network for many items. */

import { eventLoopTurn } from "../../event-loop.ts";
import { Scope, withScope } from "../../expr/index.ts";
import { type NdArray, zeros } from "../../tensor/index.ts";
import { type BlockOptions, type BlockProgram, batched, compileBlock } from "./blocks.ts";
import { blockOf, type FiniteNetwork, type Weights } from "./network.ts";
import type { WorkOptions } from "./work.ts";

/** Compiles the forward pass for up to `count` items. */
export function compileOutputs(
  network: FiniteNetwork,
  count: number,
  options: BlockOptions,
): Promise<BlockProgram> {
  const build = (size: number) =>
    withScope(new Scope(), () => {
      const { x, output } = batched(network, size);
      return { inputs: [x], outputs: { output } };
    });
  return compileBlock(network, count, build, options);
}

/**
 * What a program with the input `x` and the result `output` `[size, C]` gives for all items.
 * @returns `[N, C]` in float64.
 */
export async function overItems(
  { size, executable }: BlockProgram,
  { items, outputs, feeds }: { readonly items: NdArray; readonly outputs: number; readonly feeds: Weights },
  { signal, onProgress }: WorkOptions = {},
): Promise<NdArray<"float64">> {
  const count = items.shape[0]!;
  const result = zeros("float64", [count, outputs]);
  for (let from = 0; from < count; from += size) {
    onProgress?.(from, count);
    await eventLoopTurn();
    signal?.throwIfAborted();
    const { output } = await executable.run({ ...feeds, x: blockOf(items, from, size) });
    const taken = Math.min(size, count - from) * outputs;
    result.data.set((output!.data as Float64Array).subarray(0, taken), from * outputs);
  }
  onProgress?.(count, count);
  return result;
}

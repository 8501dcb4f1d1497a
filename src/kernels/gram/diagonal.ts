/** @file The kernel of every item with itself: the prior variances of a prediction. */
import { type NdArray, ndarray } from "../../tensor/index.ts";
import { createEngine } from "../engine.ts";
import { turns } from "../turns.ts";
import type { KernelValue } from "../types.ts";
import { itemBlock, itemsOf } from "./items.ts";
import { type KernelOf, specOf } from "./options.ts";

/** Items at once: the lanes of the SIMD engine. */
const together = 4;

/** The kernel, and the items whose own values are asked for. */
export interface KernelDiagonalOptions extends KernelOf {
  /** [items, ...input]. */
  readonly x: NdArray;
  readonly signal?: AbortSignal | undefined;
}

/**
 * K(x, x) and Θ(x, x) of every item.
 * @returns [items], float64, of those asked for (`nngp` unless said).
 * @throws FathomError as `kernelMatrix`; the signal's reason.
 * @example const { nngp } = await kernelDiagonal({ net, x: testImages });
 */
export async function kernelDiagonal({
  x,
  signal,
  ...of
}: KernelDiagonalOptions): Promise<Partial<Record<KernelValue, NdArray<"float64">>>> {
  const spec = specOf(of, x);
  const items = itemsOf(x, { shape: spec.net.input!.shape, precision: spec.precision, where: "x" });
  const engine = await createEngine(spec);
  try {
    const diagonals = spec.values.map((value) => [value, new Float64Array(items.count)] as const);
    const turn = turns(signal);
    signal?.throwIfAborted();
    for (let from = 0; from < items.count; from += together) {
      await turn();
      const block = itemBlock(items, { from, count: Math.min(together, items.count - from) });
      engine.load("a", block);
      engine.load("b", block);
      const tile = engine.compute({ same: true });
      for (const [value, diagonal] of diagonals)
        for (let i = 0; i < block.count; i++) diagonal[from + i] = tile[value]![i * block.count + i]!;
    }
    return Object.fromEntries(
      diagonals.map(([value, diagonal]) => [value, ndarray("float64", [items.count], diagonal)]),
    );
  } finally {
    engine.dispose();
  }
}

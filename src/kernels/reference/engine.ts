/** @file The reference engine: float64, one tile at a time, by walking the covariance program itself. */
import { FathomError } from "../../tensor/index.ts";
import type { EngineSpec, ItemBlock, KernelValue, Tile, TileEngine } from "../types.ts";
import type { Pairs } from "./context.ts";
import { kernelsOf, type LoadedSide, loadSide, type Program, programOf, walkFor } from "./program.ts";

class Reference implements TileEngine {
  readonly build = "float64";
  readonly values: readonly KernelValue[];
  readonly #program: Program;
  readonly #sides = new Map<"a" | "b", LoadedSide>();

  constructor(spec: EngineSpec) {
    this.values = spec.values;
    this.#program = programOf(spec);
  }

  load(side: "a" | "b", items: ItemBlock): void {
    this.#sides.set(side, loadSide(this.#program, items));
  }

  compute({ same }: { same: boolean }): Tile {
    const a = this.#loaded("a");
    const b = same ? a : this.#loaded("b");
    const nngp = new Float64Array(a.count * b.count);
    const ntk = this.values.includes("ntk") ? new Float64Array(a.count * b.count) : undefined;
    for (let i = 0; i < a.count; i++) {
      const until = same ? i : b.count;
      for (let j = 0; j < until; j += b.together) {
        const count = Math.min(b.together, until - j);
        const pairs: Pairs = { a: { first: i, step: 0 }, b: { first: j, step: 1 }, count };
        const row = kernelsOf(this.#program, walkFor(this.#program, { a, b, pairs }));
        nngp.set(row.nngp, i * b.count + j);
        if (row.ntk !== undefined) ntk!.set(row.ntk, i * b.count + j);
      }
    }
    if (same) {
      mirror(nngp, a.nngp);
      if (ntk !== undefined) mirror(ntk, a.ntk!);
    }
    return { ...(this.values.includes("nngp") && { nngp }), ...(ntk !== undefined && { ntk }) };
  }

  #loaded(side: "a" | "b"): LoadedSide {
    const loaded = this.#sides.get(side);
    if (loaded !== undefined) return loaded;
    throw new FathomError({
      code: "bad-input",
      message: `Side ${side} has no items.`,
      where: "items",
      hint: `Call load("${side}", items) before compute.`,
    });
  }

  dispose(): void {
    this.#sides.clear();
  }
}

/** Fills the upper triangle from the lower one, and the diagonal from what items have with themselves. */
function mirror(array: Float64Array, own: Float64Array): void {
  const n = own.length;
  for (let i = 0; i < n; i++) {
    array[i * n + i] = own[i]!;
    for (let j = 0; j < i; j++) array[j * n + i] = array[i * n + j]!;
  }
}

/**
 * The float64 engine, straight over the covariance program of a network: the oracle of the SIMD engine, and what runs where
 * that one cannot.
 * @param spec - `precision` and `build` are not looked at.
 * @throws FathomError unsupported naming a layer without a covariance rule, or one whose rule does not hold there
 * ({@link checkRequirements}).
 * @example
 * const engine = referenceEngine({ net, values: ["nngp"], precision: "float64", parameterisation: "ntk" });
 * engine.load("a", { data, count });
 * engine.compute({ same: true }).nngp; // [count × count]
 */
export function referenceEngine(spec: EngineSpec): TileEngine {
  return new Reference(spec);
}

/**
 * @file The reference engine: float64, one tile at a time, by walking the covariance program itself. Every item is walked
 * with itself when its side is loaded, which gives the diagonal, and the variances that pairs need.
 */
import { buildModel, type CovarianceOp, covarianceProgram, type NetShape } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { checkRequirements } from "../requirements.ts";
import type { EngineSpec, ItemBlock, KernelValue, Tile, TileEngine } from "../types.ts";
import type { Pairs, Side, Walk } from "./context.ts";
import { laidOut, startState } from "./items.ts";
import { type Layouts, layoutsOf } from "./layouts.ts";
import { entriesOf, type KernelState, type Layout, sizeOfGrid } from "./state.ts";
import { walkOver } from "./walk.ts";

/** Numbers of one array of a state, so that arrays stay in the cache. */
const ARRAY_NUMBERS = 2 ** 15;

/** A side with its own kernels: K(x, x) and Θ(x, x) of every item. */
interface LoadedSide extends Side {
  readonly nngp: Float64Array;
  readonly ntk: Float64Array | undefined;
}

interface Program {
  readonly ops: readonly CovarianceOp[];
  readonly input: NetShape;
  readonly layouts: ReadonlyMap<CovarianceOp, Layouts>;
  readonly layout: Layout;
  readonly ntk: boolean;
  readonly means: boolean;
  readonly spec: EngineSpec;
}

function programOf(spec: EngineSpec): Program {
  const model = buildModel(spec.net);
  const ops = covarianceProgram(model);
  checkRequirements(model, ops, spec);
  const { layouts, input } = layoutsOf(ops);
  const means = [...layouts.keys()].some(({ op }) => op === "layerNorm");
  return {
    ops,
    input: model.net.input!,
    layouts,
    layout: input,
    ntk: spec.values.includes("ntk"),
    means,
    spec,
  };
}

/** Walks pairs through the program: K and Θ of every pair, averaged over the positions that the output has. */
function kernelsOf(program: Program, walk: Walk): { nngp: Float64Array; ntk: Float64Array | undefined } {
  const start = startState(walk, program.input, program.layout);
  const ntk = program.ntk ? new Float64Array(start.nngp.length) : undefined;
  const end = walkOver(program.ops, { ...start, ntk }, walk);
  return { nngp: traced(end, end.nngp), ntk: end.ntk && traced(end, end.ntk) };
}

/** Mean over the positions of the output: of their kernels, as of a flattened output. */
function traced({ grid, pairs }: KernelState, array: Float64Array): Float64Array {
  const positions = sizeOfGrid(grid);
  const result = new Float64Array(pairs);
  for (let p = 0; p < positions; p++)
    for (let t = 0; t < pairs; t++) result[t]! += array[p * pairs + t]! / positions;
  return result;
}

class Reference implements TileEngine {
  readonly build = "float64";
  readonly values: readonly KernelValue[];
  readonly #program: Program;
  readonly #sides = new Map<"a" | "b", LoadedSide>();
  /** Pairs that are walked together. */
  #together = 1;

  constructor(spec: EngineSpec) {
    this.values = spec.values;
    this.#program = programOf(spec);
  }

  load(side: "a" | "b", items: ItemBlock): void {
    const { count } = items;
    const inputs = laidOut(items, this.#program.input);
    const loaded = {
      count,
      inputs,
      kept: new Map<CovarianceOp, Float64Array>(),
      nngp: new Float64Array(count),
      ntk: this.#program.ntk ? new Float64Array(count) : undefined,
    };
    for (let first = 0; first < count; ) {
      // The first item alone says how wide states get.
      const together = first === 0 ? 1 : Math.min(this.#together, count - first);
      const place = { first, step: 1 } as const;
      this.#walkItems(loaded, { a: place, b: place, count: together });
      first += together;
    }
    this.#sides.set(side, loaded);
  }

  #walkItems(side: LoadedSide, pairs: Pairs): void {
    let widest = 1;
    const walk = this.#walk(side, side, pairs, (state, op) => {
      widest = Math.max(widest, entriesOf(state));
      refuseOverflow(state, op, pairs.a.first);
    });
    const { nngp, ntk } = kernelsOf(this.#program, walk);
    this.#together = Math.max(1, Math.floor(ARRAY_NUMBERS / widest));
    side.nngp.set(nngp, pairs.a.first);
    if (ntk !== undefined) side.ntk!.set(ntk, pairs.a.first);
  }

  #walk(a: Side, b: Side, pairs: Pairs, visit?: Walk["visit"]): Walk {
    const { layouts, spec, means } = this.#program;
    const self = visit !== undefined;
    const walk: Walk = {
      parameterisation: spec.parameterisation,
      layouts,
      a,
      b,
      pairs,
      self,
      means: means && self,
      training: spec.mode === "training",
      over: (ops, state) => walkOver(ops, state, walk),
      ...(visit && { visit }),
    };
    return walk;
  }

  compute({ same }: { same: boolean }): Tile {
    const a = this.#loaded("a");
    const b = same ? a : this.#loaded("b");
    const nngp = new Float64Array(a.count * b.count);
    const ntk = this.#program.ntk ? new Float64Array(a.count * b.count) : undefined;
    for (let i = 0; i < a.count; i++) {
      const until = same ? i : b.count;
      for (let j = 0; j < until; j += this.#together) {
        const count = Math.min(this.#together, until - j);
        const pairs: Pairs = { a: { first: i, step: 0 }, b: { first: j, step: 1 }, count };
        const row = kernelsOf(this.#program, this.#walk(a, b, pairs));
        nngp.set(row.nngp, i * b.count + j);
        if (row.ntk !== undefined) ntk!.set(row.ntk, i * b.count + j);
      }
    }
    if (same)
      for (const [array, own] of [
        [nngp, a.nngp],
        [ntk, a.ntk],
      ] as const)
        if (array) mirror(array, own!);
    return {
      ...(this.values.includes("nngp") && { nngp }),
      ...(ntk !== undefined && { ntk }),
    };
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

/** @throws FathomError failed naming the layer whose variances leave float64, and the item. */
function refuseOverflow({ nngp, ntk, pairs }: KernelState, op: CovarianceOp, first: number): void {
  for (const [name, array] of [
    ["K", nngp],
    ["Θ", ntk],
  ] as const) {
    const k = array?.findIndex((value) => !Number.isFinite(value)) ?? -1;
    if (k < 0) continue;
    const { name: layer = op.op, where = "layers" } = op.layer ?? {};
    throw new FathomError({
      code: "failed",
      message: `${layer} gives item ${first + (k % pairs)} the kernel ${name}(x, x) = ${array![k]}.`,
      where,
      hint: "Use smaller weight variances, or data of smaller scale.",
    });
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

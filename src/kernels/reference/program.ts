/**
 * @file A network's covariance program made ready to walk, and the walks over items with themselves, which give the diagonal of
 * kernels and what pairs need of each item.
 */
import { buildModel, type CovarianceOp, covarianceProgram, type NetShape } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { checkRequirements } from "../requirements.ts";
import type { EngineSpec, ItemBlock } from "../types.ts";
import type { Pairs, Side, Walk } from "./context.ts";
import { laidOut, startState } from "./items.ts";
import { type Layouts, layoutsOf } from "./layouts.ts";
import { entriesOf, type KernelState, type Layout, sizeOfGrid } from "./state.ts";
import { walkOver } from "./walk.ts";

/** Numbers of one array of a state, so that arrays stay in the cache. */
const ARRAY_NUMBERS = 2 ** 15;

/** A side with its own kernels: K(x, x) and Θ(x, x) of every item. */
export interface LoadedSide extends Side {
  readonly nngp: Float64Array;
  readonly ntk: Float64Array | undefined;
  /** Pairs that are best walked together. */
  readonly together: number;
}

/** A network ready to be walked. */
export interface Program {
  readonly ops: readonly CovarianceOp[];
  readonly input: NetShape;
  readonly layouts: ReadonlyMap<CovarianceOp, Layouts>;
  readonly inputLayout: Layout;
  /** Whether the walk over items carries the units' means. */
  readonly means: boolean;
  readonly spec: EngineSpec;
}

/** @throws FathomError unsupported naming a layer without a covariance rule, or one whose rule does not hold there. */
export function programOf(spec: EngineSpec): Program {
  const model = buildModel(spec.net);
  const ops = covarianceProgram(model);
  checkRequirements(model, ops, spec);
  const { layouts, input: inputLayout } = layoutsOf(ops);
  const means = [...layouts.keys()].some(({ op }) => op === "layerNorm" || op === "exampleNorm");
  return { ops, input: model.net.input!, layouts, inputLayout, means, spec };
}

/** What differs from walk to walk. */
type WalkOf = Pick<Walk, "a" | "b" | "pairs"> & Partial<Pick<Walk, "self" | "visit" | "angles">>;

/** A walk through a program. */
export function walkFor({ layouts, means, spec }: Program, of: WalkOf): Walk {
  const self = of.self ?? false;
  const walk: Walk = {
    parameterisation: spec.parameterisation,
    layouts,
    means: means && self,
    training: spec.mode === "training",
    over: (ops, state) => walkOver(ops, state, walk),
    ...of,
    self,
  };
  return walk;
}

/** K and Θ of the pairs of a walk, averaged over the positions that the output has. */
export function kernelsOf(
  { ops, input, inputLayout, spec }: Program,
  walk: Walk,
): { nngp: Float64Array; ntk: Float64Array | undefined } {
  const start = startState(walk, input, inputLayout);
  const ntk = spec.values.includes("ntk") ? new Float64Array(start.nngp.length) : undefined;
  const end = walkOver(ops, { ...start, ntk }, walk);
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

/**
 * Walks every item of a side with itself.
 * @throws FathomError bad-shape or bad-input as {@link laidOut}; failed naming the layer and the item where a kernel overflows.
 */
export function loadSide(program: Program, items: ItemBlock): LoadedSide {
  const { count } = items;
  const inputs = laidOut(items, program.input);
  const nngp = new Float64Array(count);
  const ntk = program.spec.values.includes("ntk") ? new Float64Array(count) : undefined;
  const side: Side = { count, inputs, kept: new Map<CovarianceOp, Float64Array>() };
  let widest = 1;
  let together = 1;
  for (let first = 0; first < count; first += together) {
    // The first item alone says how wide states get.
    together = first === 0 ? 1 : Math.min(pairsTogether(widest), count - first);
    const place = { first, step: 1 } as const;
    const pairs: Pairs = { a: place, b: place, count: together };
    const visit: Walk["visit"] = (state, op) => {
      widest = Math.max(widest, entriesOf(state));
      refuseOverflow(state, op, first);
    };
    const own = kernelsOf(program, walkFor(program, { a: side, b: side, pairs, self: true, visit }));
    nngp.set(own.nngp, first);
    if (own.ntk !== undefined) ntk!.set(own.ntk, first);
  }
  return { ...side, nngp, ntk, together: pairsTogether(widest) };
}

function pairsTogether(widest: number): number {
  return Math.max(1, Math.floor(ARRAY_NUMBERS / widest));
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

/**
 * @file What a pair of items costs before any is computed: from the layer program where the float32 engine has one, and roughly
 * from the network where the float64 engine steps in. It depends on the network alone and never on a clock.
 */
import { buildModel, type CovarianceOp, covarianceProgram, type ModelLayer } from "../net/index.ts";
import { FathomError } from "../tensor/index.ts";
import { compile } from "./compile/index.ts";
import { workOf } from "./compile/work.ts";
import { tileSize } from "./gram/grid.ts";
import { gridOf } from "./reference/items.ts";
import { sizeOfGrid } from "./reference/state.ts";
import type { EngineSpec } from "./types.ts";

/** Predicted cost of a kernel matrix. */
export interface KernelCost {
  /** Of the engine that `createEngine` gives. */
  readonly precision: "float32" | "float64";
  /** Seconds of one core a pair of items, with the share of what is prepared of each. */
  readonly secondsPerPair: number;
}

/** Preparations of an item in tiles and strips, a pair. */
const loadsPerPair = 1.125 / tileSize;
/** The float64 engine: a layer, and a number of its map. */
const [secondsPerLayer, secondsPerNumber] = [5e-6, 4e-7];

/**
 * The cost of a network's kernel, good to a factor of two for float32 and of ten for float64.
 * @throws FathomError unsupported naming a layer without a kernel.
 * @example kernelCost({ net, values: ["nngp"], precision: "float32", parameterisation: "ntk" }).secondsPerPair
 */
export function kernelCost(spec: EngineSpec): KernelCost {
  const model = buildModel(spec.net);
  const ops = covarianceProgram(model);
  const slow = { precision: "float64" as const, secondsPerPair: referenceSeconds(model.layers, ops) };
  if (spec.precision === "float64" || spec.mode === "training") return slow;
  try {
    const { pair, item } = workOf(compile(ops, spec.net.input!, spec));
    return { precision: "float32", secondsPerPair: pair + loadsPerPair * item };
  } catch (cause) {
    if (cause instanceof FathomError && cause.code === "unsupported") return slow;
    throw cause;
  }
}

/** Where positions meet, every map is one of pairs of positions. */
const mixing: ReadonlySet<CovarianceOp["op"]> = new Set([
  "pool",
  "globalAvgPool",
  "resize",
  "aggregate",
  "attention",
  "elementwiseAttention",
]);

function mixes(op: CovarianceOp): boolean {
  if (mixing.has(op.op)) return true;
  if ("branch" in op) return op.branch.some(mixes);
  return "branches" in op && op.branches.flat().some(mixes);
}

function referenceSeconds(layers: readonly ModelLayer[], ops: readonly CovarianceOp[]): number {
  const power = ops.some(mixes) ? 2 : 1;
  const of = ({ output, chains }: ModelLayer): number => {
    const positions = sizeOfGrid(gridOf(output));
    const inner = Object.values(chains).flat();
    return secondsPerLayer + secondsPerNumber * positions ** power + sum(inner.map(of));
  };
  return sum(layers.map(of));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

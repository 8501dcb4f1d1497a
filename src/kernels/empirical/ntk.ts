/**
 * @file The empirical tangent kernel Θ(x, x') = (1/T) Σ_t J_t(x) J_t(x')ᵀ of a finite network with its weights, in tiles
 * (kernels.md §10): Jacobians by the parameters as they are stored, so that the network's parameterisation counts, by those
 * that training changes, each shared one once.
 */
import type { CompileOptions } from "../../runtime/index.ts";
import type { NdArray } from "../../tensor/index.ts";
import type { NtkCosts } from "./costs.ts";
import { finiteNetwork, itemsOf, type NetworkOptions, type Weights, weightsOf } from "./network.ts";
import { type OutputAxes, type OutputGroups, outputGroups } from "./outputs.ts";
import type { NtkMethod, NtkPlan } from "./plan.ts";
import { compileTiles } from "./program.ts";
import { type Job, runTiles } from "./tiles.ts";
import type { WorkOptions } from "./work.ts";

/** The network with its weights, its items, which outputs are kept apart, and the way to compute. */
export interface EmpiricalNtkOptions extends NetworkOptions, OutputAxes, WorkOptions {
  /** Rows `[N1, ...inputShape]`. */
  readonly x1: NdArray;
  /** Columns `[N2, ...inputShape]`; x1 again where left out, and then one triangle is computed. */
  readonly x2?: NdArray | undefined;
  /** The way with the fewest multiplications unless said. */
  readonly method?: NtkMethod | "auto";
  /** Bytes that a tile may take: 1 GB unless said. Wide outputs and many items only make more tiles. */
  readonly memory?: number | undefined;
  readonly options?: CompileOptions | undefined;
}

/** A tangent kernel, and how it was computed. */
export interface EmpiricalNtk {
  /**
   * `[N1·K, N2·K]` with K outputs kept in full (1 where all are traced), item by item; `[D, N1·K, N2·K]` where there are
   * diagonal axes.
   */
  readonly kernel: NdArray<"float64">;
  /** `mixed`: contraction or structure, whichever is cheaper for each weight. */
  readonly method: NtkPlan["method"];
  /** Multiplications a pair of items, by every way. */
  readonly costs: NtkCosts;
}

/**
 * The empirical tangent kernel. Sums are in float64 whatever the network's precision, and with contraction or structure the
 * result is positive semi-definite to rounding.
 * @throws FathomError bad-shape and bad-input for weights, items and axes that do not fit; too-large when one item and one
 * output need more than the memory; the reason of `signal` when it is aborted, between tiles.
 * @example
 * const { kernel } = await empiricalNtk({ model, parameters: initialise(model, key), x1 }); // [N, N]
 */
export async function empiricalNtk(settings: EmpiricalNtkOptions): Promise<EmpiricalNtk> {
  const { x1, x2 } = settings;
  await using ntk = await openNtk({ ...settings, counts: [x1.shape[0] ?? 0, x2?.shape[0]] });
  const kernel = await ntk.run(settings);
  return { kernel, method: ntk.plan.method, costs: ntk.plan.costs };
}

/** Counts of items in place of the items. */
interface OpenNtkOptions extends Omit<EmpiricalNtkOptions, "x1" | "x2" | "parameters"> {
  readonly counts: readonly [number, number | undefined];
  readonly parameters?: Weights | undefined;
}

/** A compiled kernel for many weights of one network. Dispose of it when done. */
interface OpenNtk {
  readonly plan: Pick<NtkPlan, "method" | "costs">;
  run(
    feeds: Pick<EmpiricalNtkOptions, "parameters" | "x1" | "x2"> & WorkOptions,
  ): Promise<NdArray<"float64">>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Compiles the kernel of a network for items of given counts. */
export async function openNtk(settings: OpenNtkOptions): Promise<OpenNtk> {
  const { method = "auto", counts, memory, options, model } = settings;
  const network = finiteNetwork(settings);
  const groups = outputGroups(network.outputShape, settings);
  const empty = counts.includes(0);
  const program = await compileTiles({
    network,
    groups,
    method,
    counts: empty ? [1, undefined] : counts,
    memory,
    options,
  });
  return {
    plan: program.plan,
    async run({ parameters, x1, x2, signal, onProgress }) {
      const job: Job = {
        network,
        groups,
        program,
        items: [itemsOf(network, x1, "x1"), itemsOf(network, x2 ?? x1, "x2")],
        symmetric: x2 === undefined,
        weights: weightsOf(network, { model, parameters }),
        work: { signal, onProgress },
      };
      return shaped(groups, await runTiles(job), settings);
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

function shaped(
  groups: OutputGroups,
  kernel: NdArray<"float64">,
  { diagonalAxes = [] }: OutputAxes,
): NdArray<"float64"> {
  if (diagonalAxes.length > 0 || groups.diagonal > 1) return kernel;
  return { ...kernel, shape: kernel.shape.slice(1) };
}

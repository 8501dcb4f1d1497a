/**
 * @file Kernels of a network by Monte Carlo (kernels.md §10): the mean over random finite networks of their empirical kernels,
 * with standard errors; the way to kernels of layers that infinite-width theory does not reach.
 */
import { buildModel, initialise, type Net, scaleWidths } from "../../net/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import { FathomError, type FloatDType, type Key, type NdArray, zeros } from "../../tensor/index.ts";
import { empiricalNngp } from "./nngp.ts";
import { openNtk } from "./ntk.ts";
import type { OutputAxes } from "./outputs.ts";
import type { WorkOptions } from "./work.ts";

/** The kernels that are sampled. */
export type SampledKernel = "nngp" | "ntk";

/** The network that is drawn again and again, its items, and what is measured of it. */
export interface MonteCarloOptions extends OutputAxes, WorkOptions {
  /** The network; its parameterisation is that of the tangent kernel. */
  readonly net: Net;
  /** Factor of all hidden widths; 1 unless said. */
  readonly widthFactor?: number;
  /** Networks whose means are asked for, ascending: a result is given at each. */
  readonly at: readonly number[];
  readonly key: Key;
  /** Rows `[N1, ...inputShape]`. */
  readonly x1: NdArray;
  /** Columns `[N2, ...inputShape]`; x1 again where left out. */
  readonly x2?: NdArray | undefined;
  /** `["nngp"]` unless said. */
  readonly get?: readonly SampledKernel[];
  /** Precision of the networks: float32 unless said. */
  readonly dtype?: FloatDType;
  readonly memory?: number | undefined;
  readonly options?: CompileOptions | undefined;
}

/** A mean over networks, entry by entry; laid out as the kernels of one network. */
export interface KernelMean {
  readonly mean: NdArray<"float64">;
  /** Standard errors of the mean; undefined of one network. */
  readonly se: NdArray<"float64"> | undefined;
}

/** What so many networks say. */
export interface MonteCarloKernel {
  readonly samples: number;
  readonly nngp?: KernelMean;
  readonly ntk?: KernelMean;
}

/**
 * Samples kernels over random networks, and gives the means at each of the numbers asked for.
 * @throws FathomError bad-input for numbers that do not ascend from 1, and kernels that are not known; as `empiricalNtk`; the
 * reason of `signal` when it is aborted, between networks.
 * @example
 * for await (const { samples, nngp } of monteCarloKernel({ net, key, x1, at: [10, 100, 1000] })) console.log(samples, nngp);
 */
export async function* monteCarloKernel(settings: MonteCarloOptions): AsyncGenerator<MonteCarloKernel> {
  const { net, widthFactor = 1, at, key, x1, x2, get = ["nngp"], dtype = "float32" } = settings;
  const { traceAxes, diagonalAxes, memory, options, signal } = settings;
  checkRequest(at, get);
  const model = buildModel(widthFactor === 1 ? net : scaleWidths(net, widthFactor));
  const sides = { x1, x2 };
  const common = { traceAxes, diagonalAxes, memory, options, signal, model, dtype };
  const counts = [x1.shape[0] ?? 0, x2?.shape[0]] as const;
  await using ntk = get.includes("ntk") ? await openNtk({ ...common, counts }) : undefined;
  const moments = { nngp: new Moments(), ntk: new Moments() };
  const total = at.at(-1)!;
  for (let sample = 0; sample < total; sample++) {
    settings.onProgress?.(sample, total);
    signal?.throwIfAborted();
    const parameters = initialise(model, key.split("monte-carlo").split(sample), { dtype });
    if (get.includes("nngp")) moments.nngp.add(await empiricalNngp({ ...common, ...sides, parameters }));
    if (ntk !== undefined) moments.ntk.add(await ntk.run({ ...sides, parameters, signal }));
    if (at.includes(sample + 1)) yield resultOf(sample + 1, get, moments);
  }
  settings.onProgress?.(total, total);
}

function resultOf(
  samples: number,
  get: readonly SampledKernel[],
  moments: Readonly<Record<SampledKernel, Moments>>,
): MonteCarloKernel {
  return { samples, ...Object.fromEntries(get.map((kernel) => [kernel, moments[kernel].result()])) };
}

/** Running mean and squared deviations of arrays of one shape (Welford). */
class Moments {
  #count = 0;
  #mean: NdArray<"float64"> | undefined;
  #squares = new Float64Array(0);

  add({ shape, data }: NdArray<"float64">): void {
    this.#mean ??= zeros("float64", shape);
    if (this.#count++ === 0) this.#squares = new Float64Array(data.length);
    const mean = this.#mean.data;
    for (let i = 0; i < data.length; i++) {
      const before = data[i]! - mean[i]!;
      mean[i]! += before / this.#count;
      this.#squares[i]! += before * (data[i]! - mean[i]!);
    }
  }

  result(): KernelMean {
    const { shape, data } = this.#mean!;
    const mean = { dtype: "float64" as const, shape, data: data.slice() };
    if (this.#count < 2) return { mean, se: undefined };
    const freedom = this.#count * (this.#count - 1);
    return { mean, se: { ...mean, data: this.#squares.map((sum) => Math.sqrt(sum / freedom)) } };
  }
}

function checkRequest(at: readonly number[], get: readonly string[]): void {
  const bad = at.findIndex((n, i) => !Number.isInteger(n) || n < 1 || (i > 0 && n <= at[i - 1]!));
  if (at.length === 0 || bad >= 0) {
    throw new FathomError({
      code: "bad-input",
      message: bad < 0 ? "No number of networks is asked for." : `at[${bad}] is ${at[bad]}.`,
      where: "at",
      hint: "Give whole numbers from 1 on that ascend, as [10, 100].",
    });
  }
  const unknown = get.find((kernel) => kernel !== "nngp" && kernel !== "ntk");
  if (unknown === undefined && get.length > 0) return;
  throw new FathomError({
    code: "bad-input",
    message: unknown === undefined ? "No kernel is asked for." : `There is no kernel "${unknown}".`,
    where: "get",
    hint: 'Kernels are "nngp" and "ntk".',
  });
}

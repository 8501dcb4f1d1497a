/** @file What a kernel matrix is asked with, checked, with its defaults. */
import { type Net, withInput } from "../../net/index.ts";
import { FathomError, type NdArray } from "../../tensor/index.ts";
import type { Attention, BlockMatrix, EngineSpec, KernelValue, TileEngine } from "../types.ts";
import type { Grid } from "./grid.ts";
import { itemsOf } from "./items.ts";
import type { Sides } from "./strips.ts";

/** What a job will take, before it begins. */
export interface KernelPlan {
  /** To compute. */
  readonly pairs: number;
  /** In the store from before. */
  readonly finished: number;
  /** Of the whole matrices, in memory or on disk. */
  readonly bytes: number;
  readonly threads: number;
  /** From the time of one tile. */
  readonly seconds: number;
}

/** What the values of a network's kernel depend on, besides the items. */
export interface KernelOf {
  readonly net: Net;
  /** `nngp` alone unless said: without `ntk` its work is not done. */
  readonly get?: readonly KernelValue[];
  /** float32 unless said: errors near 1e-7 of an entry, by the SIMD engine; float64 is the reference, and slow. */
  readonly precision?: "float32" | "float64";
  /** That of the NTK: `ntk` unless said; `standard` takes the widths of the network. */
  readonly parameterisation?: "ntk" | "standard";
  /** Allows sums of branches whose kernel is valid but belongs to no network (requirements.ts). */
  readonly allowNonGaussianSum?: boolean;
  /** Whether dropout drops; inference unless said. */
  readonly mode?: "inference" | "training";
  /** The fastest that the host runs, unless said. */
  readonly build?: "simd" | "relaxed";
}

/** A store on disk (Zarr v3): finished chunks of an earlier run of the same job are not computed again. */
export interface StoreOptions {
  /** The folder, as `kernel.zarr`. */
  readonly path: string;
  /** Bytes that it may take on disk. */
  readonly limit?: number | undefined;
  /** A line for people in its attributes: which rows of which data. */
  readonly about?: string | undefined;
}

/** The kernel, the items of both sides, where the matrix is kept, and who computes it. */
export interface KernelMatrixOptions extends KernelOf, Attention {
  /** Items of the rows, [rows, ...input]. */
  readonly x1: NdArray;
  /** Items of the columns; without them the matrix is that of x1 with itself: symmetric, its lower half computed. */
  readonly x2?: NdArray;
  /** Where the matrix is kept on disk; without it, in memory. */
  readonly store?: StoreOptions | undefined;
  /** Worker threads: the cores unless said, where the work is worth their start. Any number gives the same bits. */
  readonly threads?: number | undefined;
  readonly onPlan?: ((plan: KernelPlan) => void) | undefined;
}

/** The matrices that were asked for, and what they took. */
export interface KernelResult {
  readonly nngp?: BlockMatrix;
  readonly ntk?: BlockMatrix;
  /** The build of the engine: matrices of different builds differ in their last bits. */
  readonly build: TileEngine["build"];
  /** Pairs of items that were computed, without those that a store had. */
  readonly pairs: number;
  readonly seconds: number;
  readonly pairsPerSecond: number;
}

/** A matrix to compute. */
export interface KernelJob {
  readonly spec: EngineSpec;
  readonly grid: Grid;
  readonly sides: Sides;
}

/** The specification of the engine. @throws FathomError bad-input when no value or one that does not exist is asked for. */
export function specOf(
  {
    net,
    get = ["nngp"],
    precision = "float32",
    parameterisation = "ntk",
    build,
    mode,
    allowNonGaussianSum,
  }: KernelOf,
  x: NdArray,
): EngineSpec {
  const values = (["nngp", "ntk"] as const).filter((value) => get.includes(value));
  if (values.length === 0 || values.length < new Set(get).size) {
    throw new FathomError({
      code: "bad-input",
      message: `A kernel matrix of "${get.join(", ")}" was asked for.`,
      where: "get",
      hint: "Ask for nngp, ntk or both.",
    });
  }
  const adapted = withInput(net, x.shape.slice(1));
  return {
    net: adapted,
    values,
    precision,
    parameterisation,
    build,
    mode,
    allowNonGaussianSum,
  };
}

/** The job of the options. @throws FathomError for values, shapes and numbers that cannot be used. */
export function jobOf({ x1, x2, ...of }: KernelMatrixOptions): KernelJob {
  const spec = specOf(of, x1);
  const { shape } = spec.net.input!;
  const rows = itemsOf(x1, { shape, precision: spec.precision, where: "x1" });
  const columns = x2 === undefined ? rows : itemsOf(x2, { shape, precision: spec.precision, where: "x2" });
  return {
    spec,
    sides: { rows, columns },
    grid: { rows: rows.count, columns: columns.count, symmetric: x2 === undefined },
  };
}

/** @file What joins the pieces of the kernel engine: items, tiles, engines, and matrices in blocks. */
import type { Net } from "../net/index.ts";

/** K, the covariance of outputs of random networks, or Θ, the tangent kernel. */
export type KernelValue = "nngp" | "ntk";

/** Items of a data set as rows: [count, ...input] row-major; ids (uint32 rows) for token nets. */
export interface ItemBlock {
  readonly data: Float32Array | Float64Array;
  readonly count: number;
  /** Nobody writes to them any more: what is prepared of them may be kept for the next time. */
  readonly final?: boolean;
}

/** One tile: K and/or Θ, [a.count, b.count] row-major. */
export interface Tile {
  readonly nngp?: Float32Array | Float64Array;
  readonly ntk?: Float32Array | Float64Array;
}

/**
 * Evaluates kernels of blocks of items; keeps what it prepared for each side until the side is loaded again. Single
 * thread; one per worker.
 */
export interface TileEngine {
  readonly build: "simd" | "relaxed" | "float64";
  readonly values: readonly KernelValue[];
  load(side: "a" | "b", items: ItemBlock): void;
  /** `same`: both sides are the same items, so entry (i, i) is the variance path. Arrays are valid until the next call. */
  compute(options: { same: boolean }): Tile;
  dispose(): void;
}

/** What a worker needs to make an engine: plain data that can be posted. */
export interface EngineSpec {
  readonly net: Net;
  readonly values: readonly KernelValue[];
  readonly precision: "float32" | "float64";
  readonly parameterisation: "ntk" | "standard";
  readonly build?: "simd" | "relaxed" | undefined;
  /** Allows sums of branches that are a valid kernel and no network (requirements.ts). */
  readonly allowNonGaussianSum?: boolean | undefined;
  /** Whether dropout drops; inference unless said. */
  readonly mode?: "inference" | "training" | undefined;
}

/** How far long work is: pairs of items, products of tiles; the time left is told from the pace within a label. */
export interface KernelProgress {
  readonly label: string;
  /** What changes within a stage: `residual 1e-6`. */
  readonly detail?: string;
  readonly done: number;
  readonly total: number;
}

/** What long work listens to and reports. */
export interface Attention {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: KernelProgress) => void) | undefined;
}

/** A matrix in blocks of 512 x 512 (the last ones smaller), in memory or in a Zarr store; symmetric ones hold the lower triangle of blocks. */
export interface BlockMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly symmetric: boolean;
  readonly blockSize: 512;
  readonly dtype: "float32" | "float64";
  /** Block (i, j), row-major [h, w]; j <= i where symmetric. */
  read(i: number, j: number): Promise<Float32Array | Float64Array>;
  /** The diagonal (symmetric only), float64. */
  diagonal(): Promise<Float64Array>;
}

/** @file The factor of a kernel, by the small dense Cholesky of `tensor`. */
import { cholesky, FathomError, ndarray } from "../../tensor/index.ts";
import { denseMatrix } from "../gram/matrix.ts";
import type { BlockMatrix } from "../types.ts";
import type { Float64 } from "./dense.ts";

export interface Factor {
  readonly n: number;
  readonly jitter: number;
  readonly relativeJitter: number;
  readonly logDet: number;
  readonly condition: number;
  solve(b: Float64): Promise<Float64>;
  whiten(b: Float64): Promise<Float64>;
  [Symbol.asyncDispose](): Promise<void>;
}

const ladder = [0, 1e-10, 1e-8, 1e-6, 1e-4];

export async function factorise(
  matrix: BlockMatrix,
  { jitter = "ladder" }: { readonly jitter?: number | "ladder" },
): Promise<Factor> {
  const dense = await denseMatrix(matrix);
  const n = matrix.rows;
  const diagonal = await matrix.diagonal();
  const mean = diagonal.reduce((s, v) => s + v, 0) / n;
  for (const relative of jitter === "ladder" ? ladder : [jitter]) {
    const data = Float64Array.from(dense.data);
    for (let i = 0; i < n; i++) data[i * n + i]! += relative * mean;
    try {
      const l = cholesky(ndarray("float64", [n, n], data));
      return factorOf(l, n, relative, mean);
    } catch (error) {
      if (!(error instanceof FathomError) || error.code !== "failed") throw error;
    }
  }
  throw new FathomError({
    code: "failed",
    where: "kernel",
    message: "The kernel is not positive definite.",
    hint: "Give a larger jitter.",
  });
}

function factorOf(l: Float64, n: number, relativeJitter: number, mean: number): Factor {
  let logDet = 0;
  for (let i = 0; i < n; i++) logDet += 2 * Math.log(l.data[i * n + i]!);
  const whiten = async (b: Float64) => lower(l, b, n);
  return {
    n,
    jitter: relativeJitter * mean,
    relativeJitter,
    logDet,
    condition: 1,
    whiten,
    solve: async (b) => upper(l, lower(l, b, n), n),
    [Symbol.asyncDispose]: async () => {},
  };
}

function lower(l: Float64, b: Float64, n: number): Float64 {
  const c = b.shape[1]!;
  const x = Float64Array.from(b.data);
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < i; p++)
      for (let k = 0; k < c; k++) x[i * c + k]! -= l.data[i * n + p]! * x[p * c + k]!;
    for (let k = 0; k < c; k++) x[i * c + k]! /= l.data[i * n + i]!;
  }
  return ndarray("float64", [n, c], x);
}

function upper(l: Float64, b: Float64, n: number): Float64 {
  const c = b.shape[1]!;
  const x = Float64Array.from(b.data);
  for (let i = n - 1; i >= 0; i--) {
    for (let k = 0; k < c; k++) x[i * c + k]! /= l.data[i * n + i]!;
    for (let p = 0; p < i; p++)
      for (let k = 0; k < c; k++) x[p * c + k]! -= l.data[i * n + p]! * x[i * c + k]!;
  }
  return ndarray("float64", [n, c], x);
}

export function logMarginalLikelihood(factor: Factor, y: Float64, alpha: Float64): number {
  const c = y.shape[1]!;
  let quadratic = 0;
  for (let i = 0; i < y.data.length; i++) quadratic += y.data[i]! * alpha.data[i]!;
  return -quadratic / 2 - (c * factor.logDet) / 2 - (factor.n * c * Math.log(2 * Math.PI)) / 2;
}

/** @file The whole Jacobian between two taps, one row per unit vector, by the interpreter: what probes estimate. */
import { evaluate, input, vjp, vmap } from "../../src/expr/index.ts";
import type { Model } from "../../src/net/index.ts";
import { tapChain } from "../../src/probes/chain.ts";
import { type NdArray, ndarray } from "../../src/tensor/index.ts";

/**
 * J(from, to) of one input: `rows[i][j]` = ∂h_i/∂h_j; taps are counted from 0.
 * @param x `[1, ...inputShape]` float64.
 */
export function fullJacobian(
  model: Model,
  parameters: Record<string, NdArray>,
  x: NdArray,
  [from, to]: readonly [number, number],
): number[][] {
  const chain = tapChain(model, 1, "float64");
  const [start, end] = [chain.taps[from]!, chain.taps[to]!];
  const v = input("basis", end.tensor.shape, "float64");
  const row = from === to ? v : vjp([end.tensor], [start.tensor], [v])[0]!;
  const [rows] = vmap([row], { over: [v], size: end.units });
  const identity = new Float64Array(end.units ** 2);
  for (let i = 0; i < end.units; i++) identity[i * (end.units + 1)] = 1;
  const basis = ndarray("float64", [end.units, 1, end.units], identity);
  const [J] = evaluate([rows!], { ...parameters, x, basis });
  const values = J!.data as Float64Array;
  return Array.from({ length: end.units }, (_, i) =>
    Array.from(values.subarray(i * start.units, (i + 1) * start.units)),
  );
}

/** Σ J_ij². */
export function squaredNorm(J: readonly (readonly number[])[]): number {
  return J.reduce((sum, row) => row.reduce((inner, value) => inner + value * value, sum), 0);
}

/** JᵀJ. */
export function gram(J: readonly (readonly number[])[]): number[][] {
  const columns = J[0]!.map((_, j) => J.map((row) => row[j]!));
  return columns.map((a) => columns.map((b) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)));
}

/** `[2^units, samples, units]`: all vectors of signs, the same for every sample. */
export function allSigns(units: number, samples: number): NdArray<"float64"> {
  const count = 2 ** units;
  const data = new Float64Array(count * samples * units);
  for (let i = 0; i < data.length; i++) {
    const vector = Math.floor(i / (samples * units));
    data[i] = (vector >> (i % units)) & 1 ? 1 : -1;
  }
  return ndarray("float64", [count, samples, units], data);
}

/** @file The ascent of sharpness-aware minimisation: the perturbed weights w + e of SAM, ASAM and ESAM (training.md §1.2). */
import {
  add,
  cast,
  div,
  greaterEqual,
  input,
  less,
  mul,
  reshape,
  stopGradient,
  sub,
  type Tensor,
  where,
} from "../expr/index.ts";
import { type FloatDType, type Shape, sizeOf } from "../tensor/index.ts";
import type { Problem } from "./descent.ts";
import { settingsOf } from "./groups.ts";
import { globalNorm, mapTensors, only, type Tensors } from "./norms.ts";
import type { SamOptions } from "./sam-options.ts";

/** Perturbed weights by name, and the divisor of e. */
export interface Ascent {
  readonly raised: Tensors;
  readonly divisor: Tensor;
}

/**
 * SAM: e = ρ g / n with n = ‖g‖ over all that is perturbed; ASAM: e = ρ w² g / n with n = ‖w·g‖. A group's factor multiplies
 * ρ; ESAM keeps a random part of e, 1/β times as large. e is a constant to derivatives; a gradient of 0 gives e = 0.
 * @param rho ρ, [].
 * @param draws The uniform numbers of {@link ascentDraws}.
 */
export function ascend(
  { weights, trained, settings }: Problem,
  gradients: Tensors,
  { sam, rho, draws }: { readonly sam: SamOptions; readonly rho: Tensor; readonly draws: Tensors },
): Ascent {
  const names = trained.filter((name) => settingsOf(settings, name).rho !== 0);
  const held = mapTensors(only(names, gradients), stopGradient);
  const { adaptive, beta } = sam;
  const sized = adaptive ? mapTensors(held, (g, name) => mul(stopGradient(weights[name]!), g)) : held;
  const divisor = globalNorm(sized);
  const scale = div(mul(rho, 1 / beta), add(divisor, 1e-12));
  const raised = mapTensors(sized, (direction, name) => {
    const w = weights[name]!;
    const { rho: factor } = settingsOf(settings, name);
    const along = adaptive ? mul(stopGradient(w), direction) : direction;
    const kept = beta === 1 ? along : mul(along, maskOf(name, w.shape, beta, draws));
    return add(w, mul(kept, factor === 1 ? scale : mul(scale, factor)));
  });
  return { raised, divisor };
}

const rowDraw = (name: string) => `esam:${name}:rows`;
const columnDraw = (name: string) => `esam:${name}:columns`;

/** The uniform numbers that an ascent is fed, by name: one for each row of a parameter and one for each column. */
export function ascentDraws(
  { beta }: SamOptions,
  parameters: Tensors,
  dtype: FloatDType,
): Record<string, Tensor> {
  if (beta === 1) return {};
  const entries = Object.entries(parameters).flatMap(([name, { shape }]) => {
    const [rows, columns] = matrixOf(shape);
    return [
      [rowDraw(name), input(rowDraw(name), [rows], dtype)] as const,
      ...(columns === 1 ? [] : [[columnDraw(name), input(columnDraw(name), [columns], dtype)] as const]),
    ];
  });
  return Object.fromEntries(entries);
}

/**
 * 1 with probability β, else 0: u + v mod 1 < β with u of the row and v of the column. Any two elements are independent,
 * though the draws are as few as rows and columns.
 */
function maskOf(name: string, shape: Shape, beta: number, draws: Tensors): Tensor {
  const [rows, columns] = matrixOf(shape);
  const u = reshape(draws[rowDraw(name)]!, [rows, 1]);
  if (columns === 1) return reshape(cast(less(u, beta), u.dtype as FloatDType), shape);
  const sum = add(u, reshape(draws[columnDraw(name)]!, [1, columns]));
  const wrapped = where(greaterEqual(sum, 1), sub(sum, 1), sum);
  return reshape(cast(less(wrapped, beta), u.dtype as FloatDType), shape);
}

/** A parameter as a matrix: its first axis against all others. */
function matrixOf(shape: Shape): [number, number] {
  const rows = shape[0] ?? 1;
  return [rows, sizeOf(shape) / rows];
}

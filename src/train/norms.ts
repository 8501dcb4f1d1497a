/** @file Sizes of gradients over all parameters at once: the norm, inner products, clipping. */
import { abs, add, div, lessEqual, minimum, mul, reduceSum, sqrt, type Tensor } from "../expr/index.ts";

/** Tensors by parameter name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/**
 * Σ over all parameters of ⟨aᵢ, bᵢ⟩, a scalar; sums meet in pairs, so that rounding grows with the logarithm of their number.
 * @example inner(gradients, gradients)
 */
export function inner(a: Tensors, b: Tensors): Tensor {
  let sums = Object.entries(a).map(([name, tensor]) => reduceSum(mul(tensor, b[name]!)));
  while (sums.length > 1) {
    sums = Array.from({ length: Math.ceil(sums.length / 2) }, (_, i) => {
      const [left, right] = [sums[2 * i]!, sums[2 * i + 1]];
      return right === undefined ? left : add(left, right);
    });
  }
  return sums[0]!;
}

/** The norm over all parameters together: √(Σᵢ ‖aᵢ‖²). */
export function globalNorm(tensors: Tensors): Tensor {
  return sqrt(inner(tensors, tensors));
}

/**
 * Gradients shortened to a norm of at most `limit`, as PyTorch: times min(1, limit / (norm + 1e-6)).
 * @param norm Their norm.
 */
export function clipped(gradients: Tensors, norm: Tensor, limit: number): Record<string, Tensor> {
  const factor = minimum(div(limit, add(norm, 1e-6)), 1);
  return mapTensors(gradients, (gradient) => mul(gradient, factor));
}

/** Whether a scalar is neither infinite nor NaN. */
export function finite(value: Tensor): Tensor {
  const largest = value.dtype === "float32" ? 2 ** 128 - 2 ** 104 : Number.MAX_VALUE;
  return lessEqual(abs(value), largest);
}

/** The same change to every tensor. */
export function mapTensors(
  tensors: Tensors,
  change: (tensor: Tensor, name: string) => Tensor,
): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor, name)]));
}

/** Those of some names, in their order. */
export function only<T>(names: readonly string[], values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, values[name]!]));
}

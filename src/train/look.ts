/**
 * @file LookSAM: every k-th step keeps gv = gs - (gs·g/‖g‖²) g, the part of SAM's gradient that g does not hold; the steps
 * between go along g + α (‖g‖/‖gv‖) gv (training.md §1.2).
 */
import { add, div, greater, input, less, mul, sub, type Tensor, where } from "../expr/index.ts";
import { globalNorm, inner, mapTensors, type Tensors } from "./norms.ts";
import type { SamOptions } from "./sam-options.ts";

const kept = (name: string) => `look:${name}`;
const NORM = "look:norm";

/** The inputs that carry gv and its norm from step to step; they start at 0. None for other variants. */
export function lookState({ variant }: SamOptions, parameters: Tensors): Record<string, Tensor> {
  if (variant !== "look") return {};
  const entries = Object.entries(parameters).map(([name, { shape, dtype }]) => {
    return [kept(name), input(kept(name), shape, dtype)] as const;
  });
  const { dtype } = entries[0]![1];
  return { ...Object.fromEntries(entries), [NORM]: input(NORM, [], dtype) };
}

/** What the state becomes after a step that took both gradients. */
export function lookAgain(gradients: Tensors, sharp: Tensors, state: Tensors): Record<string, Tensor> {
  const square = inner(gradients, gradients);
  const share = where(greater(square, 0), div(inner(sharp, gradients), square), 0);
  const rest = mapTensors(gradients, (g, name) => sub(sharp[name]!, mul(g, share)));
  const norm = globalNorm(rest);
  return mapTensors(state, (_, key) => (key === NORM ? norm : rest[key.slice(kept("").length)]!));
}

/** The gradient of a step between; g itself where nothing is kept. */
export function lookBack(
  gradients: Tensors,
  norm: Tensor,
  { alpha }: SamOptions,
  state: Tensors,
): Record<string, Tensor> {
  const size = state[NORM]!;
  const share = where(less(size, 1e-12), 0, div(mul(norm, alpha), size));
  return mapTensors(gradients, (g, name) => add(g, mul(state[kept(name)]!, share)));
}

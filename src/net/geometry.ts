/**
 * @file Where sliding windows stand along one axis (kernels.md §2.1, padding geometry): output i of a convolution or a
 * pooling sees the inputs `stride·i + dilation·j − lo` for `j < kernel`. Numbers only; layers share it.
 */
import { z } from "zod";
import type { WindowAxis as TheoryAxis } from "../theory/index.ts";
import { positiveInt } from "./options.ts";

/** One axis of a sliding window, resolved. `out`, the number of windows, is below 1 where the kernel is longer than the padded axis. */
export interface WindowAxis extends TheoryAxis {
  /** Positions added after the last. */
  readonly hi: number;
}

export type Padding = "same" | "valid" | "circular" | "torch-same" | number;

/** One number for all axes, or one an axis. */
export type Sizes = number | readonly number[];

/** A count for every spatial axis: `3`, `[3, 5]`. */
export const sizes = z.union([positiveInt, z.array(positiveInt).min(1).max(2)]);

/** The kernel of convolutions, and its step. */
export const kernelOptions = {
  kernel: sizes.describe("length of the kernel: one whole number, or one for each spatial axis"),
  stride: sizes.default(1).describe("step between windows: one whole number, or one for each spatial axis"),
};

/** Padding of convolutions. */
export const convPadding = z
  .union([z.enum(["same", "valid", "circular", "torch-same"]), z.int().min(0)])
  .default("same")
  .describe(
    "same (as XLA: ⌈n/stride⌉ outputs), valid (none), circular (same, on a ring), torch-same (centred windows) or a number of zeros on both sides",
  );

/** The length that a kernel spans with its gaps. */
function span(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

function margins(axis: Omit<WindowAxis, "lo" | "hi" | "wraps" | "out">, padding: Padding): [number, number] {
  const { size, stride } = axis;
  const length = span(axis.kernel, axis.dilation);
  if (padding === "valid") return [0, 0];
  if (typeof padding === "number") return [padding, padding];
  const reach = (Math.ceil(size / stride) - 1) * stride + length;
  const lo =
    padding === "torch-same" ? Math.floor((length - 1) / 2) : Math.floor(Math.max(reach - size, 0) / 2);
  return [lo, Math.max(reach - size - lo, 0)];
}

/**
 * Resolves padding along one axis. `same` is XLA's: `⌈n/s⌉` outputs, the larger half of the zeros after the last;
 * `torch-same` centres windows at `s·i` (an even kernel reaches one further to the right). They agree at stride 1 and
 * differ, for instance, for kernel 3 and stride 2 on an even axis.
 * @example windowAxis({ size: 28, kernel: 3, stride: 2, padding: "same" }) // lo 0, hi 1, out 14
 */
export function windowAxis(options: {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation?: number;
  readonly padding: Padding;
}): WindowAxis {
  const { size, kernel, stride, dilation = 1, padding } = options;
  const axis = { size, kernel, stride, dilation };
  const [lo, hi] = margins(axis, padding);
  const out = Math.floor((size + lo + hi - span(kernel, dilation)) / stride) + 1;
  return { ...axis, lo, hi, wraps: padding === "circular", out };
}

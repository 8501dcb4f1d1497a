/**
 * @file What rules are made of: linear steps of one map. Constant factors go into the scales of maps; what is left of them
 * stands at sums and shifts (kernel-engine.md §3).
 */
import type { Builder } from "./builder.ts";
import { declined } from "./declined.ts";
import type { Instruction, MapValue, Space, Window } from "./program.ts";

/** Beyond these sizes maps are brought back to about 1. */
const [smallest, largest] = [1e-6, 1e6];

/** `factor·m + shift` with K as it was: brings the size of m near 1 where that is free or due. */
function rescaled(scale: number, size: number, shift: number) {
  const due = shift !== 0 || size < smallest || size > largest;
  const total = size + Math.abs(shift / scale);
  const factor = due && total > 0 && Number.isFinite(total) ? 1 / total : 1;
  return { factor, scale: scale / factor, shift: (shift / scale) * factor, size: total * factor };
}

/** A linear step to another space: the sum over windows, its adjoint, or nothing. */
export interface Stencil {
  readonly op: "box" | "spread" | "combine";
  readonly space: Space;
  readonly windows?: readonly [Window, Window];
  readonly taps: number;
  readonly diagonal?: boolean;
}

/** scale·⟨source⟩ + shift, ⟨·⟩ the mean over taps. */
export function applied(
  builder: Builder,
  { taps, space, ...step }: Stencil,
  source: MapValue,
  { scale, shift }: { readonly scale: number; readonly shift: number },
): MapValue {
  if (scale === 0) return nothing(builder, { taps, space, ...step }, source, shift);
  if (step.op === "combine" && shift === 0) return scaled(source, scale);
  const next = rescaled((source.scale * scale) / taps, source.size * taps, shift);
  const nonNegative = source.nonNegative && shift >= 0;
  const target = builder.map({ space, scale: next.scale, size: next.size, nonNegative });
  return builder.emit({ ...step, source, target, factor: next.factor, shift: next.shift });
}

/** A number at every position: those of the source do not count. */
function nothing(
  builder: Builder,
  { taps, space, ...step }: Stencil,
  source: MapValue,
  value: number,
): MapValue {
  const scale = value === 0 ? 1 : value;
  const target = builder.map({ space, scale, size: 1, nonNegative: true });
  return builder.emit({ ...step, source, target, factor: 0, shift: value === 0 ? 0 : 1 });
}

/** scale·⟨source⟩ + weight·other + shift in the scale of weight·other. */
export function appliedPlus(
  builder: Builder,
  { taps, space, ...step }: Stencil,
  source: MapValue,
  sum: { readonly scale: number; readonly other: MapValue; readonly weight: number; readonly shift: number },
): MapValue {
  const scale = sum.other.scale * sum.weight;
  const factor = (source.scale * sum.scale) / (taps * scale);
  const size = sum.other.size + Math.abs(factor) * taps * source.size + Math.abs(sum.shift / scale);
  const nonNegative = source.nonNegative && sum.other.nonNegative && sum.shift >= 0;
  const target = builder.map({ space, scale, size, nonNegative });
  return builder.emit({ ...step, source, other: sum.other, target, factor, shift: sum.shift / scale });
}

/** The same numbers, with K a multiple of what it was. */
export function scaled(map: MapValue, factor: number): MapValue {
  if (factor === 0) throw declined("layers whose factor is 0");
  return { ...map, scale: map.scale * factor };
}

/** The step that stays where it is. */
export function here(space: Space): Stencil {
  return { op: "combine", space, taps: 1 };
}

/** a + b, in the scale of a; joins the sum with the step before it, where that made b. */
export function added(builder: Builder, a: MapValue, b: MapValue): MapValue {
  const ratio = b.scale / a.scale;
  const size = a.size + Math.abs(ratio) * b.size;
  const nonNegative = a.nonNegative && b.nonNegative;
  const target = builder.map({ space: a.space, scale: a.scale, size, nonNegative });
  const join = (last: Instruction) =>
    (last.op === "box" || last.op === "spread") && last.other === undefined && last.diagonal !== true
      ? { ...last, target, other: a, factor: last.factor * ratio, shift: last.shift * ratio }
      : undefined;
  const step = { op: "combine", source: b, other: a, target, factor: ratio, shift: 0 } as const;
  return builder.replaceLast(b, join) ?? builder.emit(step);
}

/** a·b. */
export function multiplied(builder: Builder, a: MapValue, b: MapValue): MapValue {
  const scale = a.scale * b.scale;
  const nonNegative = a.nonNegative && b.nonNegative;
  const target = builder.map({ space: a.space, scale, size: a.size * b.size, nonNegative });
  return builder.emit({ op: "multiply", source: a, other: b, target, factor: 1, shift: 0 });
}

const one: Window = { kernel: 1, stride: 1, dilation: 1, lo: 0, wraps: false };

/** Windows of rows and columns; signals have one row. */
export function bothWindows<T extends Window>(windows: readonly T[]): readonly [T, T] {
  const [x, y] = windows.toReversed();
  return [y ?? { ...x!, ...one, size: 1, out: 1 }, x!];
}

/** Mean over all positions. */
export function meanOf(builder: Builder, source: MapValue): MapValue {
  const [height, width] = source.space.sizes;
  if (height * width === 1) return source;
  const windows = [
    { ...one, kernel: height },
    { ...one, kernel: width },
  ] as const;
  const stencil = { op: "box", space: builder.space([1, 1], source.space.factor), windows } as const;
  return applied(builder, { ...stencil, taps: height * width }, source, { scale: 1, shift: 0 });
}

/** The space of the outputs of windows. */
export function strided(
  builder: Builder,
  { factor }: Space,
  [y, x]: readonly [Window & { readonly out: number }, Window & { readonly out: number }],
): Space {
  return builder.space([y.out, x.out], [factor[0] * y.stride, factor[1] * x.stride]);
}

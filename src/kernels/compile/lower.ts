/**
 * @file Covariance operations to instructions: one rule an operation (kernels.md §2.1). Constant factors go into the
 * scales of maps; what is left of them stands at sums and shifts (kernel-engine.md §3).
 */
import type { CovarianceOp } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { Builder, State } from "./builder.ts";
import type { MapValue, Window } from "./program.ts";

type OpOf<K extends CovarianceOp["op"]> = Extract<CovarianceOp, { op: K }>;
type OutWindow = Window & { readonly out: number };
type Rules = { readonly [K in CovarianceOp["op"]]?: (builder: Builder, op: OpOf<K>, state: State) => State };

/** Beyond these sizes maps are brought back to about 1. */
const [smallest, largest] = [1e-6, 1e6];

const one: Window = { kernel: 1, stride: 1, dilation: 1, lo: 0, wraps: false };

/** `factor·m + shift` with K as it was: the factor and shift of m that bring its size near 1 where that is free or due. */
function rescaled(scale: number, size: number, shift: number) {
  const due = shift !== 0 || size < smallest || size > largest;
  const total = size + Math.abs(shift / scale);
  const factor = due && total > 0 ? 1 / total : 1;
  return { factor, scale: scale / factor, shift: (shift / scale) * factor, size: total * factor };
}

/** The sum over windows, with K' = scale·⟨K⟩ + shift. */
function windowSum(
  builder: Builder,
  source: MapValue,
  windows: readonly [Window, Window],
  out: { readonly height: number; readonly width: number; readonly scale: number; readonly shift: number },
): MapValue {
  const taps = windows[0].kernel * windows[1].kernel;
  const next = rescaled((source.scale * out.scale) / taps, source.size * taps, out.shift);
  const target = builder.map({
    space: builder.space(out.height, out.width),
    scale: next.scale,
    size: next.size,
    nonNegative: source.nonNegative && out.shift >= 0,
  });
  const { factor, shift } = next;
  return builder.emit({ op: "box", source, target, factor, shift, windows });
}

/** K → scale·K + shift. */
function affine(builder: Builder, source: MapValue, scale: number, shift: number): MapValue {
  if (shift === 0) return { ...source, scale: source.scale * scale };
  const next = rescaled(source.scale * scale, source.size, shift);
  const target = builder.map({
    space: source.space,
    scale: next.scale,
    size: next.size,
    nonNegative: source.nonNegative && shift >= 0,
  });
  return builder.emit({ op: "combine", source, target, factor: next.factor, shift: next.shift });
}

/** a + weight·b, in the scale of a. */
function addMaps(builder: Builder, a: MapValue, b: MapValue, weight: number): MapValue {
  const ratio = (weight * b.scale) / a.scale;
  const target = builder.map({
    space: a.space,
    scale: a.scale,
    size: a.size + ratio * b.size,
    nonNegative: a.nonNegative && b.nonNegative,
  });
  const fused = builder.replaceLast(b, (last) =>
    last.op === "box" && last.other === undefined
      ? { ...last, target, other: a, factor: last.factor * ratio, shift: last.shift * ratio }
      : undefined,
  );
  return fused ?? builder.emit({ op: "combine", source: b, other: a, target, factor: ratio, shift: 0 });
}

/** Mean over all positions. */
function meanOf(builder: Builder, source: MapValue): MapValue {
  const { height, width } = source.space;
  if (height * width === 1) return source;
  const windows = [
    { ...one, kernel: height },
    { ...one, kernel: width },
  ] as const;
  return windowSum(builder, source, windows, { height: 1, width: 1, scale: 1, shift: 0 });
}

const rules: Rules = {
  identity: (_, __, state) => state,
  dropout: (_, __, state) => state,
  affine: (builder, { scale, shift }, { nngp }) => ({ nngp: affine(builder, nngp, scale, shift) }),
  scale: (_, { factor }, { nngp }) => ({ nngp: { ...nngp, scale: nngp.scale * factor * factor } }),
  convolution: (builder, { scale, shift, windows }, { nngp }) => {
    const [x, y = { ...one, out: 1 }] = windows.toReversed() as readonly OutWindow[] as readonly [
      OutWindow,
      OutWindow?,
    ];
    const pointwise = [y, x].every(({ kernel, stride, lo, out }, i) => {
      const size = i === 0 ? nngp.space.height : nngp.space.width;
      return kernel === 1 && stride === 1 && lo === 0 && out === size;
    });
    if (pointwise) return { nngp: affine(builder, nngp, scale, shift) };
    return { nngp: windowSum(builder, nngp, [y, x], { height: y.out, width: x.out, scale, shift }) };
  },
  activation: (builder, { activation }, { nngp }) => {
    if (activation.kind !== "relu") throw declined(`the activation ${activation.kind}`);
    const { space, scale, size } = nngp;
    const target = builder.map({ space, scale: scale / 2, size, nonNegative: true });
    const slots = builder.activation(space, 2, !nngp.nonNegative);
    builder.emit({ op: "relu", source: nngp, target, factor: 1, shift: 0, activation: slots });
    return { nngp: target };
  },
  flatten: (builder, _, { nngp }) => ({ nngp: meanOf(builder, nngp) }),
  residual: (builder, { mu, branch }, state) => {
    const end = lower(builder, branch, state).nngp;
    return { nngp: mu === 0 ? end : addMaps(builder, scaledBy(state.nngp, mu * mu), end, 1) };
  },
  sum: (builder, { branches }, state) => {
    const [first, ...rest] = branches.map((branch) => () => lower(builder, branch, state).nngp);
    let total = first!();
    for (const next of rest) total = addMaps(builder, total, next(), 1);
    return { nngp: total };
  },
};

function scaledBy(map: MapValue, factor: number): MapValue {
  return { ...map, scale: map.scale * factor };
}

function declined(what: string): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `The float32 kernel engine does not compute ${what}.`,
    where: "kernel engine",
    hint: "Use precision float64.",
  });
}

/** The state after a list of operations. @throws FathomError unsupported naming the operation. */
export function lower(builder: Builder, ops: readonly CovarianceOp[], start: State): State {
  return ops.reduce((state, op) => {
    const rule = rules[op.op] as ((b: Builder, op: CovarianceOp, s: State) => State) | undefined;
    if (rule === undefined) throw declined(`the operation ${op.op}`);
    return rule(builder, op, state);
  }, start);
}

/** The kernel of a network's whole output: the mean over its positions. */
export function finalMean(builder: Builder, { nngp }: State): State {
  return { nngp: meanOf(builder, nngp) };
}

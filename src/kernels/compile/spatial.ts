/** @file Rules of layers that know positions (kernels.md §2.1, §2.2). What mixes positions of one item ends a segment. */
import { channelAxis } from "../../net/index.ts";
import { type Builder, meanOfMixed, positionsOf, type State } from "./builder.ts";
import { declined } from "./declined.ts";
import { bothWindows, here, scaled, strided } from "./maps.ts";
import { columnsOf, kronecker, poolAxis, rangeAxis, sparseRows } from "./matrices.ts";
import type { AxisMatrix, Both, Ending, MapValue, Space } from "./program.ts";
import { linear, type Rules, weighted } from "./weighted.ts";

type SpatialOp =
  | "localConvolution"
  | "transposedConvolution"
  | "pool"
  | "globalAvgPool"
  | "resize"
  | "aggregate"
  | "slice"
  | "embedding"
  | "positional"
  | "attention"
  | "elementwiseAttention";

/** K and Θ go on in another space; `gain` is about how much larger their numbers are. */
function ended(builder: Builder, state: State, ending: Ending, space: Space, gain: number): State {
  const mixed = linear(state, (source) => {
    const target = builder.map({ ...source, space, size: source.size * gain });
    return builder.emit({ op: "end", source, target, factor: 1, shift: 0, ending });
  });
  return { ...mixed, mean: meanOfMixed(state.mean) };
}

/** y = A x over positions, row by row of the matrix. */
function mixed(builder: Builder, state: State, matrix: AxisMatrix, sizes: Both): State {
  const from = state.nngp.space;
  const factor = from.sizes.map((size, i) => (from.factor[i]! * size) / sizes[i]!) as unknown as Both;
  return ended(builder, state, { kind: "mix", matrix }, builder.space(sizes, factor), 1);
}

/** The same positions with the displacements of another space, to which they go in the next segment. */
export function renamed(builder: Builder, state: State, space: Space): State {
  const matrix = rangeAxis(0, positionsOf(space));
  return { ...ended(builder, state, { kind: "mix", matrix }, space, 1), mean: state.mean };
}

/** K'(Δ) = K(Δ) + value(Δ), and Θ likewise. */
function shifted(builder: Builder, source: MapValue, value: (displacement: Both) => number): MapValue {
  const shiftOf = (displacement: Both) => value(displacement) / source.scale;
  const size = source.size + Math.abs(shiftOf([0, 0]));
  const target = builder.map({ ...source, size, nonNegative: false });
  return builder.emit({ op: "combine", source, target, factor: 1, shift: 0, shiftOf });
}

/** The longest wavelength of sinusoids is 2π times this (net/layers/positional). */
const BASE = 10_000;

function sinusoidGram(channels: number, distance: number): number {
  let sum = 0;
  for (let c = 0; c < channels; c += 2) sum += Math.cos(BASE ** (-c / channels) * distance);
  return sum / channels;
}

type Keys = Pick<Extract<Ending, { kind: "attend" }>, "query" | "weights" | "causal">;

/** G K G'ᵀ and G Θ G'ᵀ. */
function attended(builder: Builder, state: State, { query, weights, causal }: Keys): State {
  const { space, scale, size } = state.nngp;
  const tokens = positionsOf(space);
  const kept = builder.keep(1, tokens * tokens);
  const attend = { kind: "attend", tokens, query: query * scale, weights, causal } as const;
  // Rows of a softmax have the sum 1.
  const gain = weights === "softmax" ? 1 : Math.max(tokens * Math.abs(attend.query) * size, 1) ** 2;
  const end = (source: MapValue, first: boolean): MapValue => {
    const target = builder.map({ ...source, size: source.size * gain });
    return builder.emit({
      op: "end",
      source,
      target,
      factor: 1,
      shift: 0,
      kept,
      flag: first,
      ending: attend,
    });
  };
  const nngp = end(state.nngp, true);
  return { ...state, nngp, ntk: state.ntk && end(state.ntk, false) };
}

const cutRange = (size: number, from: number, to: number) => ({ first: from, count: to - from, size });

export const spatialRules: Rules<SpatialOp> = {
  localConvolution: (builder, op, state) => {
    const windows = bothWindows(op.windows);
    const space = strided(builder, state.nngp.space, windows);
    const taps = windows[0].kernel * windows[1].kernel;
    const own = weighted(builder, { op: "box", space, windows, taps, diagonal: true }, state, op);
    return own;
  },
  transposedConvolution: (builder, op, state) => {
    const windows = bothWindows(op.windows);
    const { factor } = state.nngp.space;
    const out: Both = [factor[0] / windows[0].stride, factor[1] / windows[1].stride];
    const space = builder.space([windows[0].size, windows[1].size], out);
    const taps = windows[0].kernel * windows[1].kernel;
    return weighted(builder, { op: "spread", space, windows, taps }, state, op);
  },
  pool: (builder, { windows: axes, divisor }, state) => {
    const windows = bothWindows(axes);
    const from = state.nngp.space;
    const space = strided(builder, from, windows);
    const taps = windows[0].kernel * windows[1].kernel;
    const padded = windows.some(({ lo, hi, wraps }) => !wraps && (lo > 0 || hi > 0));
    if (divisor === "inside" && padded) {
      const matrix = kronecker(poolAxis(windows[0], divisor), poolAxis(windows[1], divisor), from.sizes[1]);
      return ended(builder, state, { kind: "mix", matrix }, space, 1);
    }
    const sums = ended(builder, state, { kind: "pool", windows }, space, taps * taps);
    return divisor === "none" ? sums : linear(sums, (map) => scaled(map, 1 / (taps * taps)));
  },
  globalAvgPool: (builder, _, state) => {
    const { sizes, factor } = state.nngp.space;
    const count = sizes[0] * sizes[1];
    if (count === 1) return state;
    const whole = (size: number) => ({ kernel: size, stride: size, dilation: 1, lo: 0, hi: 0, wraps: false });
    const windows = [whole(sizes[0]), whole(sizes[1])] as const;
    const sums = ended(
      builder,
      state,
      { kind: "pool", windows },
      builder.space([1, 1], factor),
      count * count,
    );
    return linear(sums, (map) => scaled(map, 1 / (count * count)));
  },
  resize: (builder, { matrices }, state) => {
    const axes = matrices.map(sparseRows);
    const [y, x] = [axes.length > 1 ? axes[0]! : [[{ column: 0, value: 1 }]], axes.at(-1)!];
    const matrix = kronecker(y, x, state.nngp.space.sizes[1]);
    return mixed(builder, state, matrix, [y.length, x.length]);
  },
  aggregate: (builder, { matrix }, state) => mixed(builder, state, columnsOf(matrix), [1, matrix.shape[0]]),
  slice: (builder, { input, axis, from, to }, state) => {
    if (axis === channelAxis(input)) return state;
    const { space } = state.nngp;
    const axes = [...input.shape.keys()].filter((a) => a !== channelAxis(input));
    const tokensOfImage = axes.length === 1 && space.sizes[0] > 1;
    if (tokensOfImage) {
      return mixed(builder, state, rangeAxis(from, to), [1, to - from]);
    }
    const at = axes.length === 1 ? 1 : axes.indexOf(axis);
    const range = cutRange(space.sizes[at]!, from, to);
    const sizes: Both = at === 0 ? [range.count, space.sizes[1]] : [space.sizes[0], range.count];
    const origin: Both = at === 0 ? [range.first, 0] : [0, range.first];
    const target = builder.space(sizes, space.factor);
    const mean = meanOfMixed(state.mean);
    return linear({ ...state, mean }, (source) =>
      builder.emit({
        op: "cut",
        source,
        target: builder.map({ ...source, space: target }),
        factor: 1,
        shift: 0,
        origin,
      }),
    );
  },
  embedding: (builder, { variance, table }, { nngp, ntk }) => {
    const own = table[builder.parameterisation];
    const theta = ntk === undefined ? undefined : own === 0 ? null : scaled(nngp, own);
    return { nngp: scaled(nngp, variance), ntk: theta, mean: "zero" };
  },
  positional: (builder, op, state) => {
    const width = state.nngp.space.sizes[1];
    if (op.encoding === "learned") {
      const same = (value: number) => (displacement: Both) =>
        displacement.every((d) => d === 0) ? value : 0;
      const nngp = shifted(builder, state.nngp, same(op.variance));
      const own = op.table[builder.parameterisation];
      if (state.ntk === undefined || own === 0) return { ...state, nngp };
      if (state.ntk === null) throw declined("a table of positions before all other parameters");
      return { ...state, nngp, ntk: shifted(builder, state.ntk, same(own)) };
    }
    if (op.channels % 2 === 1) throw declined("sinusoids of an odd number of channels");
    const gram = ([y, x]: Both) => sinusoidGram(op.channels, y * width + x);
    return { ...state, nngp: shifted(builder, state.nngp, gram), mean: "unknown" };
  },
  attention: (builder, op, state) => {
    const seen = attended(builder, state, { ...op, weights: "softmax" });
    return weighted(builder, here(state.nngp.space), seen, op);
  },
  elementwiseAttention: (builder, op, state) => {
    const { scale, shift, value, out, factor, weights, causal } = op;
    const still = here(state.nngp.space);
    // Queries, keys and values have one kernel.
    const values = weighted(builder, still, state, { scale, shift, trained: value });
    const seen = attended(builder, values, { query: factor, weights, causal });
    return weighted(builder, still, seen, { scale, shift, trained: out });
  },
};

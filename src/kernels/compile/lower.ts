/**
 * @file Covariance operations to instructions: one rule an operation (kernels.md §2.1). Θ follows K: what acts linearly on
 * K acts so on Θ, which gains what the layer's own parameters train.
 */
import type { CovarianceOp } from "../../net/index.ts";
import { activated, centredAndNormalised, normalised } from "./activations.ts";
import { type Builder, meanOfMixed, meanOfSum, meanTimes, positionsOf, type State } from "./builder.ts";
import { declined } from "./declined.ts";
import { added, bothWindows, here, meanOf, multiplied, scaled, strided } from "./maps.ts";
import type { MapValue } from "./program.ts";
import { renamed, spatialRules } from "./spatial.ts";
import { linear, type OpOf, type Rules, weighted } from "./weighted.ts";

/** The sum over windows of a convolution; nothing where it sees every position alone. */
function convolution({ space }: MapValue, builder: Builder, op: OpOf<"convolution">) {
  const windows = bothWindows(op.windows);
  const out = strided(builder, space, windows);
  const taps = windows[0].kernel * windows[1].kernel;
  const alone = out === space && windows.every(({ kernel, lo }) => kernel === 1 && lo === 0);
  return alone ? here(space) : ({ op: "box", space: out, windows, taps } as const);
}

/** Σ of K and Θ of states, each times its factor, and of their means, which `meanFactors` may set apart. */
function summed(
  builder: Builder,
  ends: readonly State[],
  factors: readonly number[],
  meanFactors: readonly number[] = factors,
): State {
  const states = inOneSpace(builder, ends);
  const total = (maps: readonly (MapValue | null | undefined)[]) => {
    const terms = maps.flatMap((map, i) => (map ? [scaled(map, factors[i]!)] : []));
    return terms.length === 0 ? null : terms.reduce((sum, term) => added(builder, sum, term));
  };
  return {
    nngp: total(states.map(({ nngp }) => nngp))!,
    ntk: states[0]!.ntk === undefined ? undefined : total(states.map(({ ntk }) => ntk)),
    mean: meanOfSum(states.map(({ mean }, i) => meanTimes(mean, meanFactors[i]!))),
  };
}

/** The states in the space of the first, where different strides of branches give one shape. */
function inOneSpace(builder: Builder, states: readonly State[]): State[] {
  const { space } = states[0]!.nngp;
  return states.map((state) => (state.nngp.space === space ? state : renamed(builder, state, space)));
}

/** Π K_b, and Σ_b Θ_b Π_{c≠b} K_c: branch by branch. */
function product(builder: Builder, a: State, other: State): State {
  const [, b] = inOneSpace(builder, [a, other]) as [State, State];
  const nngp = multiplied(builder, a.nngp, b.nngp);
  const mean = a.mean === "zero" ? a.mean : meanOfMixed(b.mean);
  if (a.ntk === undefined) return { nngp, ntk: undefined, mean };
  const left = a.ntk && multiplied(builder, a.ntk, b.nngp);
  const right = b.ntk && multiplied(builder, b.ntk, a.nngp);
  return { nngp, ntk: left && right ? added(builder, left, right) : (left ?? right ?? null), mean };
}

const rules = {
  ...spatialRules,
  identity: (_, __, state) => state,
  dropout: (_, __, state) => state,
  affine: (builder, op, state) => weighted(builder, here(state.nngp.space), state, op),
  scale: (_, { factor }, state) => ({
    ...linear(state, (map) => scaled(map, factor * factor)),
    mean: meanTimes(state.mean, factor),
  }),
  gain: (builder, { factor, trained }, state) => {
    const weights = { scale: factor * factor, shift: 0, trained };
    const result = weighted(builder, here(state.nngp.space), state, weights);
    return { ...result, mean: meanTimes(state.mean, factor) };
  },
  convolution: (builder, op, state) => weighted(builder, convolution(state.nngp, builder, op), state, op),
  activation: (builder, op, state) => activated(builder, op, state),
  layerNorm: (builder, op, state) => centredAndNormalised(builder, state, { ...op, whole: false }),
  exampleNorm: (builder, op, state) => centredAndNormalised(builder, state, { ...op, whole: true }),
  rmsNorm: (builder, { epsilon, trained }, state) => {
    const gains = { ...trained, bias: { ntk: 0, standard: 0 } };
    const result = normalised(builder, state, { epsilon, units: 1, trained: gains });
    return { ...result, mean: meanOfMixed(state.mean) };
  },
  l2Normalize: (builder, { epsilon, units }, state) => ({
    ...normalised(builder, state, { epsilon, units }),
    mean: meanOfMixed(state.mean),
  }),
  flatten: (builder, _, state) =>
    positionsOf(state.nngp.space) === 1
      ? state
      : { ...linear(state, (map) => meanOf(builder, map)), mean: meanOfMixed(state.mean) },
  residual: (builder, { mu, branch }, state) => {
    const end = lower(builder, branch, state);
    return mu === 0 ? end : summed(builder, [state, end], [mu * mu, 1], [mu, 1]);
  },
  sum: (builder, { branches }, state) => {
    const ends = branches.map((branch) => lower(builder, branch, state));
    return summed(
      builder,
      ends,
      ends.map(() => 1),
    );
  },
  concat: (builder, { branches, widths }, state) => {
    const total = widths.reduce((sum, width) => sum + width, 0);
    const ends = branches.map((branch) => lower(builder, branch, state));
    return summed(
      builder,
      ends,
      widths.map((width) => width / total),
    );
  },
  product: (builder, { branches }, state) => {
    const ends = branches.map((branch) => lower(builder, branch, state));
    return ends.reduce((a, b) => product(builder, a, b));
  },
} satisfies Partial<Rules<CovarianceOp["op"]>>;

/** The state after a list of operations. @throws FathomError unsupported naming what is not computed. */
export function lower(builder: Builder, ops: readonly CovarianceOp[], start: State): State {
  return ops.reduce((state, op) => {
    const rule = (rules as Partial<Record<string, (b: Builder, op: CovarianceOp, s: State) => State>>)[op.op];
    if (rule === undefined) throw declined(`the operation ${op.op}`);
    return rule(builder, op, state);
  }, start);
}

/** The kernel of a network's whole output: the mean over its positions, kept for the end. */
export function result(builder: Builder, state: State): { nngp: MapValue; ntk: MapValue | null | undefined } {
  const { nngp, ntk } = linear(state, (map) => meanOf(builder, map));
  if (positionsOf(nngp.space) !== 1) throw declined("an output of several positions");
  // A copy: the result has a place of its own.
  const copy = (map: MapValue) => {
    const target = builder.map(map);
    return builder.emit({ op: "combine", source: map, target, factor: 1, shift: 0 });
  };
  return { nngp: copy(nngp), ntk: ntk && copy(ntk) };
}

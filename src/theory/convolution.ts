/**
 * @file Convolutions in mean field (criticality.md §4.9, kernels.md §2.1): output p sees a window of inputs with fresh
 * weights, K'_p = (sw2/k) Σ_q K_q + sb2, and J, chi_K and tangent kernels likewise, where k counts the kernel's weights and
 * q runs over the inputs inside. Where every window is full (circular, valid) and all positions are alike, that is an affine
 * layer; zero padding loses at the edges.
 */
import { FathomError } from "../tensor/index.ts";
import { requireCount } from "./checks.ts";
import {
  joinPairs,
  joinSingles,
  meanOfPairs,
  meanOfSingles,
  type Positional,
  spread,
  withBatch,
} from "./positions.ts";
import { affine, type Step } from "./step.ts";

/** Where windows stand along one axis: output i sees the inputs `stride·i + dilation·j - lo` for j < kernel. */
export interface WindowAxis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Positions added before the first. */
  readonly lo: number;
  /** Whether the axis is a ring, so that positions outside are those of the other end; zeros otherwise. */
  readonly wraps: boolean;
  readonly out: number;
}

export interface ConvolutionOptions {
  /** Weight variance times fan-in: weights have variance sw2/(k C). */
  readonly sw2: number;
  readonly sb2: number;
  /** k C, which only the `standard` tangent kernel depends on. */
  readonly fanIn?: number;
  /** One an axis. */
  readonly geometry: readonly WindowAxis[];
}

/** Inputs that each output sees, and the number of weights of a kernel. */
interface Stencil {
  /** Number of input positions. */
  readonly inputs: number;
  readonly kernel: number;
  /** Inputs seen by every output alike; undefined where outputs differ. */
  readonly uniform: number | undefined;
  /** For each output, the positions that it sees, repeated where weights see one position twice. */
  windows(): readonly (readonly number[])[];
}

/**
 * A convolution with fresh weights, shared over positions or not (an unshared one has the same moments at each position).
 * @throws FathomError `bad-input` for bad variances or no windows; `bad-shape` from the rules when the state has another
 * number of positions.
 * @example convolution({ sw2: 2, sb2: 0, geometry: [{ size: 8, kernel: 3, stride: 1, dilation: 1, lo: 1, wraps: false, out: 8 }] })
 */
export function convolution({ geometry, ...options }: ConvolutionOptions): Step {
  requireWindows(geometry);
  return stencilStep("convolution", options, {
    inputs: product(geometry.map(({ size }) => size)),
    kernel: product(geometry.map(({ kernel }) => kernel)),
    uniform: uniformProduct(geometry.map((axis) => windowsOf(axis).map(({ length }) => length))),
    windows: () => grid(geometry.map(windowsOf), sizesOf(geometry)),
  });
}

/**
 * A transposed convolution: the adjoint of the stencil of a convolution, from its outputs to its inputs, with fresh weights
 * of variance sw2/(k C). An output sees as many inputs as there are windows of that convolution over it.
 * @param options `geometry` is that of the convolution whose adjoint this is.
 * @throws FathomError as `convolution`.
 */
export function transposedConvolution({ geometry, ...options }: ConvolutionOptions): Step {
  requireWindows(geometry);
  return stencilStep("transposed convolution", options, {
    inputs: product(geometry.map(({ out }) => out)),
    kernel: product(geometry.map(({ kernel }) => kernel)),
    uniform: uniformProduct(geometry.map((axis) => adjointWindowsOf(axis).map(({ length }) => length))),
    windows: () =>
      grid(
        geometry.map(adjointWindowsOf),
        geometry.map(({ out }) => out),
      ),
  });
}

function stencilStep(name: string, options: Omit<ConvolutionOptions, "geometry">, stencil: Stencil): Step {
  const dense = affine(options);
  const over = throughStencil(name, stencil);
  const single = over({ mean: meanOfSingles, affine: dense.single, join: joinSingles });
  const pair = over({ mean: meanOfPairs, affine: dense.pair, join: joinPairs });
  return {
    name,
    mixes: true,
    single,
    pair: ({ batch, ...state }) =>
      withBatch(pair(state), batch === undefined ? state : { ...state, batch }, single),
  };
}

/** What is done with states of one kind. */
interface Rules<S> {
  readonly mean: (states: readonly S[], count?: number) => S;
  readonly affine: (state: S) => S;
  readonly join: (positions: readonly S[]) => S;
}

/** Means over windows, zeros outside, and an affine layer behind them. */
function throughStencil(name: string, { inputs, kernel, uniform, windows }: Stencil) {
  let known: readonly (readonly number[])[] | undefined;
  return <S extends Positional<S>>(rules: Rules<S>) =>
    (state: S): S => {
      if (state.positions === undefined && uniform === kernel) return rules.affine(state);
      if (state.positions === undefined && uniform !== undefined)
        return rules.affine(rules.mean(spread(state, uniform), kernel));
      const positions = spread(state, inputs);
      requirePositions(name, positions.length, inputs);
      known ??= windows();
      const seen = (window: readonly number[]) => window.map((q) => positions[q]!);
      return rules.join(known.map((window) => rules.affine(rules.mean(seen(window), kernel))));
    };
}

const product = (counts: readonly number[]) => counts.reduce((total, count) => total * count, 1);
const sizesOf = (axes: readonly WindowAxis[]) => axes.map(({ size }) => size);

/** Positions that each output of one axis sees. */
function windowsOf({ size, kernel, stride, dilation, lo, wraps, out }: WindowAxis): number[][] {
  return Array.from({ length: out }, (_, i) => {
    const window = Array.from({ length: kernel }, (__, j) => stride * i + dilation * j - lo);
    return wraps
      ? window.map((position) => ((position % size) + size) % size)
      : window.filter((position) => position >= 0 && position < size);
  });
}

/** The windows of one axis that stand over each position. */
function adjointWindowsOf(axis: WindowAxis): number[][] {
  const seenBy = Array.from({ length: axis.size }, (): number[] => []);
  for (const [i, window] of windowsOf(axis).entries())
    for (const position of window) seenBy[position]!.push(i);
  return seenBy;
}

/** The product of the counts of all axes, where it is the same at every position. */
function uniformProduct(counts: readonly (readonly number[])[]): number | undefined {
  const alike = counts.every((axis) => axis.every((count) => count === axis[0]));
  return alike ? product(counts.map((axis) => axis[0]!)) : undefined;
}

/** Windows of a grid from those of its axes, both row by row. */
function grid(axes: readonly (readonly (readonly number[])[])[], sizes: readonly number[]): number[][] {
  return axes.reduce<number[][]>(
    (outer, axis, a) =>
      outer.flatMap((before) =>
        axis.map((window) => before.flatMap((row) => window.map((column) => row * sizes[a]! + column))),
      ),
    [[0]],
  );
}

function requireWindows(geometry: readonly WindowAxis[]): void {
  requireCount(geometry.length, "geometry");
  for (const [a, { size, kernel, stride, dilation, out }] of geometry.entries())
    for (const [name, count] of Object.entries({ size, kernel, stride, dilation, out }))
      requireCount(count, `geometry[${a}].${name}`);
}

function requirePositions(name: string, count: number, expected: number): void {
  if (count === expected) return;
  throw new FathomError({
    code: "bad-shape",
    message: `The ${name} takes ${expected} positions, but the signal has ${count}.`,
    where: name,
    hint: "Give the moments of as many positions as the input has.",
  });
}

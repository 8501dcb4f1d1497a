/**
 * @file Convolutions in mean field (criticality.md §4.9, kernels.md §2.1): output p sees a window of inputs with fresh
 * weights, K'_p = (sw2/k) Σ_q K_q + sb2, and J, chi_K and tangent kernels likewise, where k counts the kernel's weights and
 * q runs over the inputs inside. Where every window is full (circular, valid) and all positions are alike, that is an affine
 * layer; zero padding loses at the edges.
 */
import { FathomError } from "../tensor/index.ts";
import {
  joinPairs,
  joinSingles,
  meanOfPairs,
  meanOfSingles,
  type Positional,
  rankOne,
  spread,
  withBatch,
  withoutBatch,
} from "./positions.ts";
import type { MeanFieldState } from "./state.ts";
import { type AffineOptions, affine, type Step } from "./step.ts";
import { adjointStencilOf, OUTSIDE, type Stencil, stencilOf, type WindowAxis } from "./windows.ts";

/** Weights have variance sw2/(k C); `fanIn` is k C. */
export interface ConvolutionOptions extends AffineOptions {
  /** One an axis. */
  readonly geometry: readonly WindowAxis[];
}

/**
 * A convolution with fresh weights, shared over positions.
 * @throws FathomError `bad-input` for bad variances or no windows; `bad-shape` from the rules when the state has another
 * number of positions.
 * @example convolution({ sw2: 2, sb2: 0, geometry: [{ size: 8, kernel: 3, stride: 1, dilation: 1, lo: 1, wraps: false, out: 8 }] })
 */
export function convolution({ geometry, ...options }: ConvolutionOptions): Step {
  return stencilStep("convolution", options, stencilOf(geometry));
}

/**
 * A convolution with fresh weights of its own at each position: the moments of each are those of a shared one. Examples covary
 * at equal positions and nowhere else, which a state of all positions does not tell apart: unless it is 0, the covariance
 * between them is unknown from here on.
 * @throws FathomError as `convolution`.
 */
export function localConvolution(options: ConvolutionOptions): Step {
  const shared = convolution(options);
  const single = (state: MeanFieldState) => {
    const after = shared.single(state);
    const apart = (after.positions ?? [after]).every(({ batch }) => batch === 0);
    return apart ? after : withoutBatch(after);
  };
  return { ...shared, name: "local convolution", single, pair: (s) => withBatch(shared.pair(s), s, single) };
}

/**
 * A transposed convolution: the adjoint of the stencil of a convolution, from its outputs to its inputs, with fresh weights
 * of variance sw2/(k C). An output sees as many inputs as there are windows of that convolution over it.
 * @param options `geometry` is that of the convolution whose adjoint this is.
 * @throws FathomError as `convolution`.
 */
export function transposedConvolution({ geometry, ...options }: ConvolutionOptions): Step {
  return stencilStep("transposed convolution", options, adjointStencilOf(geometry));
}

function stencilStep(name: string, options: AffineOptions, stencil: Stencil): Step {
  const dense = affine(options);
  const over = throughStencil(name, stencil);
  const moments = over({ mean: meanOfSingles, affine: dense.single, join: joinSingles });
  const pair = over({ mean: meanOfPairs, affine: dense.pair, join: joinPairs });
  const single = (state: MeanFieldState) => withCovariances(moments(state), state, stencil, options);
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
  return <S extends Positional<S>>(rules: Rules<S>) =>
    (state: S): S => {
      if (state.positions === undefined && uniform === kernel) return rules.affine(state);
      if (state.positions === undefined && uniform !== undefined)
        return rules.affine(rules.mean(spread(state, uniform), kernel));
      const positions = spread(state, inputs);
      requirePositions(name, positions.length, inputs);
      const seen = (window: readonly number[]) =>
        window.filter((q) => q !== OUTSIDE).map((q) => positions[q]!);
      return rules.join(windows().map((window) => rules.affine(rules.mean(seen(window), kernel))));
    };
}

/**
 * The state with the covariances of each output and those of another example at any position: two outputs see their inputs
 * through the same weight j, so for inputs of covariances u_p u_q they are (sw2/k) Σ_j u_p(j) ⟨u_q(j)⟩_q + sb2.
 */
function withCovariances(
  after: MeanFieldState,
  before: MeanFieldState,
  { inputs, kernel, uniform, windows }: Stencil,
  { sw2, sb2 }: AffineOptions,
): MeanFieldState {
  const alike = before.positions === undefined && uniform === kernel;
  if (Number.isNaN(before.batch) || alike) return after;
  const { sign, factors } = rankOne(spread(before, inputs));
  const seen = windows().map((window) => window.map((q) => (q === OUTSIDE ? 0 : factors[q]!)));
  const means = seen[0]!.map((_, j) => seen.reduce((sum, row) => sum + row[j]!, 0) / seen.length);
  const scale = (sign * sw2) / kernel;
  const covariances = seen.map((row) => scale * row.reduce((sum, u, j) => sum + u * means[j]!, 0) + sb2);
  if (after.positions !== undefined)
    return joinSingles(after.positions.map((position, p) => ({ ...position, batch: covariances[p]! })));
  return { ...after, batch: covariances.reduce((sum, value) => sum + value, 0) / covariances.length };
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

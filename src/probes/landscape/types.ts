/**
 * @file What the measurements of a loss surface take and give (training.md §1.4). A surface is a function of named arrays, its
 * coordinates: here the mean data loss over a fixed set. Inside, a place on it is one flat float64 vector.
 */
import type { FloatDType, Key, NdArray, Shape } from "../../tensor/index.ts";
import type { Estimate } from "../../theory/index.ts";

/** A place on a surface: arrays by name, as a run folder or an imported model holds them. */
export type Point = Readonly<Record<string, NdArray>>;

/** One array among the coordinates of a surface. */
export interface Coordinate {
  readonly name: string;
  readonly shape: Shape;
  /** The axis along which output units or channels are told apart: 0 of `[out, in, …]`; undefined where there are no filters. */
  readonly filterAxis?: number;
}

export interface SurfaceValue {
  /** NaN or Infinity where the network's outputs are not finite. */
  readonly loss: number;
  /** Fraction of examples whose largest output is not at the label; only where there are labels. */
  readonly error?: number;
}

export interface SurfaceGradient {
  readonly loss: number;
  /** `[dimension]` */
  readonly gradient: Float64Array;
}

/** v ↦ H v at one place. The argument is not kept or changed; the result is the caller's own. */
export interface HessianAt {
  apply(v: Float64Array): Promise<Float64Array>;
}

/**
 * A loss surface, compiled once. Dispose of it when done. Made by `modelSurface`, `foreignSurface` and `expressionSurface`;
 * anything else of this form can be measured as well.
 */
export interface Surface extends AsyncDisposable {
  readonly coordinates: readonly Coordinate[];
  /** Numbers in all coordinates together. */
  readonly dimension: number;
  /** Examples that the loss is a mean over. */
  readonly examples: number;
  readonly dtype: FloatDType;
  /** What the values mean, for estimates made of them. */
  readonly assumptions: readonly string[];
  /** Names that points may hold besides the coordinates: frozen parameters, running statistics. */
  readonly others: ReadonlySet<string>;
  /** @param w `[dimension]`, as from `vectorOf`. */
  value(w: Float64Array): Promise<SurfaceValue>;
  gradient(w: Float64Array): Promise<SurfaceGradient>;
  /** Exact products with the Hessian at w. */
  hessian(w: Float64Array): Promise<HessianAt>;
}

/** What every measurement takes besides. */
export interface MeasureOptions {
  /** Of the random directions and starts; seed 0 unless said. */
  readonly key?: Key;
  readonly signal?: AbortSignal;
  /** Told after every evaluation: values, gradients or products. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Losses on a line of places. Values that are not finite stay so. */
export interface Curve {
  /** `[points]`, in the unit that the measurement states. */
  readonly t: readonly number[];
  /** `[points]` */
  readonly loss: readonly number[];
  /** `[points]`, only where there are labels. */
  readonly error?: readonly number[];
  readonly assumptions: readonly string[];
}

/** Losses on a plane of places. */
export interface Grid {
  /** `[columns]` */
  readonly x: readonly number[];
  /** `[rows]` */
  readonly y: readonly number[];
  /** `[rows][columns]`: `loss[j][i]` is at (x[i], y[j]). */
  readonly loss: readonly (readonly number[])[];
  readonly error?: readonly (readonly number[])[];
  readonly assumptions: readonly string[];
}

export interface InterpolationOptions extends MeasureOptions {
  readonly from: Point;
  readonly to: Point;
  /** Values of t; -0.5 to 1.5 unless said. */
  readonly range?: readonly [low: number, high: number];
  /** 41 unless said, at least 2. */
  readonly points?: number;
}

/** L(a + t(b - a)). */
export interface Interpolation extends Curve {
  /** max over t in [0, 1] of L(t) - (1 - t) L(a) - t L(b), on the points of the curve; 0 at least, by its ends. */
  readonly barrier: Estimate;
  /** Where it is. */
  readonly barrierAt: number;
  /** The same of the error. */
  readonly errorBarrier?: Estimate;
  /** ||b - a|| */
  readonly distance: number;
}

export interface PlaneOptions extends MeasureOptions {
  /** Three solutions: u = b - a, and v the part of c - a across it. */
  readonly solutions: readonly [a: Point, b: Point, c: Point];
  /** Points along each axis; 25 unless said, at least 2. */
  readonly points?: number;
  /** What is shown around the solutions, as a part of their spread; 0.25 unless said. */
  readonly margin?: number;
}

/** The plane through three solutions, in units of the norm of the weights. */
export interface Plane extends Grid {
  /** Where the solutions lie: a at (0, 0), b on the first axis. */
  readonly solutions: readonly (SurfaceValue & { readonly x: number; readonly y: number })[];
}

/**
 * How a random direction is scaled: `filter` gives every filter the norm it has in the weights, `layer` every array; `none`
 * leaves normal numbers.
 */
export type Normalisation = "filter" | "layer" | "none";

export interface DirectionOptions {
  /** `filter` unless said. */
  readonly normalisation?: Normalisation;
  /** Arrays without filters (biases, gains): `zero` unless said; `norm` scales them as one filter. */
  readonly vectors?: "zero" | "norm";
}

export interface SliceOptions extends MeasureOptions, DirectionOptions {
  /** Directions instead of random ones, `[dimension]` each: one for a line, two for a grid. */
  readonly directions?: readonly Float64Array[];
  /** 51 on a line, 25 each way on a grid, unless said; at least 2. */
  readonly points?: number;
  /** The slice goes from -radius to radius; 1 unless said. */
  readonly radius?: number;
}

export interface RiseOptions extends MeasureOptions {
  /** Distances; 11 from 0 to `radius` unless said. */
  readonly radii?: readonly number[];
  /** Largest distance; a tenth of ||w|| unless said. */
  readonly radius?: number;
  /** Random directions; 10 unless said, at least 2. */
  readonly directions?: number;
}

/** How the loss rises around a place. */
export interface Rise {
  readonly r: readonly number[];
  /** Means over the directions of L(w + r d/||d||) - L(w). */
  readonly rise: readonly Estimate[];
  /** L(w) */
  readonly loss: number;
}

/** Products with the Hessian: `exact` by forward over reverse mode, or by central `differences` of gradients. */
export type ProductMethod = "exact" | "differences";

export interface EigenvalueOptions extends MeasureOptions {
  /** How many of the largest; 1 unless said. */
  readonly top?: number;
  /** Products at most; 30 unless said. */
  readonly steps?: number;
  /** Stops when the residuals asked for are below this part of the largest |eigenvalue|; 1e-3 unless said, 0 takes all steps. */
  readonly tolerance?: number;
  /** Not in `top` of `tolerance`: the most negative one must be as sharp too. `largest` asks for the top alone; `both` unless said. */
  readonly ends?: "largest" | "both";
  /** `exact` unless said. */
  readonly method?: ProductMethod;
}

/** Both ends of the spectrum of the Hessian. */
export interface HessianEigenvalues {
  /** Largest first; as many as asked for, or the dimension. Each interval is its residual. */
  readonly largest: readonly Estimate[];
  /** The most negative one; the smallest where none is negative. */
  readonly smallest: Estimate;
  readonly products: number;
  /** Whether every residual is below the tolerance. */
  readonly converged: boolean;
  /** The loss at the place: compare flatness only with it (training.md §1.7). */
  readonly loss: number;
}

export interface TraceOptions extends MeasureOptions {
  /** Random signs; 30 unless said, at least 2. */
  readonly probes?: number;
  readonly method?: ProductMethod;
}

export interface HessianTrace {
  /** Mean of vᵀ H v. */
  readonly trace: Estimate;
  /** Mean of |H v|², the sum of squared eigenvalues. */
  readonly squares: Estimate;
  /** vᵀ H v of each probe. */
  readonly draws: readonly number[];
  readonly loss: number;
}

export interface DensityOptions extends MeasureOptions {
  /** Random starts; 10 unless said. */
  readonly probes?: number;
  /** Products a start; 40 unless said. */
  readonly steps?: number;
  /** Standard deviation of the Gaussian that a node is drawn as; 1 % of the spectrum's length unless said. */
  readonly width?: number;
  /** Places at which the density is given; 400 unless said, at least 2. */
  readonly points?: number;
  readonly method?: ProductMethod;
}

/** One start of stochastic Lanczos quadrature. */
export interface Quadrature {
  /** Ascending. */
  readonly nodes: readonly number[];
  /** Sum 1. */
  readonly weights: readonly number[];
}

export interface SpectralDensity {
  readonly x: readonly number[];
  /** Mean over the starts; its integral is 1. */
  readonly density: readonly number[];
  /** Standard errors over the starts; NaN of one start. */
  readonly se: readonly number[];
  readonly width: number;
  readonly quadratures: readonly Quadrature[];
  /** Mean eigenvalue: trace / dimension. */
  readonly mean: Estimate;
  /** Mean square of the eigenvalues. */
  readonly meanSquare: Estimate;
  /** Part of the eigenvalues below -width. */
  readonly negative: Estimate;
  readonly largest: number;
  readonly smallest: number;
  readonly products: number;
  readonly loss: number;
  readonly assumptions: readonly string[];
}

/**
 * Which perturbations count: `plain` those with ||e|| ≤ ρ, `adaptive` those with ||e / |w| || ≤ ρ, which move no weight that is
 * 0 and do not depend on the scale of a layer or a unit.
 */
export type SharpnessKind = "plain" | "adaptive";

export interface SharpnessOptions extends MeasureOptions {
  readonly rho: number;
  /** `plain` unless said. */
  readonly kind?: SharpnessKind;
  /** Of the ascent; 20 unless said. */
  readonly steps?: number;
  /** Of the average case; 32 unless said, at least 2. */
  readonly draws?: number;
  /** Products for λ_max of the small-ρ model, 30 unless said; 0 leaves the model out. */
  readonly products?: number;
  /** λ_max where it is known already (of diag|w| H diag|w| for `adaptive`). */
  readonly largest?: number;
}

/** How much higher the loss is near a place. */
export interface Sharpness {
  readonly rho: number;
  readonly kind: SharpnessKind;
  readonly loss: number;
  readonly gradientNorm: number;
  /** Worst case S_ρ by projected ascent: the best place visited, so a lower bound of the maximum. */
  readonly worst: Estimate;
  /** L(w + ρ g/||g||) - L(w), what one step of SAM sees. */
  readonly oneStep: Estimate;
  /** Mean over e ~ N(0, ρ²/n). */
  readonly average: Estimate;
  /** ρ||g|| + ½ρ²λ_max: where it is far from the worst case, ρ is not small. */
  readonly model?: Estimate;
  readonly largest?: number;
  /** ||e|| of the worst place, in the norm of `kind`. */
  readonly worstAt: number;
  readonly gradients: number;
}

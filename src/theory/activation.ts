/**
 * @file The mathematical half of an activation (conventions.md, "Where activations live"): plain float64 functions and
 * what is known in closed form about Gaussian variables passed through them.
 */

/**
 * Closed forms, each for h ~ N(0, K) or a centred pair (u, v) with variances Ka, Kb and covariance C. What is missing is
 * integrated (moments.ts). All must hold from K = 0 to K = 1e290; what leaves float64 on the way is Infinity, never NaN.
 */
export interface GaussianMoments {
  /** E φ(h)². */
  readonly B?: (K: number) => number;
  /** E φ'(h)². */
  readonly A?: (K: number) => number;
  /** dB/dK = chi_K / sw2. */
  readonly chiK?: (K: number) => number;
  /** E φ(h). */
  readonly m?: (K: number) => number;
  /** E φ'(h)⁴. */
  readonly A4?: (K: number) => number;
  /** E φ(u) φ(v). */
  readonly dual?: (Ka: number, Kb: number, C: number) => number;
  /** E φ'(u) φ'(v), the derivative of `dual` by C. */
  readonly dualDerivative?: (Ka: number, Kb: number, C: number) => number;
  /** E φ(h)⁴. */
  readonly fourth?: (K: number) => number;
  /** E φ(h)² φ'(h)². */
  readonly mixedFourth?: (K: number) => number;
  /** E h φ(h) φ'(h). */
  readonly radial?: (K: number) => number;
  /** a_l(K) = E φ(sqrt(K) z) He_l(z)/sqrt(l!), z ~ N(0, 1), for l = 0, 1, … where they end: for polynomials. */
  readonly hermite?: (K: number) => readonly number[];
  /** E φ(u)² φ(v)². */
  readonly dualOfSquares?: (Ka: number, Kb: number, C: number) => number;
}

/** The value of a parameter in the JSON form. */
export type ParameterValue = number | string | readonly number[];

/** An activation φ as mathematics: its derivatives, its kinks, its behaviour at 0, its Gaussian integrals. */
export interface ScalarActivation {
  /** Name in JSON and on the command line. */
  readonly kind: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly f: (x: number) => number;
  /** Derivative; at a kink, the value that the expression language uses (relu'(0) = 0). */
  readonly df: (x: number) => number;
  /** Second derivative, away from kinks. */
  readonly d2f?: (x: number) => number;
  /** Points where φ, φ' or φ'' jumps: panels of quadratures end there. */
  readonly kinks: readonly number[];
  /** [φ(0), φ'(0), φ''(0), φ'''(0)]; absent where a kink sits at 0. */
  readonly taylor?: readonly [number, number, number, number];
  /** True when φ(λ x) = λ φ(x) for every λ > 0 (the scale-invariant class). */
  readonly homogeneous?: true;
  /** True where only kernels are known, and no function: `f` and `df` refuse with `unsupported`. */
  readonly kernelOnly?: true;
  /** Length on which φ varies around 0, where quadratures must resolve it; default 1. */
  readonly scale?: number;
  /** True when φ varies on that length everywhere, and not around 0 only. */
  readonly oscillates?: true;
  readonly moments: GaussianMoments;
}

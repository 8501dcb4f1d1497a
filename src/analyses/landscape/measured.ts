/**
 * @file What was found of loss surfaces, as plain JSON: pieces are kept in a journal. Numbers that are not finite are null.
 */

/** A number with its error; of eigenvalues the error is the residual of the iteration. */
export interface Value {
  readonly value: number | null;
  readonly se?: number | null;
  readonly ci?: readonly [number | null, number | null];
  readonly n?: number;
}

export interface CurveData {
  readonly t: readonly number[];
  readonly loss: readonly (number | null)[];
  readonly error?: readonly (number | null)[];
}

export interface GridData {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly loss: readonly (readonly (number | null)[])[];
}

export interface SharpnessData {
  readonly rho: number;
  readonly worst: Value;
  readonly oneStep: Value;
  readonly average: Value;
  /** ρ‖g‖ + ½ρ²λ_max. */
  readonly model?: Value;
}

export interface DensityData {
  readonly x: readonly number[];
  readonly density: readonly (number | null)[];
  readonly se: readonly (number | null)[];
  /** Standard deviation of the Gaussians that it is made of. */
  readonly width: number;
  /** Part of the eigenvalues below −width. */
  readonly negative: Value;
  readonly starts: number;
}

/** All of one solution; what was not asked for is left out. */
export interface MeasuredSolution {
  readonly name: string;
  readonly loss: number | null;
  readonly error?: number;
  /** How many weights are trained. */
  readonly weights: number;
  /** ‖w‖ of them. */
  readonly norm: number;
  readonly gradientNorm: number | null;
  readonly eigenvalues?: {
    readonly largest: readonly Value[];
    readonly smallest: Value;
    readonly products: number;
    readonly converged: boolean;
  };
  readonly trace?: Value;
  /** √(mean |Hv|²): the Frobenius norm. */
  readonly frobenius?: number | null;
  readonly density?: DensityData;
  readonly sharpness?: { readonly plain: SharpnessData; readonly adaptive: SharpnessData };
  readonly slice?: CurveData;
  /** Mean rise over random directions of length r. */
  readonly rise?: { readonly r: readonly number[]; readonly rise: readonly Value[] };
  readonly grid?: GridData;
  readonly seconds: number;
}

/** The straight line between two solutions. */
export interface MeasuredLine extends CurveData {
  readonly from: string;
  readonly to: string;
  /** Highest excess over the chord of the losses of both ends. */
  readonly barrier: Value;
  readonly barrierAt: number;
  readonly errorBarrier?: Value;
  readonly distance: number;
}

/** The plane through three solutions. */
export interface MeasuredPlane extends GridData {
  readonly solutions: readonly { readonly name: string; readonly x: number; readonly y: number }[];
}

export interface Landscape {
  readonly solutions: readonly MeasuredSolution[];
  readonly lines: readonly MeasuredLine[];
  readonly plane?: MeasuredPlane;
}

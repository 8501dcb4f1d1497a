/**
 * @file The singular values of the Jacobian between two taps, on sampled networks or on given weights, beside the law that free
 * probability gives them (criticality.md §9, §14.9). Float64 throughout, from J itself and not from J Jᵀ, and in units of their
 * root mean square, whose logarithm is kept.
 */
import { initialise, type Model } from "../net/index.ts";
import type { CompileOptions } from "../runtime/index.ts";
import { FathomError, Key, type NdArray, ndarray, singularValues, sizeOf } from "../tensor/index.ts";
import { meanOf } from "../theory/index.ts";
import type { TapChain } from "./chain.ts";
import { positiveCount } from "./checks.ts";
import { seedKey } from "./jacobian.ts";
import { compileJacobianMatrix, inFloat64, type JacobianMatrix, oneInput } from "./jacobian-matrix.ts";
import { type EigenvalueLaw, hasAtoms, kolmogorovDistance } from "./kolmogorov.ts";
import { type LogEstimate, logEstimate } from "./log-estimate.ts";
import type { TapName } from "./stretch.ts";

export interface SpectrumOptions {
  /** The network; or its chain of taps for one input in float64, then with `parameters`. */
  readonly network: Model | TapChain;
  /** `[S, ...inputShape]`: one Jacobian for each. */
  readonly inputs: NdArray;
  /** Fresh initialisations; 2 unless said. */
  readonly seeds?: number;
  /** Weights to measure instead: one entry takes the place of one seed. */
  readonly parameters?: readonly Readonly<Record<string, NdArray>>[];
  /** First and last tap, by number from 1 or by name; the whole chain unless said. */
  readonly from?: TapName;
  readonly to?: TapName;
  /** What theory says of the eigenvalues of J Jᵀ, for square Jacobians. */
  readonly law?: EigenvalueLaw & { readonly mean: number };
  readonly key?: Key;
  readonly options?: CompileOptions;
  readonly onSample?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Distances of one sample from the law. */
export interface SampleDistance {
  /** As they are; null where they leave float64. */
  readonly raw: number | null;
  /** Scaled to the law's mean; where the law has atoms above 0, whose places are exact, the raw distance. */
  readonly normalised: number | null;
}

/** The Jacobian of one network at one input. */
export interface SampledSpectrum {
  readonly seed: number;
  readonly input: number;
  /** `[min(n_out, n_in)]` descending, in units of exp(`lnScale`): their mean square is 1. Empty for a J that is 0 or not finite. */
  readonly singularValues: Float64Array;
  readonly lnScale: number;
  /** ln of the mean eigenvalue of J Jᵀ: |J|²/n_out. */
  readonly lnMean: number;
  /** ln of its largest eigenvalue. */
  readonly lnMax: number;
  /** The largest part of the units, over segments, that the later tap does not depend on at all. */
  readonly inactive: number;
  readonly ks?: SampleDistance;
  readonly status?: "dead" | "overflow";
}

export interface SpectrumMeasurement {
  readonly from: string;
  readonly to: string;
  /** [n_out, n_in]. */
  readonly shape: readonly [number, number];
  readonly samples: readonly SampledSpectrum[];
  /** The mean eigenvalue, over inputs and seeds. */
  readonly mean: LogEstimate;
  /** The largest eigenvalue, over inputs and seeds. */
  readonly max: LogEstimate;
  readonly inactive: number;
  /** Means of the distances over the samples. */
  readonly ks?: SampleDistance;
}

/**
 * Measures the spectrum of the Jacobian between two taps.
 * @throws FathomError bad-input for no inputs, seeds < 1, or a chain without weights; not-found for unknown taps; too-large
 * for more than 2048 units; unsupported where the inputs of a batch act on each other; the reason of `signal` when it is aborted.
 * @example
 * const law = uniformSpectrum({ activation, depth: 10, q: 0.2, weights: "haar" });
 * const { ks, max } = await measureSpectrum({ network: model, inputs, law: { ...law.distribution(), mean: law.mean } });
 */
export async function measureSpectrum(settings: SpectrumOptions): Promise<SpectrumMeasurement> {
  const { network, parameters, key = Key.fromSeed(0), law, signal } = settings;
  const seeds = positiveCount("seeds", parameters?.length ?? settings.seeds ?? 2);
  const weightsOf = weightSource(network, parameters, key);
  await using program = await compileJacobianMatrix(settings);
  const inputs = rowsOf(network, settings.inputs);
  const shape = [program.to.units, program.from.units] as const;
  const compared = shape[0] === shape[1] ? law : undefined;
  const samples: SampledSpectrum[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const weights = weightsOf(seed);
    for (const [input, x] of inputs.entries()) {
      signal?.throwIfAborted();
      const sample = sampleOf(await program.run(weights, x), compared);
      samples.push({ seed, input, ...sample });
      settings.onSample?.(samples.length, seeds * inputs.length);
    }
  }
  const perSeed = (value: (sample: SampledSpectrum) => number) =>
    logEstimate(
      Array.from({ length: seeds }, (_, seed) => samples.filter((sample) => sample.seed === seed).map(value)),
    );
  return {
    from: program.from.name,
    to: program.to.name,
    shape,
    samples,
    mean: perSeed(({ lnMean }) => lnMean),
    max: perSeed(({ lnMax }) => lnMax),
    inactive: Math.max(...samples.map(({ inactive }) => inactive)),
    ...(compared === undefined ? {} : { ks: meanDistance(samples) }),
  };
}

function weightSource(
  network: Model | TapChain,
  parameters: SpectrumOptions["parameters"],
  key: Key,
): (seed: number) => Record<string, NdArray> {
  if (parameters !== undefined) return (seed) => inFloat64(parameters[seed]!);
  if ("inputShape" in network) return (seed) => initialise(network, seedKey(key, seed), { dtype: "float64" });
  throw new FathomError({
    code: "bad-input",
    where: "parameters",
    message: "A chain of taps has no law that its weights could be drawn from.",
    hint: "Give the weights to measure it with.",
  });
}

/** Single inputs, each `[1, ...inputShape]`. */
function rowsOf(network: Model | TapChain, inputs: NdArray): NdArray[] {
  const [count = 0, ...shape] = inputs.shape;
  positiveCount("inputs", count);
  const size = sizeOf(shape);
  return Array.from({ length: count }, (_, i) => {
    const data = (inputs.data as Float64Array).subarray(i * size, (i + 1) * size);
    return oneInput(network, ndarray(inputs.dtype, [1, ...shape], data));
  });
}

function sampleOf(
  { matrix, lnScale, inactive }: JacobianMatrix,
  law: SpectrumOptions["law"],
): Omit<SampledSpectrum, "seed" | "input"> {
  const idle = Math.max(0, ...inactive);
  if (!Number.isFinite(lnScale)) {
    const status = lnScale === Number.NEGATIVE_INFINITY ? "dead" : "overflow";
    const empty = { singularValues: new Float64Array(0), lnScale, lnMean: lnScale, lnMax: lnScale };
    return {
      ...empty,
      inactive: idle,
      status,
      ...(law === undefined ? {} : { ks: { raw: null, normalised: null } }),
    };
  }
  const [rows, columns] = matrix.shape as [number, number];
  const values = singularValues(matrix).data;
  return {
    singularValues: values,
    lnScale,
    lnMean: 2 * lnScale + Math.log(Math.min(rows, columns) / rows),
    lnMax: 2 * (lnScale + Math.log(values[0]!)),
    inactive: idle,
    ...(law === undefined ? {} : { ks: distanceOf(values, lnScale, law) }),
  };
}

function distanceOf(
  values: Float64Array,
  lnScale: number,
  law: NonNullable<SpectrumOptions["law"]>,
): SampleDistance {
  // What lies within rounding of 0 (of the largest, times N): a rank that is not full shows there.
  const least = Number.EPSILON * values.length * values[0]!;
  const distance = (factor: number) => {
    const eigenvalues = values.map((s) => (s > least ? factor * s * s : 0));
    return eigenvalues.every(Number.isFinite) ? kolmogorovDistance(eigenvalues, law) : null;
  };
  const raw = distance(Math.exp(2 * lnScale));
  return { raw, normalised: hasAtoms(law) ? raw : distance(law.mean) };
}

function meanDistance(samples: readonly SampledSpectrum[]): SampleDistance {
  const mean = (values: readonly (number | null | undefined)[]) =>
    values.every((value) => typeof value === "number") ? meanOf(values) : null;
  return {
    raw: mean(samples.map(({ ks }) => ks?.raw)),
    normalised: mean(samples.map(({ ks }) => ks?.normalised)),
  };
}

/**
 * @file Asymptotic freeness tested on sampled networks (criticality.md §11; Collins and Hayase, arXiv 2103.13466): with
 * a = D₁² - tr D₁² and T = O₂ᵀ (D₂² - tr D₂²) O₂ of a network of two Haar layers, tr the trace over N, mixed moments of
 * centred factors vanish as 1/N although D₂ depends on the very weights W₂ = σw O₂. With the identity in place of O₂ they stay.
 */
import { FathomError, Key, normal } from "../tensor/index.ts";
import {
  derivativeFourthMoment,
  derivativeMoment,
  meanEstimate,
  meanOf,
  requireVariance,
  type ScalarActivation,
  secondMoment,
} from "../theory/index.ts";
import { positiveCount } from "./checks.ts";
import { applyMatrix, inputOfMoment, scaledHaar } from "./plain-layers.ts";

/** The mixed moments, as they are printed. The last one subtracts what free factors would give. */
export const freenessWords = ["tr(aT)", "tr(aTaT)", "tr(aT²a) - tr(a²)tr(T²)"] as const;
export type FreenessWord = (typeof freenessWords)[number];

export interface FreenessOptions {
  readonly activation: ScalarActivation;
  readonly sw2: number;
  readonly sb2: number;
  /** |x|²/N of the input; 1 unless said. */
  readonly inputMoment?: number;
  /** Widths N, ascending; 32, 64, 128 unless said. */
  readonly widths?: readonly number[];
  /** Networks at each width; 40 unless said. */
  readonly nets?: number;
  readonly key?: Key;
  readonly onNet?: (done: number, total: number) => void;
}

/** One mixed moment at one width, over the sampled networks. */
export interface FreenessMoment {
  readonly word: FreenessWord;
  readonly N: number;
  readonly nets: number;
  readonly mean: number;
  /** Standard error of the mean. */
  readonly se: number;
  /** Root mean square over networks. */
  readonly rms: number;
}

/** A slope of ln rms by ln N. */
export interface FreenessSlope {
  readonly value: number;
  readonly se: number;
}

export interface FreenessReport {
  readonly moments: readonly FreenessMoment[];
  /** Of all words together; -1 for O(1/N). */
  readonly slope: FreenessSlope;
  readonly slopes: Readonly<Record<FreenessWord, FreenessSlope>>;
  /** The same with the identity in place of O₂, where factors are not free: the moments stay. */
  readonly control: { readonly moments: readonly FreenessMoment[]; readonly slope: FreenessSlope };
  /** tr a², tr b², b = D₂² - tr D₂², at infinite width: N E tr(aTaT) tends to their product. */
  readonly variances: readonly [a: number, b: number];
}

/** Values of the words, in their order, for one network. */
type Sample = readonly [number, number, number];

/**
 * Measures the mixed moments on sampled networks.
 * @throws FathomError bad-input for fewer than two different widths, widths below 2, fewer than 2 networks, or variances that are
 * none; failed where a network overflows.
 * @example
 * const { slope } = freeness({ activation: scalarActivation("relu"), sw2: 2, sb2: 0.1 });
 * slope.value; // about -1
 */
export function freeness(options: FreenessOptions): FreenessReport {
  const { activation, sw2, sb2, inputMoment = 1 } = options;
  requireVariance(sw2, "sw2");
  requireVariance(sb2, "sb2");
  requireVariance(inputMoment, "inputMoment");
  const { widths, free, control } = sampledWords({ ...options, inputMoment });
  const K1 = sw2 * inputMoment + sb2;
  const K2 = sw2 * secondMoment(activation, K1) + sb2;
  const varianceAt = (K: number) =>
    derivativeFourthMoment(activation, K) - derivativeMoment(activation, K) ** 2;
  return {
    moments: momentsOf(widths, free),
    slope: slopeOfAll(widths, free),
    slopes: slopesByWord(widths, free),
    control: { moments: momentsOf(widths, control), slope: slopeOfAll(widths, control) },
    variances: [varianceAt(K1), varianceAt(K2)],
  };
}

/** The words by width and network. */
interface SampledWords {
  readonly widths: readonly number[];
  readonly free: readonly (readonly Sample[])[];
  readonly control: readonly (readonly Sample[])[];
}

function sampledWords(setting: Setting): SampledWords {
  const { widths = [32, 64, 128], nets = 40, onNet } = setting;
  positiveCount("widths", new Set(widths).size, 2);
  for (const N of widths) positiveCount("widths", N, 2);
  positiveCount("nets", nets, 2);
  const samples = widths.map((N, i) =>
    Array.from({ length: nets }, (_, net) => {
      const sampled = sampleNet(setting, N, net);
      if (![...sampled.free, ...sampled.control].every(Number.isFinite)) throw overflowed(setting, N);
      onNet?.(i * nets + net + 1, widths.length * nets);
      return sampled;
    }),
  );
  return {
    widths,
    free: samples.map((ofWidth) => ofWidth.map(({ free }) => free)),
    control: samples.map((ofWidth) => ofWidth.map(({ control }) => control)),
  };
}

interface Setting extends FreenessOptions {
  readonly inputMoment: number;
}

/** The words of one network of width N, and of the same one with the identity for O₂. */
function sampleNet(
  { activation, sw2, sb2, inputMoment, key = Key.fromSeed(0) }: Setting,
  N: number,
  net: number,
) {
  const own = key.split("freeness").split(N).split(net);
  const x = inputOfMoment(own.split("input"), N, inputMoment).data;
  const bias = (l: number) =>
    normal(own.split("bias").split(l), "float64", [N], { std: Math.sqrt(sb2) }).data;
  const first = applyMatrix(scaledHaar(own.split("weight").split(1), N, sw2), x);
  const h1 = plus(first, bias(1));
  const units = h1.map(activation.f);
  const O2 = scaledHaar(own.split("weight").split(2), N, 1);
  const deviation = Math.sqrt(sw2);
  const h2 = plus(applyMatrix(O2, units), bias(2), deviation);
  const plain = plus(units, bias(2), deviation);
  const a = centredSlopes(activation, h1);
  return {
    free: words(a, conjugated(O2, centredSlopes(activation, h2))),
    control: words(a, diagonal(centredSlopes(activation, plain))),
  };
}

/** factor · a + b. */
function plus(a: Float64Array, b: Float64Array, factor = 1): Float64Array {
  return a.map((value, i) => factor * value + b[i]!);
}

/** The diagonal of D² - tr D². */
function centredSlopes({ df }: ScalarActivation, h: Float64Array): Float64Array {
  const squares = h.map((value) => df(value) ** 2);
  const mean = meanOf(squares);
  return squares.map((value) => value - mean);
}

/** Oᵀ diag(b) O. */
function conjugated(O: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const T = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    const row = O.subarray(k * n, (k + 1) * n);
    for (let i = 0; i < n; i++) {
      const factor = b[k]! * row[i]!;
      for (let j = 0; j < n; j++) T[i * n + j]! += factor * row[j]!;
    }
  }
  return T;
}

function diagonal(b: Float64Array): Float64Array {
  const T = new Float64Array(b.length ** 2);
  b.forEach((value, i) => {
    T[i * (b.length + 1)] = value;
  });
  return T;
}

/** For diagonal a and symmetric T: tr aT = Σ a_i T_ii, tr aTaT = Σ a_i a_j T_ij², tr aT²a = Σ a_i² T_ij², over N. */
function words(a: Float64Array, T: Float64Array): Sample {
  const n = a.length;
  let [aT, aTaT, aTTa, aa, TT] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    aT += a[i]! * T[i * (n + 1)]!;
    aa += a[i]! ** 2;
    for (let j = 0; j < n; j++) {
      const square = T[i * n + j]! ** 2;
      TT += square;
      aTaT += a[i]! * a[j]! * square;
      aTTa += a[i]! ** 2 * square;
    }
  }
  return [aT / n, aTaT / n, aTTa / n - (aa / n) * (TT / n)];
}

function overflowed({ activation: { kind }, sw2 }: Setting, N: number): FathomError {
  return new FathomError({
    code: "failed",
    where: "sw2",
    message: `Slopes of ${kind} leave float64 in a network of width ${N} at sw2 = ${sw2}.`,
    hint: "Take a smaller sw2, or an activation whose slope is bounded.",
  });
}

function momentsOf(widths: readonly number[], samples: readonly (readonly Sample[])[]): FreenessMoment[] {
  return freenessWords.flatMap((word, w) =>
    widths.map((N, i) => {
      const values = samples[i]!.map((sample) => sample[w]!);
      const { value: mean, se } = meanEstimate(values);
      const rms = Math.sqrt(meanOf(values.map((value) => value ** 2)));
      return { word, N, nets: values.length, mean, se: se!, rms };
    }),
  );
}

function slopeOfAll(widths: readonly number[], samples: readonly (readonly Sample[])[]): FreenessSlope {
  const square = (sample: Sample) => sample.reduce((sum, value) => sum + value * value, 0);
  return slopeOf(
    widths,
    samples.map((ofWidth) => ofWidth.map(square)),
  );
}

function slopesByWord(widths: readonly number[], samples: readonly (readonly Sample[])[]) {
  const entries = freenessWords.map((word, w) => {
    const squares = samples.map((ofWidth) => ofWidth.map((sample) => sample[w]! ** 2));
    return [word, slopeOf(widths, squares)] as const;
  });
  return Object.fromEntries(entries) as Record<FreenessWord, FreenessSlope>;
}

/**
 * Least squares of ln rms by ln N. The error of each ln rms follows from the scatter of squares over networks:
 * Var(ln rms) = Var(m²)/(4 n (E m²)²).
 */
function slopeOf(widths: readonly number[], squared: readonly (readonly number[])[]): FreenessSlope {
  const x = widths.map(Math.log);
  const centre = meanOf(x);
  const spread = x.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  let [value, variance] = [0, 0];
  squared.forEach((samples, i) => {
    const weight = (x[i]! - centre) / spread;
    const { value: mean, se } = meanEstimate(samples);
    value += (weight * Math.log(mean)) / 2;
    variance += ((weight * se!) / (2 * mean)) ** 2;
  });
  return { value, se: Math.sqrt(variance) };
}

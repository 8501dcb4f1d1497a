/**
 * @file How far two inputs stay apart through depth, measured on finite networks and the data's own pairs:
 * c_l = ⟨h_a, h_b⟩ / (|h_a| |h_b|) of the preactivations of tap l, within and between classes, and K^l over the inputs.
 */
import {
  abs,
  concat,
  div,
  greater,
  matmul,
  reduceMax,
  reduceSum,
  reshape,
  Scope,
  sqrt,
  square,
  type Tensor,
  where,
  withScope,
} from "../expr/index.ts";
import { initialise, type Model } from "../net/index.ts";
import { type CompileOptions, compile, type Executable } from "../runtime/index.ts";
import { FathomError, type FloatDType, Key, type NdArray } from "../tensor/index.ts";
import { meanOf } from "../theory/index.ts";
import { meanSquareOfUnits, type Tap, type TapChain, tapChain } from "./chain.ts";
import { checkInputs, positiveCount } from "./checks.ts";
import { type Distribution, distribution } from "./distribution.ts";
import { seedKey } from "./jacobian.ts";
import { type Pair, type PairsByClass, pairsByClass, rankingAccuracy } from "./pairs.ts";
import { type SeedEstimate, seedEstimate } from "./seed-estimate.ts";

export interface CorrelationOptions {
  readonly model: Model;
  /** `[N, ...inputShape]`, at least two classes with two examples each among them. */
  readonly inputs: NdArray;
  /** `[N]`. */
  readonly labels: NdArray;
  readonly seeds?: number;
  readonly key?: Key;
  readonly dtype?: FloatDType;
  readonly options?: CompileOptions;
}

/** Correlations of one kind of pairs at one tap. */
export interface PairSummary {
  /** Mean over pairs, with its standard error over seeds. */
  readonly mean: SeedEstimate;
  /** Over pairs, each averaged over seeds. */
  readonly spread: Distribution;
}

export interface CorrelationLayer {
  readonly index: number;
  readonly name: string;
  /** K^l over the inputs, averaged over seeds. */
  readonly K: Distribution;
  readonly within: PairSummary;
  readonly between: PairSummary;
  /** Mean correlation within classes less that between classes, paired by seed. */
  readonly gap: SeedEstimate;
  /**
   * Chance that, in one network, a pair of one class is more correlated than a pair of two classes (ties count half):
   * 1 for perfect separation, 0.5 where correlation says nothing about class. Unlike the gap it does not change when
   * all correlations are squeezed together.
   */
  readonly ranking: SeedEstimate;
}

export interface CorrelationMeasurement {
  readonly layers: readonly CorrelationLayer[];
  readonly seeds: number;
  readonly pairs: { readonly within: number; readonly between: number };
}

/**
 * Measures correlations of preactivations through depth.
 * @returns One record per tap.
 * @throws FathomError bad-input when there are fewer than two classes or no class has two examples; bad-shape when
 *   inputs or labels do not fit.
 * @example (await measureCorrelations({ model, inputs, labels })).layers.map((layer) => layer.between.mean.value)
 */
export async function measureCorrelations(settings: CorrelationOptions): Promise<CorrelationMeasurement> {
  const { model, key = Key.fromSeed(0), dtype = "float32" } = settings;
  const inputs = checkInputs(model, settings.inputs, dtype);
  const seeds = positiveCount("seeds", settings.seeds ?? 5);
  const pairs = pairsByClass(checkLabels(settings.labels, inputs.shape[0]!));
  const { chain, outputs } = withScope(new Scope(), () => {
    const chain = tapChain(model, inputs.shape[0]!, dtype);
    return { chain, outputs: grams(chain) };
  });
  await using executable = await compile({
    inputs: [chain.x, ...Object.values(chain.parameters)],
    outputs,
    ...(settings.options ? { options: settings.options } : {}),
  });
  const runs: GramRun[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const parameters = initialise(model, seedKey(key, seed), { dtype });
    runs.push(await runGrams(executable, chain, { ...parameters, x: inputs }));
  }
  const layers = chain.taps.map((tap, l) => summarise(tap, l, runs, pairs));
  return { layers, seeds, pairs: { within: pairs.within.length, between: pairs.between.length } };
}

/** One seed: `[tap]` → correlations `[N·N]`, NaN from the first tap that overflows, and K `[N]`. */
interface GramRun {
  readonly samples: number;
  readonly correlation: Float64Array[];
  readonly K: Float64Array[];
}

/** `correlation` `[L, N, N]` and `K` `[N, L]`. */
function grams({ taps, samples }: TapChain): Record<string, Tensor> {
  const perTap = taps.map(({ tensor, units }) => {
    const rows = unitRows(reshape(tensor, [samples, units]));
    return reshape(matmul(rows, rows, { transposeB: true }), [1, samples, samples]);
  });
  return { correlation: concat(perTap, { axis: 0 }), K: concat(taps.map(meanSquareOfUnits), { axis: 1 }) };
}

/**
 * Rows divided by their norm; rows of zeros stay zeros. First by their largest entry, because the squares of the tiny
 * preactivations of an ordered network underflow while their correlation is still there.
 */
function unitRows(rows: Tensor): Tensor {
  const overUnits = { axes: [1], keepDims: true };
  const shaped = div(rows, orOne(reduceMax(abs(rows), overUnits)));
  return div(shaped, orOne(sqrt(reduceSum(square(shaped), overUnits))));
}

function orOne(size: Tensor): Tensor {
  return where(greater(size, 0), size, 1);
}

async function runGrams(
  executable: Executable,
  chain: TapChain,
  feeds: Record<string, NdArray>,
): Promise<GramRun> {
  const { samples, taps } = chain;
  const outputs = await executable.run(feeds);
  const gram = Float64Array.from(outputs["correlation"]!.data as Float32Array);
  const K = outputs["K"]!.data as Float32Array;
  const size = samples * samples;
  const first = gram.findIndex(Number.isNaN);
  // Behind an overflow a ReLU makes zeros of NaN, which would pass for inputs that have become one.
  if (first >= 0) gram.fill(Number.NaN, first - (first % size));
  return {
    samples,
    correlation: taps.map((_, l) => gram.subarray(l * size, (l + 1) * size)),
    K: taps.map((_, l) => Float64Array.from({ length: samples }, (__, n) => K[n * taps.length + l]!)),
  };
}

function summarise(tap: Tap, l: number, runs: readonly GramRun[], pairs: PairsByClass): CorrelationLayer {
  const of = (kind: readonly Pair[]) => runs.map((run) => correlations(run, l, kind));
  const within = of(pairs.within);
  const between = of(pairs.between);
  return {
    index: tap.index,
    name: tap.name,
    K: distribution(meanOverSeeds(runs.map((run) => run.K[l]!))),
    within: pairSummary(within),
    between: pairSummary(between),
    gap: seedEstimate(within.map((values, seed) => [meanOf(values) - meanOf(between[seed]!)])),
    ranking: seedEstimate(within.map((values, seed) => [rankingAccuracy(values, between[seed]!)])),
  };
}

/** Two inputs that have both become zero are one input: correlation 1. */
function correlations({ correlation, samples }: GramRun, l: number, pairs: readonly Pair[]): Float64Array {
  const gram = correlation[l]!;
  const isZero = (row: number) => gram[row * samples + row] === 0;
  return Float64Array.from(pairs, ([a, b]) => (isZero(a) && isZero(b) ? 1 : gram[a * samples + b]!));
}

function pairSummary(perSeed: readonly Float64Array[]): PairSummary {
  return { mean: seedEstimate(perSeed), spread: distribution(meanOverSeeds(perSeed)) };
}

function meanOverSeeds(perSeed: readonly Float64Array[]): Float64Array {
  return perSeed[0]!.map((_, i) => meanOf(perSeed.map((values) => values[i]!)));
}

function checkLabels(labels: NdArray, samples: number): ArrayLike<number> {
  if (labels.data.length === samples) return labels.data as Int32Array;
  throw new FathomError({
    code: "bad-shape",
    where: "labels",
    message: `There are ${labels.data.length} labels for ${samples} inputs.`,
    hint: "Give one label per input.",
  });
}

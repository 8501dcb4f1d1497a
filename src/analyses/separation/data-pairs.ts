/** @file Correlations of the data's own pairs, before any network. */
import { type Model, takesIds } from "../../net/index.ts";
import { type Pair, pairsByClass } from "../../probes/index.ts";
import type { CorrelationSpread } from "../../theory/index.ts";
import type { Sample } from "../data-moments.ts";

type Row = Float32Array | Int32Array;

/** Uncentred correlations ⟨x_a, x_b⟩ / (|x_a| |x_b|) of pairs of inputs; of token ids the share of equal ones. */
export interface DataPairs {
  readonly within: CorrelationSpread;
  readonly between: CorrelationSpread;
}

/** @throws FathomError bad-input when the sample has no pair of one kind. */
export function dataPairs(model: Model, { inputs, labels }: Sample): DataPairs {
  const { within, between } = pairsByClass(labels.data);
  const correlate = takesIds(model) ? equalShare : correlation;
  return { within: spreadOf(inputs, within, correlate), between: spreadOf(inputs, between, correlate) };
}

/** Mean correlation of two different inputs, whatever their classes; 1 for a sample of one. */
export function meanCorrelation(model: Model, inputs: Sample["inputs"]): number {
  const pairs = allPairs(inputs.shape[0]!);
  return pairs.length === 0 ? 1 : spreadOf(inputs, pairs, takesIds(model) ? equalShare : correlation).mean;
}

/** All pairs of different rows. */
export function allPairs(count: number): Pair[] {
  return Array.from({ length: count }, (_, b) => Array.from({ length: b }, (__, a): Pair => [a, b])).flat();
}

function spreadOf(
  inputs: Sample["inputs"],
  pairs: readonly Pair[],
  correlate: (a: Row, b: Row) => number,
): CorrelationSpread {
  const units = inputs.data.length / inputs.shape[0]!;
  const row = (i: number) => inputs.data.subarray(i * units, (i + 1) * units);
  const values = pairs.map(([a, b]) => correlate(row(a), row(b)));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

function correlation(a: Row, b: Row): number {
  return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);
}

function equalShare(a: Row, b: Row): number {
  return a.filter((id, i) => id === b[i]).length / a.length;
}

function dot(a: Row, b: Row): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

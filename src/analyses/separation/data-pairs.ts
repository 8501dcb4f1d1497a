/** @file Correlations of the data's own pairs, before any network. */
import { type Pair, pairsByClass } from "../../probes/index.ts";
import type { CorrelationSpread } from "../../theory/index.ts";
import type { Sample } from "../data-moments.ts";

/** Uncentred correlations ⟨x_a, x_b⟩ / (|x_a| |x_b|) of pairs of inputs. */
export interface DataPairs {
  readonly within: CorrelationSpread;
  readonly between: CorrelationSpread;
}

/** @throws FathomError bad-input when the sample has no pair of one kind. */
export function dataPairs({ inputs, labels }: Sample): DataPairs {
  const { within, between } = pairsByClass(labels.data);
  return { within: spreadOf(inputs, within), between: spreadOf(inputs, between) };
}

/** Mean correlation of two different inputs, whatever their classes; 1 for a sample of one. */
export function meanCorrelation({ inputs }: Sample): number {
  const [count] = inputs.shape as [number];
  const pairs = Array.from({ length: count }, (_, b) => Array.from({ length: b }, (__, a): Pair => [a, b]));
  return count === 1 ? 1 : spreadOf(inputs, pairs.flat()).mean;
}

function spreadOf(inputs: Sample["inputs"], pairs: readonly Pair[]): CorrelationSpread {
  const units = inputs.data.length / inputs.shape[0]!;
  const row = (i: number) => inputs.data.subarray(i * units, (i + 1) * units);
  const norm = (i: number) => Math.sqrt(dot(row(i), row(i)));
  const values = pairs.map(([a, b]) => dot(row(a), row(b)) / (norm(a) * norm(b) || 1));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** @file Correlations of the data's own pairs, before any network. */
import { pairsByClass } from "../../probes/index.ts";
import type { Sample } from "../data-moments.ts";

/** Mean uncentred correlations ⟨x_a, x_b⟩ / (|x_a| |x_b|) of pairs of inputs. */
export interface DataPairs {
  readonly within: number;
  readonly between: number;
}

/** @throws FathomError bad-input when the sample has no pair of one kind. */
export function dataPairs({ inputs, labels }: Sample): DataPairs {
  const [count] = inputs.shape as [number];
  const units = inputs.data.length / count;
  const row = (i: number) => inputs.data.subarray(i * units, (i + 1) * units);
  const norms = Array.from({ length: count }, (_, i) => Math.sqrt(dot(row(i), row(i))));
  const mean = (pairs: readonly (readonly [number, number])[]) =>
    pairs.reduce((sum, [a, b]) => sum + dot(row(a), row(b)) / (norms[a]! * norms[b]! || 1), 0) / pairs.length;
  const { within, between } = pairsByClass(labels.data);
  return { within: mean(within), between: mean(between) };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/**
 * @file Random pieces that the generated sets of training.md §1.6 share: relabelling, Dirichlet distributions, and data
 * sets put together from their parts.
 */
import {
  FathomError,
  type Key,
  type NdArray,
  ndarray,
  normal,
  type Shape,
  uniform,
} from "../tensor/index.ts";
import { checkedDataset, type Dataset, type Split } from "./dataset.ts";

/** What every generated set of §1.6 can be asked for. */
export interface FlatOptions {
  /** The stream: the same key gives the same set. */
  readonly key: Key;
  /** Share of the training rows whose label is replaced by a uniform one; the specification's unless said. */
  readonly relabelled?: number;
}

/**
 * Labels of which a share is replaced by uniform classes, some of which are the old ones by chance.
 * @throws FathomError bad-input for a share outside [0, 1].
 * @example relabel(labels, { key, share: 0.3, classes: 8 })
 */
export function relabel(
  labels: Int32Array,
  { key, share, classes }: { readonly key: Key; readonly share: number; readonly classes: number },
): Int32Array {
  if (!(share >= 0 && share <= 1)) {
    throw new FathomError({
      code: "bad-input",
      where: "relabelled",
      message: `A share of ${share} cannot be relabelled.`,
      hint: "Give a number from 0 to 1.",
    });
  }
  const chosen = uniform(key.split("chosen"), "float64", [labels.length]).data;
  const fresh = classesOf(key.split("fresh"), labels.length, classes);
  return labels.map((label, i) => (chosen[i]! < share ? fresh[i]! : label));
}

/** `count` uniform classes. */
export function classesOf(key: Key, count: number, classes: number): Int32Array {
  return Int32Array.from(uniform(key, "float64", [count]).data, (u) => Math.floor(u * classes));
}

/** Attempts of a gamma draw: each succeeds with a chance above .9. */
const attempts = 24;

/**
 * A point of the simplex from the symmetric Dirichlet distribution: gamma variables over their sum, each by Marsaglia and
 * Tsang (2000) at shape α + 1 times U^{1/α}.
 * @param concentration α of each coordinate, above 0.
 * @returns [count], positive, sum 1.
 * @example dirichlet(key, 300, 0.3)
 */
export function dirichlet(key: Key, count: number, concentration: number): Float64Array {
  const normals = normal(key.split("normals"), "float64", [count * attempts]).data;
  const uniforms = uniform(key.split("uniforms"), "float64", [count * attempts]).data;
  const powers = uniform(key.split("powers"), "float64", [count]).data;
  const logs = Float64Array.from({ length: count }, (_, i) => {
    const from = i * attempts;
    const drawn = gammaAboveOne(concentration + 1, normals.subarray(from), uniforms.subarray(from));
    // In logarithms: U^{1/α} underflows for the small α that make topics sparse.
    return Math.log(drawn) + Math.log1p(-powers[i]!) / concentration;
  });
  const largest = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function gammaAboveOne(shape: number, normals: Float64Array, uniforms: Float64Array): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let i = 0; i < attempts; i++) {
    const v = (1 + c * normals[i]!) ** 3;
    if (v > 0 && Math.log(uniforms[i]!) < normals[i]! ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
  return d;
}

/** Rows of a split, one after the other. */
export interface FlatRows {
  readonly inputs: Float32Array;
  readonly labels: Int32Array;
}

/** A data set of float32 rows, checked. */
export function flatDataset(
  facts: Pick<Dataset, "name" | "kind" | "inputShape" | "classes" | "source">,
  { train, test }: { readonly train: FlatRows; readonly test: FlatRows },
): Dataset {
  return checkedDataset({
    ...facts,
    scale: 1,
    train: splitOf(train, facts.inputShape),
    test: splitOf(test, facts.inputShape),
  });
}

function splitOf({ inputs, labels }: FlatRows, shape: Shape): Split<"float32"> {
  return {
    inputs: ndarray("float32", [labels.length, ...shape], inputs),
    labels: ndarray("int32", [labels.length], labels),
  };
}

/**
 * Independent draws of one set as a single one, split by split: a compiled trainer then serves them all by their rows.
 * @param draws - alike but for their rows; at least one.
 * @throws FathomError bad-shape when the draws are not of one shape.
 * @example joinDraws([0, 1, 2].map((seed) => visionPrototypes({ key: key.split(seed) })))
 */
export function joinDraws(draws: readonly Dataset[]): Dataset {
  return checkedDataset({
    ...draws[0]!,
    train: joinSplits(draws.map(({ train }) => train)),
    test: joinSplits(draws.map(({ test }) => test)),
  });
}

function joinSplits(splits: readonly Split[]): Split {
  const rows = splits.reduce((sum, { labels }) => sum + labels.data.length, 0);
  const { dtype, shape } = splits[0]!.inputs;
  const join = (arrays: readonly NdArray[], to: Float32Array | Uint8Array | Int32Array) => {
    let at = 0;
    for (const { data } of arrays) {
      to.set(data as Float32Array, at);
      at += data.length;
    }
    return to;
  };
  const length = splits.reduce((sum, { inputs }) => sum + inputs.data.length, 0);
  const typed =
    dtype === "uint8"
      ? new Uint8Array(length)
      : dtype === "int32"
        ? new Int32Array(length)
        : new Float32Array(length);
  const inputs = join(
    splits.map((split) => split.inputs),
    typed,
  );
  const labels = join(
    splits.map((split) => split.labels),
    new Int32Array(rows),
  ) as Int32Array;
  return {
    inputs: ndarray(dtype, [rows, ...shape.slice(1)], inputs),
    labels: ndarray("int32", [rows], labels),
  };
}

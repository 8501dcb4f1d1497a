/**
 * @file Where mean-field theory starts: moments of a sample of inputs over their units, at each position where the network
 * keeps positions apart (an image's empty border has K = 0), and of pairs of inputs.
 */
import { type Model, takesIds } from "../net/index.ts";
import { type NdArray, ndarray } from "../tensor/index.ts";
import type { InputMoments, PairMoments } from "../theory/index.ts";
import type { Sample } from "./data-moments.ts";

/** Two rows of a sample. */
type Pair = readonly [a: number, b: number];

/** The numbers of one position in every input: `at(row, channel)`. */
interface Position {
  readonly rows: number;
  readonly channels: number;
  at(row: number, channel: number): number;
}

/** More positions than these cost theory more than they tell. */
const mostPositions = 4096;

/**
 * The start of the recursion for one input.
 * @param inputs - [n, ...inputShape]; with a mean covariance between different inputs where n is 2 or more.
 * @example propagate(meanFieldPlaces(model), inputStart(model, inputs))
 */
export function inputStart(model: Model, inputs: NdArray): InputMoments {
  if (takesIds(model)) return { K: 1 };
  const positions = positionsOf(model, inputs);
  const means = meansOverPositions(positions);
  const each = positions.map((position) => momentsAt(position, means));
  const whole = {
    K: mean(each, ({ K }) => K),
    mean: mean(each, (p) => p.mean),
    batch: mean(each, (p) => p.batch),
  };
  return each.length === 1 ? whole : { ...whole, positions: each };
}

/** Positions of all inputs that theory follows one by one. */
const mostFollowed = 8192;

/**
 * The starts of the recursion for each input, where the network looks at few positions: what is empty in one input and not
 * in another has no typical moments. One start for all inputs elsewhere, and where they act on each other.
 */
export function inputStarts(model: Model, inputs: Sample["inputs"]): InputMoments[] {
  const together = inputStart(model, inputs);
  const [rows, ...shape] = inputs.shape as [number, ...number[]];
  const count = together.positions?.length ?? Number.POSITIVE_INFINITY;
  if (model.mixesBatch || rows * count > mostFollowed) return [together];
  const units = inputs.data.length / rows;
  return Array.from({ length: rows }, (_, row) =>
    inputStart(model, ndarray("float32", [1, ...shape], inputs.data.slice(row * units, (row + 1) * units))),
  );
}

/**
 * The start of the recursion for a typical pair among some: the moments of the sample, and the mean correlation of the
 * pairs, at each position.
 * @param correlation - mean correlation of the pairs over all units.
 */
export function pairStart(
  model: Model,
  inputs: NdArray,
  { pairs, correlation }: { readonly pairs: readonly Pair[]; readonly correlation: number },
): PairMoments {
  const single = inputStart(model, inputs);
  const batch = model.mixesBatch ? { batch: single } : {};
  const { positions, ...whole } = single;
  const all = { ...pairMoments(whole, correlation), ...batch };
  if (positions === undefined) return all;
  const places = positionsOf(model, inputs);
  return { ...all, positions: positions.map((p, i) => pairMoments(p, correlationAt(places[i]!, pairs))) };
}

function pairMoments({ K, mean = 0 }: InputMoments, correlation: number): PairMoments {
  return { Ka: K, Kb: K, C: correlation * K, meanA: mean, meanB: mean };
}

/** One position that holds everything, unless the network looks at positions. */
function positionsOf({ net, layers }: Model, { data, shape }: NdArray): Position[] {
  const [rows, ...sizes] = shape as [number, ...number[]];
  const units = data.length / rows;
  const last = net.input?.kind === "tokens" || net.input?.kind === "graph";
  const channels = last ? sizes.at(-1)! : sizes[0]!;
  const count = units / channels;
  const value = (row: number, unit: number) => Number(data[row * units + unit]);
  if (layers[0]?.spec.kind === "flatten" || count === 1 || count > mostPositions)
    return [{ rows, channels: units, at: value }];
  const unit = last ? (p: number, c: number) => p * channels + c : (p: number, c: number) => c * count + p;
  return Array.from({ length: count }, (_, p) => ({
    rows,
    channels,
    at: (row, channel) => value(row, unit(p, channel)),
  }));
}

/** Mean of every channel of every input over its positions: `[row][channel]`. */
function meansOverPositions(positions: readonly Position[]): number[][] {
  const { rows, channels } = positions[0]!;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: channels }, (__, c) => mean(positions, ({ at }) => at(row, c))),
  );
}

/** `batch`: the mean of x_a·x̄_b over pairs of different inputs a, b, where x̄ is a mean over positions. */
function momentsAt({ rows, channels, at }: Position, means: readonly (readonly number[])[]) {
  let [first, second, across] = [0, 0, 0];
  for (let c = 0; c < channels; c++) {
    let [sum, sumOfMeans, same] = [0, 0, 0];
    for (let row = 0; row < rows; row++) {
      const x = at(row, c);
      first += x;
      second += x * x;
      sum += x;
      sumOfMeans += means[row]![c]!;
      same += x * means[row]![c]!;
    }
    across += sum * sumOfMeans - same;
  }
  const numbers = rows * channels;
  return { K: second / numbers, mean: first / numbers, batch: across / (numbers * Math.max(1, rows - 1)) };
}

/** Correlation of one position over pairs; 0 where it is empty in all of them. */
function correlationAt({ channels, at }: Position, pairs: readonly Pair[]): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (const [a, b] of pairs) {
    for (let c = 0; c < channels; c++) {
      const [x, y] = [at(a, c), at(b, c)];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
  }
  return ab / (Math.sqrt(aa * bb) || 1);
}

function mean<T>(values: readonly T[], pick: (value: T) => number): number {
  return values.reduce((sum, value) => sum + pick(value), 0) / values.length;
}

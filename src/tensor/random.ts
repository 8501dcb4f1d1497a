/**
 * @file Draws from keyed random streams (conventions.md, Randomness). Element i of a draw is a function of
 * (key, i) only: `start` resumes a stream anywhere, and threads that share a draw need only the key.
 * A float64 uniform takes one Threefry block (53 of its bits), a float32 uniform one word (24 bits), a sign one bit.
 */
import { allocate, checkedSizeOf, type FloatDType, type NdArray, type Shape } from "./array.ts";
import { FathomError } from "./errors.ts";
import type { Key } from "./key.ts";
import { normalQuantile } from "./normal-quantile.ts";
import { fillBlocks } from "./threefry.ts";

export interface StreamOptions {
  /** Index in the key's stream of the first element drawn; 0 unless said. */
  readonly start?: number;
}
export interface UniformOptions extends StreamOptions {
  readonly low?: number;
  readonly high?: number;
}
export interface NormalOptions extends StreamOptions {
  readonly mean?: number;
  readonly std?: number;
}

/** Words made at a time: small enough to stay in the first-level cache. */
const CHUNK = 2048;
const TWO_32 = 2 ** 32;

/**
 * Uniform numbers in [low, high): multiples of 2^-53 (float32: 2^-24) of the interval. With bounds other than
 * 0 and 1 the last rounding may reach `high`.
 * @returns Array of the given shape.
 * @throws FathomError bad-input for bounds that are not finite or not in order, or a `start` that is no index.
 * @example uniform(key, "float64", [3], { low: -1, high: 1 })
 */
export function uniform<D extends FloatDType>(
  key: Key,
  dtype: D,
  shape: Shape,
  { start = 0, low = 0, high = 1 }: UniformOptions = {},
): NdArray<D> {
  if (!Number.isFinite(high - low) || low > high) {
    throw badDraw(
      "low, high",
      `[${low}, ${high}) is not an interval.`,
      "Give finite bounds with low <= high.",
    );
  }
  const data = allocate(dtype, sizeOfDraw(shape, start)) as Float64Array;
  const width = high - low;
  if (dtype === "float32") {
    forEachWord(key, start, data.length, (words, from, to, offset) => {
      for (let i = from; i < to; i++) data[offset + i] = low + width * ((words[i]! >>> 8) * 2 ** -24);
    });
  } else {
    forEachBlock(key, start, data.length, (words, count, offset) => {
      for (let i = 0; i < count; i++) data[offset + i] = low + width * fraction53(words, 2 * i);
    });
  }
  return { dtype, shape, data: data as NdArray<D>["data"] };
}

/**
 * Normal numbers: the inverse distribution function at (k + 1/2) / 2^53 (float32: 2^24), k uniform; never infinite.
 * @returns Array of the given shape.
 * @throws FathomError bad-input for a negative or non-finite `std`, a non-finite `mean`, or a bad `start`.
 * @example normal(key.split("weights"), "float32", [128, 784], { std: Math.sqrt(2 / 784) })
 */
export function normal<D extends FloatDType>(
  key: Key,
  dtype: D,
  shape: Shape,
  { start = 0, mean = 0, std = 1 }: NormalOptions = {},
): NdArray<D> {
  if (!Number.isFinite(mean))
    throw badDraw("mean", `The mean ${mean} is not finite.`, "Give a finite number.");
  if (!(std >= 0 && std < Number.POSITIVE_INFINITY)) {
    throw badDraw("std", `The standard deviation ${std} cannot be used.`, "Give a finite number >= 0.");
  }
  const data = allocate(dtype, sizeOfDraw(shape, start)) as Float64Array;
  if (dtype === "float32") {
    forEachWord(key, start, data.length, (words, from, to, offset) => {
      for (let i = from; i < to; i++) {
        data[offset + i] = mean + std * normalQuantile(((words[i]! >>> 8) + 0.5) * 2 ** -24);
      }
    });
  } else {
    forEachBlock(key, start, data.length, (words, count, offset) => {
      for (let i = 0; i < count; i++) data[offset + i] = mean + std * normal53(words, 2 * i);
    });
  }
  return { dtype, shape, data: data as NdArray<D>["data"] };
}

/**
 * Random signs, -1 or 1 with equal chance.
 * @returns Array of the given shape.
 * @throws FathomError bad-input for a bad `start`.
 * @example rademacher(key.split("probes"), "float32", [16, 500])
 */
export function rademacher<D extends FloatDType>(
  key: Key,
  dtype: D,
  shape: Shape,
  { start = 0 }: StreamOptions = {},
): NdArray<D> {
  const size = sizeOfDraw(shape, start);
  const data = allocate(dtype, size) as Float64Array;
  const bit = start % 32;
  const words = Math.ceil((size + bit) / 32);
  forEachWord(key, (start - bit) / 32, words, (buffer, from, to, offset) => {
    for (let w = from; w < to; w++) {
      const first = (offset + w) * 32 - bit;
      const word = buffer[w]!;
      for (let j = Math.max(0, -first); j < 32 && first + j < size; j++) {
        data[first + j] = (word >>> j) & 1 ? 1 : -1;
      }
    }
  });
  return { dtype, shape, data: data as NdArray<D>["data"] };
}

/**
 * A uniformly random order of 0 … n-1 (Fisher-Yates; each index is floor(u * m) of a 53-bit u, so probabilities
 * are off by at most n * 2^-53).
 * @throws FathomError bad-input unless n is an integer from 0 to 2^31 - 1.
 * @example permutation(key.split("order").split(epoch), 60_000)
 */
export function permutation(key: Key, n: number): Int32Array {
  if (!Number.isInteger(n) || n < 0 || n > 0x7fffffff) {
    throw badDraw("n", `Cannot permute ${n} items.`, "Give an integer from 0 to 2147483647.");
  }
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  forEachBlock(key, 0, Math.max(0, n - 1), (words, count, offset) => {
    for (let i = 0; i < count; i++) {
      const last = n - 1 - offset - i;
      const chosen = Math.floor(fraction53(words, 2 * i) * (last + 1));
      const kept = order[last]!;
      order[last] = order[chosen]!;
      order[chosen] = kept;
    }
  });
  return order;
}

/**
 * n independent categories, c with probability weights[c] / sum(weights).
 * @param weights Finite, >= 0, with a positive finite sum; they need not sum to 1.
 * @throws FathomError bad-input naming the weight at fault.
 * @example categorical(key, [1, 2, 1], 100) // a hundred of 0, 1, 2; half of them 1
 */
export function categorical(
  key: Key,
  weights: ArrayLike<number>,
  n: number,
  { start = 0 }: StreamOptions = {},
): Int32Array {
  const cumulative = cumulativeWeights(weights);
  const total = cumulative[cumulative.length - 1]!;
  const drawn = new Int32Array(sizeOfDraw([n], start));
  // The first category that reaches the total is the last with a positive weight: where u * total rounds up.
  const lastPositive = cumulative.indexOf(total);
  forEachBlock(key, start, n, (words, count, offset) => {
    for (let i = 0; i < count; i++) {
      drawn[offset + i] = firstAbove(cumulative, fraction53(words, 2 * i) * total, lastPositive);
    }
  });
  return drawn;
}

function cumulativeWeights(weights: ArrayLike<number>): Float64Array {
  const hint = "Weights are finite numbers >= 0, not all zero.";
  if (weights.length === 0) throw badDraw("weights", "There are no weights to draw from.", hint);
  const cumulative = new Float64Array(weights.length);
  let sum = 0;
  for (let c = 0; c < weights.length; c++) {
    const weight = weights[c]!;
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
      throw badDraw(`weights[${c}]`, `The weight ${weight} cannot be used.`, hint);
    }
    sum += weight;
    cumulative[c] = sum;
  }
  if (!(sum > 0 && sum < Number.POSITIVE_INFINITY)) {
    throw badDraw("weights", `The weights sum to ${sum}.`, hint);
  }
  return cumulative;
}

/** First index below `last` whose cumulative weight exceeds u, else `last`. */
function firstAbove(cumulative: Float64Array, u: number, last: number): number {
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle]! > u) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** k / 2^53 in [0, 1), k from the two words at i. */
function fraction53(words: Int32Array, i: number): number {
  return ((words[i + 1]! >>> 6) * 2 ** 27 + (words[i]! >>> 5)) * 2 ** -53;
}

/**
 * Quantile of (k + 1/2) / 2^53. Above one half, k + 1/2 is no float64; the distribution's symmetry gives the
 * same value from the complement, which is one.
 */
function normal53(words: Int32Array, i: number): number {
  const high = words[i + 1]! >>> 6;
  const low = words[i]! >>> 5;
  if (high < 2 ** 25) return normalQuantile((high * 2 ** 27 + low + 0.5) * 2 ** -53);
  return -normalQuantile(((2 ** 26 - 1 - high) * 2 ** 27 + (2 ** 27 - 1 - low) + 0.5) * 2 ** -53);
}

/** Calls `use(words, count, offset)` with blocks start + offset …, two words each, until `n` blocks are used. */
function forEachBlock(
  key: Key,
  start: number,
  n: number,
  use: (words: Int32Array, count: number, offset: number) => void,
): void {
  const buffer = new Int32Array(Math.min(CHUNK, 2 * n));
  for (let offset = 0; offset < n; offset += CHUNK / 2) {
    const count = Math.min(CHUNK / 2, n - offset);
    const block = start + offset;
    fillBlocks(buffer, key.low, key.high, block % TWO_32, Math.floor(block / TWO_32));
    use(buffer, count, offset);
  }
}

/**
 * Calls `use(words, from, to, offset)` until `n` words from word `start` of the stream are used: element
 * offset + i of the draw is words[i], from <= i < to. Word w is half w % 2 of block floor(w / 2).
 */
function forEachWord(
  key: Key,
  start: number,
  n: number,
  use: (words: Int32Array, from: number, to: number, offset: number) => void,
): void {
  const odd = start % 2;
  const words = n + odd;
  forEachBlock(key, (start - odd) / 2, Math.ceil(words / 2), (buffer, _count, block) => {
    const first = 2 * block;
    use(buffer, first === 0 ? odd : 0, Math.min(CHUNK, words - first), first - odd);
  });
}

/** Number of elements of a draw whose indices all stay below 2^53. */
function sizeOfDraw(shape: Shape, start: number): number {
  const size = checkedSizeOf(shape);
  if (!Number.isInteger(start) || start < 0 || start + size > Number.MAX_SAFE_INTEGER) {
    throw badDraw(
      "start",
      `A stream cannot start at ${start}.`,
      "Give an integer from 0 to 2^53 - 1 less the draw.",
    );
  }
  return size;
}

function badDraw(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", where, message, hint });
}

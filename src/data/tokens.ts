/**
 * @file Text as token ids of a fixed length. Two plain tokenisers: `words` (lower case; runs of letters and digits, and every
 * other visible character by itself; ids by frequency among the training rows) and `bytes` (of UTF-8, id = byte + 1).
 * Id 0 pads at the end; with words, id 1 stands for every word that the training rows do not have.
 */
import { type NdArray, ndarray } from "../tensor/index.ts";
import { Chunked, tooMany } from "./chunked.ts";
import type { ReadOptions } from "./options.ts";
import { badRow } from "./table.ts";

export const tokenizers = ["words", "bytes"] as const;
/** Counts over the root of the text's length; or tf-idf: counts times ln((1 + n) / (1 + rows with it)) + 1, to norm 1. */
export const bags = ["counts", "tfidf"] as const;
export type BagKind = (typeof bags)[number];

const MAX_DEFAULT_LENGTH = 256;
const DEFAULT_VOCABULARY = 20_000;
/** More different words than this are no language. */
const MAX_WORDS = 2 ** 22;
/** Ids before the words: padding and the unknown word. */
const SPECIAL = 2;

/** @example words("Don't panic!") // ["don", "'", "t", "panic", "!"] */
export function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu) ?? [];
}

/** Texts of a file as provisional ids, in order of first appearance, until it is known which rows are for training. */
export class Texts {
  readonly #name: string;
  readonly #ids: Chunked<Int32Array>;
  readonly #starts: number[] = [0];
  readonly #idOf = new Map<string, number>();
  readonly #bytes: boolean;

  constructor(name: string, { tokens = "words" }: ReadOptions) {
    this.#name = name;
    this.#ids = new Chunked(Int32Array, name);
    this.#bytes = tokens === "bytes";
  }

  add(text: string): void {
    if (this.#bytes) for (const byte of new TextEncoder().encode(text)) this.#ids.push(byte);
    else for (const word of words(text)) this.#ids.push(this.#idOfWord(word));
    this.#starts.push(this.#ids.length);
  }

  /** The words by provisional id; none of bytes. */
  get words(): readonly string[] | undefined {
    return this.#bytes ? undefined : [...this.#idOf.keys()];
  }

  lengthOf(row: number): number {
    return this.#starts[row + 1]! - this.#starts[row]!;
  }

  /** How often each word occurs in the rows. */
  count(rows: Int32Array): Int32Array {
    const counts = new Int32Array(this.#idOf.size);
    for (const row of rows) {
      for (let i = this.#starts[row]!; i < this.#starts[row + 1]!; i++) counts[this.#ids.at(i)]!++;
    }
    return counts;
  }

  /** [rows.length, length] of final ids. */
  encode(rows: Int32Array, length: number, finalId: (provisional: number) => number): NdArray<"int32"> {
    const data = new Int32Array(rows.length * length);
    for (const [r, row] of rows.entries()) {
      const start = this.#starts[row]!;
      const count = Math.min(length, this.lengthOf(row));
      for (let i = 0; i < count; i++) data[r * length + i] = finalId(this.#ids.at(start + i));
    }
    return ndarray("int32", [rows.length, length], data);
  }

  /** How often each final id occurs in a row, [rows.length, size]. */
  bag(rows: Int32Array, size: number, finalId: (provisional: number) => number): NdArray<"float32"> {
    const data = new Float32Array(rows.length * size);
    for (const [r, row] of rows.entries()) {
      for (let i = this.#starts[row]!; i < this.#starts[row + 1]!; i++)
        data[r * size + finalId(this.#ids.at(i))]!++;
    }
    return ndarray("float32", [rows.length, size], data);
  }

  #idOfWord(word: string): number {
    const known = this.#idOf.get(word);
    if (known !== undefined) return known;
    if (this.#idOf.size >= MAX_WORDS)
      throw tooMany(this.#name, `It has more than ${MAX_WORDS} different words.`);
    this.#idOf.set(word, this.#idOf.size);
    return this.#idOf.size - 1;
  }
}

export interface Encoding {
  readonly length: number;
  readonly vocabulary: { readonly size: number; readonly words?: readonly string[] };
  encode(texts: Texts, rows: Int32Array): NdArray<"int32">;
  /** Bags of words, [rows, vocabulary.size], weighed by the training rows. */
  weigher(kind: BagKind): (texts: Texts, rows: Int32Array) => NdArray<"float32">;
  /** How many of the rows are cut. */
  cut(texts: Texts, rows: Int32Array): number;
}

/**
 * The ids and the length that the training rows give.
 * @throws FathomError bad-input for a length or vocabulary that is no whole number in range, and for rows without text.
 */
export function encodingOf(train: Texts, rows: Int32Array, options: ReadOptions, name: string): Encoding {
  const longest = rows.reduce((most, row) => Math.max(most, train.lengthOf(row)), 0);
  if (longest === 0) {
    throw badRow(name, "No training row has any text.", "Check the field of the text.");
  }
  const length = wholeNumber(options.length ?? Math.min(longest, MAX_DEFAULT_LENGTH), "length", 1, name);
  const limit = wholeNumber(options.vocabulary ?? DEFAULT_VOCABULARY, "vocabulary", SPECIAL + 1, name);
  const cut = (texts: Texts, some: Int32Array) =>
    some.reduce((sum, row) => sum + Number(texts.lengthOf(row) > length), 0);
  const all = train.words;
  if (all === undefined) {
    const encode = (texts: Texts, some: Int32Array) => texts.encode(some, length, (byte) => byte + 1);
    const bag = (texts: Texts, some: Int32Array) => texts.bag(some, 257, (byte) => byte + 1);
    return { length, vocabulary: { size: 257 }, encode, weigher: weigherOf(bag, { train, rows }), cut };
  }
  const counts = train.count(rows);
  const kept = Int32Array.from(counts.keys())
    .filter((id) => counts[id]! > 0)
    // By frequency, then by first appearance.
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .subarray(0, limit - SPECIAL);
  const known = Array.from(kept, (id) => all[id]!);
  const finalOf = new Map(known.map((word, i) => [word, i + SPECIAL]));
  const size = known.length + SPECIAL;
  const idsOf = (texts: Texts) => {
    const ids = texts.words!.map((word) => finalOf.get(word) ?? 1);
    return (id: number) => ids[id]!;
  };
  const encode = (texts: Texts, some: Int32Array) => texts.encode(some, length, idsOf(texts));
  const bag = (texts: Texts, some: Int32Array) => texts.bag(some, size, idsOf(texts));
  const weigher = weigherOf(bag, { train, rows });
  return { length, vocabulary: { size, words: known }, encode, weigher, cut };
}

type Bag = (texts: Texts, rows: Int32Array) => NdArray<"float32">;

/** Training rows. */
interface Training {
  readonly train: Texts;
  readonly rows: Int32Array;
}

function weigherOf(bag: Bag, training: Training): Encoding["weigher"] {
  return (kind) => {
    if (kind === "counts")
      return (texts, rows) => scaledRows(bag(texts, rows), ({ sum }) => 1 / Math.sqrt(sum));
    const weights = inverseFrequencies(bag(training.train, training.rows));
    return (texts, rows) => {
      const { shape, data } = bag(texts, rows);
      const weighed = data.map((count, i) => count * weights[i % weights.length]!);
      return scaledRows(ndarray("float32", shape, weighed), ({ squares }) => 1 / Math.sqrt(squares));
    };
  };
}

/** As scikit-learn's TfidfTransformer (smooth_idf). */
function inverseFrequencies({ shape, data }: NdArray<"float32">): Float64Array {
  const [rows, size] = shape as [number, number];
  const occurring = new Float64Array(size);
  for (let i = 0; i < data.length; i++) occurring[i % size]! += Number(data[i]! > 0);
  return occurring.map((count) => Math.log((1 + rows) / (1 + count)) + 1);
}

/** Rows times a factor of their own; rows of nothing stay 0. */
function scaledRows(
  { shape, data }: NdArray<"float32">,
  factor: (row: { readonly sum: number; readonly squares: number }) => number,
): NdArray<"float32"> {
  const size = shape[1]!;
  const scaled = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += size) {
    const row = data.subarray(start, start + size);
    const sum = row.reduce((total, x) => total + x, 0);
    const by = sum === 0 ? 0 : factor({ sum, squares: row.reduce((total, x) => total + x * x, 0) });
    for (let i = 0; i < size; i++) scaled[start + i] = row[i]! * by;
  }
  return ndarray("float32", shape, scaled);
}

function wholeNumber(value: number, option: string, least: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= least && value <= 2 ** 24) return value;
  throw badRow(
    `${name}, ${option}`,
    `The ${option} cannot be ${value}.`,
    `Give a whole number from ${least}.`,
  );
}

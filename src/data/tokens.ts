/**
 * @file Text as token ids of a fixed length. Two plain tokenisers: `words` (lower case; runs of letters and digits, and every
 * other visible character by itself; ids by frequency among the training rows) and `bytes` (of UTF-8, id = byte + 1).
 * Id 0 pads at the end; with words, id 1 stands for every word that the training rows do not have.
 */
import { type NdArray, ndarray } from "../tensor/index.ts";
import { Chunked, tooMany } from "./chunked.ts";
import type { ReadOptions } from "./options.ts";
import { badRow } from "./table.ts";

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
    return { length, vocabulary: { size: 257 }, encode, cut };
  }
  const counts = train.count(rows);
  const kept = Int32Array.from(counts.keys())
    .filter((id) => counts[id]! > 0)
    // By frequency, then by first appearance.
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .subarray(0, limit - SPECIAL);
  const known = Array.from(kept, (id) => all[id]!);
  const finalOf = new Map(known.map((word, i) => [word, i + SPECIAL]));
  const encode = (texts: Texts, some: Int32Array) => {
    const ids = texts.words!.map((word) => finalOf.get(word) ?? 1);
    return texts.encode(some, length, (id) => ids[id]!);
  };
  return { length, vocabulary: { size: known.length + SPECIAL, words: known }, encode, cut };
}

function wholeNumber(value: number, option: string, least: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= least && value <= 2 ** 24) return value;
  throw badRow(
    `${name}, ${option}`,
    `The ${option} cannot be ${value}.`,
    `Give a whole number from ${least}.`,
  );
}

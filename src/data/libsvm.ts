/**
 * @file The libsvm format: a line `<label> <index>:<value> …` an example, absent features 0. Kept sparse while it is read and
 * made dense at the end, within a bound. Indices count from 1, or from 0 where a 0 occurs.
 */
import { type NdArray, ndarray } from "../tensor/index.ts";
import { Chunked } from "./chunked.ts";
import { checkedDataset, type Dataset } from "./dataset.ts";
import { type DataFiles, defineFormat } from "./format.ts";
import { LabelColumn } from "./labels.ts";
import { lineBatches, linePlace } from "./lines.ts";
import { type ReadOptions, withInputShape } from "./options.ts";
import type { ByteSource } from "./source.ts";
import { badRow, checkDenseSize, partition, type Rows } from "./table.ts";

const MAX_INDEX = 2 ** 31 - 1;

export const libsvm = defineFormat({
  name: "libsvm",
  extensions: [".libsvm", ".svm", ".svmlight"],
  packing: "plain or gzip",
  summary: "sparse rows: `label index:value …`, indices from 1 (or from 0 where a 0 occurs)",
  options: ["split", "splitSeed", "shape"],
  read: readLibsvm,
});

/**
 * Reads a file, or one of training and one of test rows, which share their features.
 * @throws FathomError bad-input naming file and line for a pair that is none, an index twice, a value that is not finite;
 * too-large, before it is allocated, when rows × features pass 2 GiB of float32.
 * @example await readLibsvm({ name: "a9a", train: bytesSource("a9a.libsvm", bytes) })
 */
export async function readLibsvm(files: DataFiles, options: ReadOptions = {}): Promise<Dataset> {
  const train = await readSparse(files.train);
  const test = files.test === undefined ? undefined : await readSparse(files.test);
  const parts = test === undefined ? [train] : [train, test];
  const base = parts.some(({ smallest }) => smallest === 0) ? 0 : 1;
  const widest = parts.reduce((a, b) => (b.largest > a.largest ? b : a));
  const features = widest.largest + 1 - base;
  if (features < 1) {
    throw badRow(files.train.name, "No row has a feature.", "Rows are `label index:value …`.");
  }
  checkDenseSize(train.count + (test?.count ?? 0), features, widest.largestPlace);
  const { trainRows, testRows, facts } = partition(files, { train, test }, options);
  const dense = (rows: SparseRows, chosen: Int32Array) => rows.dense(chosen, features, base);
  const dataset = checkedDataset({
    ...facts,
    kind: "vector",
    inputShape: [features],
    scale: 1,
    train: { ...facts.train, inputs: dense(train, trainRows) },
    test: { ...facts.test, inputs: dense(test ?? train, testRows) },
  });
  return withInputShape(dataset, options.shape);
}

/** Rows as the file has them: compressed sparse rows. */
class SparseRows implements Rows {
  readonly labels = new LabelColumn("the first column");
  readonly #name: string;
  readonly #indices: Chunked<Int32Array>;
  readonly #values: Chunked<Float32Array>;
  readonly #starts: number[] = [0];
  smallest = Number.POSITIVE_INFINITY;
  largest = -1;
  largestPlace: string;

  constructor(name: string) {
    this.#name = name;
    this.largestPlace = name;
    this.#indices = new Chunked(Int32Array, name);
    this.#values = new Chunked(Float32Array, name);
  }

  get count(): number {
    return this.labels.codes.length;
  }

  addLine(text: string, line: number): void {
    const [label, ...pairs] = text.trim().split(/\s+/) as [string, ...string[]];
    if (!Number.isFinite(Number(label)) || label === "") {
      throw badRow(
        linePlace(this.#name, line),
        `The row starts with ${JSON.stringify(label.slice(0, 40))}, which is no label.`,
        "Rows are `label index:value …` with a number as their label.",
      );
    }
    this.labels.add(label, linePlace(this.#name, line));
    let last = -1;
    let ascending = true;
    for (const pair of pairs) {
      if (pair.startsWith("qid:")) continue;
      const index = this.#addPair(pair, line);
      ascending &&= index > last;
      last = index;
    }
    if (!ascending) this.#refuseRepeats(line);
    this.#starts.push(this.#indices.length);
  }

  #addPair(pair: string, line: number): number {
    const colon = pair.indexOf(":");
    const [before, after] = [pair.slice(0, Math.max(colon, 0)), pair.slice(colon + 1)];
    const index = /^\d+$/.test(before) ? Number(before) : Number.NaN;
    const value = after === "" || /^[+-]?0[xob]/i.test(after) ? Number.NaN : Number(after);
    if (!(index <= MAX_INDEX) || !Number.isFinite(Math.fround(value))) {
      throw badRow(
        linePlace(this.#name, line),
        `${JSON.stringify(pair.slice(0, 40))} is no index:value.`,
        `An index is a whole number up to ${MAX_INDEX}, a value a finite float32 number.`,
      );
    }
    if (index > this.largest) {
      this.largest = index;
      this.largestPlace = linePlace(this.#name, line);
    }
    this.smallest = Math.min(this.smallest, index);
    this.#indices.push(index);
    this.#values.push(value);
    return index;
  }

  #refuseRepeats(line: number): void {
    const seen = new Set<number>();
    for (let i = this.#starts.at(-1)!; i < this.#indices.length; i++) {
      const index = this.#indices.at(i);
      if (seen.has(index)) {
        throw badRow(
          linePlace(this.#name, line),
          `The index ${index} occurs twice.`,
          "Give every feature of a row one value.",
        );
      }
      seen.add(index);
    }
  }

  /** [rows.length, features] */
  dense(rows: Int32Array, features: number, base: number): NdArray<"float32"> {
    const data = new Float32Array(rows.length * features);
    for (const [i, row] of rows.entries()) {
      for (let k = this.#starts[row]!; k < this.#starts[row + 1]!; k++) {
        data[i * features + this.#indices.at(k) - base] = this.#values.at(k);
      }
    }
    return ndarray("float32", [rows.length, features], data);
  }
}

async function readSparse(source: ByteSource): Promise<SparseRows> {
  const rows = new SparseRows(source.name);
  for await (const { first, lines } of lineBatches(source)) {
    for (const [i, line] of lines.entries()) {
      const hash = line.indexOf("#");
      const text = hash < 0 ? line : line.slice(0, hash);
      if (text.trim() !== "") rows.addLine(text, first + i);
    }
  }
  return rows;
}

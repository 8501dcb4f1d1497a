/** @file The items of kernels: rows of a data set as arrays, their fingerprint, which of them are copies, parts of them by size. */
import { createHash } from "node:crypto";
import { type Dataset, labelsOf, rowsAsFloat, rowsAsIds, type SplitName } from "../data/index.ts";
import { type NdArray, sizeOf } from "../tensor/index.ts";
import { refused } from "./refused.ts";

/** Rows of one part of a data set. */
export interface Rows {
  readonly split: SplitName;
  readonly rows: readonly number[];
}

export interface Items extends Rows {
  /** [count, ...input]. */
  readonly x: NdArray;
  readonly labels: NdArray<"int32">;
  readonly count: number;
}

/** @throws FathomError bad-input naming a row that the data do not have. */
export function itemsOf(dataset: Dataset, { split, rows }: Rows): Items {
  const read = dataset.kind === "ids" ? rowsAsIds : rowsAsFloat;
  const x = read(dataset, split, rows);
  return { split, rows, x, labels: labelsOf(dataset, split, rows), count: rows.length };
}

/** Some of the items, in their order. */
export function someItems({ split, rows, x, labels }: Items, from: number, to: number): Items {
  const width = sizeOf(x.shape.slice(1));
  return {
    split,
    rows: rows.slice(from, to),
    count: to - from,
    x: {
      ...x,
      shape: [to - from, ...x.shape.slice(1)],
      data: x.data.subarray(from * width, to * width),
    } as NdArray,
    labels: { ...labels, shape: [to - from], data: labels.data.subarray(from, to) },
  };
}

/** What the items are, for files that belong to them. */
export function fingerprint({ x, labels }: Items): string {
  const sha = createHash("sha256").update(JSON.stringify([x.dtype, x.shape]));
  for (const { data } of [x, labels])
    sha.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return sha.digest("hex");
}

/**
 * Numbers of first or drawn training items, ascending, all of them last.
 * @param where What the question calls them.
 * @throws FathomError bad-input for a number that there are not.
 */
export function sizesUpTo(count: number, sizes: readonly number[], where: string): number[] {
  const bad = sizes.find((n) => !(Number.isInteger(n) && n >= 1 && n <= count));
  if (bad === undefined) return [...new Set([...sizes, count])].sort((a, b) => a - b);
  throw refused(
    where,
    `${bad} training items are asked for, and there are ${count}.`,
    `Give whole numbers from 1 to ${count}.`,
  );
}

/** Items equal to an earlier one: they make a kernel singular. */
export interface Copies {
  readonly count: number;
  /** Those with another label than the item they copy. */
  readonly conflicting: number;
}

export function copiesOf({ x, labels, count }: Items): Copies {
  const width = sizeOf(x.shape.slice(1));
  const bytes = x.data.BYTES_PER_ELEMENT * width;
  const first = new Map<string, number>();
  let [copies, conflicting] = [0, 0];
  for (let i = 0; i < count; i++) {
    const view = new Uint8Array(x.data.buffer, x.data.byteOffset + i * bytes, bytes);
    const hash = createHash("sha1").update(view).digest("base64");
    const earlier = first.get(hash);
    if (earlier === undefined) first.set(hash, labels.data[i]!);
    else {
      copies++;
      if (earlier !== labels.data[i]) conflicting++;
    }
  }
  return { count: copies, conflicting };
}

/**
 * @file The training and test rows of a file that has no test part of its own: drawn by a stream of its own, class by
 * class, so that both parts have every class in the same proportion.
 */
import { FathomError, Key, permutation } from "../tensor/index.ts";

/** How a file without a test part is split. */
export interface SplitOptions {
  /** Share of the rows that become the test part, between 0 and 1; 0.2 unless said. */
  readonly split?: number;
  /** Another seed draws other rows; 0 unless said. */
  readonly splitSeed?: number;
}

export interface SplitRows {
  /** Row numbers, each part in a random order, so that its first rows are a fair sample. */
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/**
 * Splits rows by class. Every class keeps at least one training row.
 * @param labels [N] class of each row.
 * @throws FathomError bad-input for a share outside of (0, 1), or when one of the parts would be empty.
 * @example stratifiedSplit([0, 0, 0, 1, 1, 1], { split: 1 / 3 }, "mine.csv").test // one row of each class
 */
export function stratifiedSplit(
  labels: ArrayLike<number>,
  { split = 0.2, splitSeed = 0 }: SplitOptions,
  where: string,
): SplitRows {
  if (!(split > 0 && split < 1)) {
    throw badSplit(`${where}, split`, `The test part cannot be ${split} of the rows.`, "Give 0.2, say.");
  }
  const sizes = new Map<number, number>();
  for (let row = 0; row < labels.length; row++) sizes.set(labels[row]!, (sizes.get(labels[row]!) ?? 0) + 1);
  const wanted = new Map(
    [...sizes].map(([label, size]) => [label, Math.min(size - 1, Math.round(split * size))]),
  );
  const train: number[] = [];
  const test: number[] = [];
  for (const row of permutation(Key.fromSeed(splitSeed).split("test rows"), labels.length)) {
    const left = wanted.get(labels[row]!)!;
    wanted.set(labels[row]!, left - 1);
    (left > 0 ? test : train).push(row);
  }
  if (test.length === 0) {
    throw badSplit(
      where,
      `Rows: ${labels.length}, classes: ${sizes.size}. That is too few for a test part of ${split}, for every class keeps a training row.`,
      "Give a file of test rows, more rows, or a larger share; or check that the label is the right column.",
    );
  }
  return { train: Int32Array.from(train), test: Int32Array.from(test) };
}

function badSplit(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", where, message, hint });
}

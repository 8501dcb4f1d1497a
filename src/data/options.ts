/** @file What can be said about how files are read. Which format takes which option is stated in its record (format.ts). */
import { FathomError, type Shape, showShape, sizeOf } from "../tensor/index.ts";
import { checkedDataset, type Dataset, type Split } from "./dataset.ts";
import type { SplitOptions } from "./split.ts";
import type { Task } from "./tasks.ts";
import type { BagKind, tokenizers } from "./tokens.ts";

export const headers = ["present", "absent"] as const;

/** Options of formats whose rows name their columns or fields. */
export const labelledRows = [
  "label",
  "task",
  "target",
  "text",
  "bag",
  "tokens",
  "length",
  "vocabulary",
  "split",
  "splitSeed",
  "shape",
] as const;

/** Options of readers; each is refused by a format that has no use for it. */
export interface ReadOptions extends SplitOptions {
  /** Column (its name, or its number from 1) or field of the labels. */
  readonly label?: string;
  /** What is asked: classes unless said; binary makes yes and no of two classes. */
  readonly task?: Task;
  /** Columns or fields of numbers to predict: a regression, or with the task binary columns of 0 and 1. */
  readonly target?: readonly string[];
  /** What separates the cells of a table; found in the first line unless said. */
  readonly delimiter?: string;
  /** Whether the first line of a table names its columns; seen from its cells unless said. */
  readonly header?: (typeof headers)[number];
  /** Column (its name, or its number from 1) or field of texts. A table has none unless said. */
  readonly text?: string;
  /** Texts as vectors instead of token ids: counts / √length, or tf-idf. */
  readonly bag?: BagKind;
  /** How text becomes token ids; words unless said. */
  readonly tokens?: (typeof tokenizers)[number];
  /** Token ids a row. Longer texts are cut, shorter ones padded with 0. The longest training text, at most 256, unless said. */
  readonly length?: number;
  /** Most token ids that words get; 20,000 unless said. */
  readonly vocabulary?: number;
  /** Shape of one input where the file holds rows of numbers: [channels, height, width], or [channels, time] of a signal. */
  readonly shape?: Shape;
}

/** The data set with inputs of another shape of the same size: rows of 784 numbers as images [1, 28, 28]. */
export function withInputShape(dataset: Dataset, shape: Shape | undefined): Dataset {
  if (shape === undefined) return dataset;
  const kind = ([undefined, "vector", "signal", "image"] as const)[shape.length];
  const usable = shape.every((n) => Number.isInteger(n) && n > 0) && dataset.kind !== "ids";
  if (kind === undefined || !usable || sizeOf(shape) !== sizeOf(dataset.inputShape)) {
    throw new FathomError({
      code: "bad-shape",
      where: `${dataset.name}, shape`,
      message: `Inputs of shape ${showShape(dataset.inputShape)} cannot be seen as ${showShape(shape)}.`,
      hint: "Give [features], [channels, time] or [channels, height, width] with as many numbers.",
    });
  }
  const seen = (split: Split): Split => ({
    ...split,
    inputs: { ...split.inputs, shape: [split.inputs.shape[0]!, ...shape] },
  });
  return checkedDataset({
    ...dataset,
    kind,
    inputShape: shape,
    train: seen(dataset.train),
    test: seen(dataset.test),
  });
}

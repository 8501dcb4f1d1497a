/** @file Rows of a data set as they are typed (cli.md): `a:b` of its training part, `test:a:b` of its test part, end excluded. */
import type { Dataset, SplitName } from "../data/index.ts";
import { badUsage } from "./errors.ts";

/** Consecutive rows of one part of a data set; `to` is not among them. */
export interface RowRange {
  readonly split: SplitName;
  readonly from: number;
  readonly to: number;
}

const form =
  "Give first:end (end excluded), as 0:1000 for training rows or test:0:500 for test rows; commas join ranges of one part.";

/**
 * A parser for rows: ranges of one part of the data, joined by commas.
 * @param name The option.
 * @param usual The part that ranges without a word before them belong to; `train` unless said.
 * @example rowsOption("--train")("55000:60000,0:5000") // two ranges of the training part
 */
export function rowsOption(name: string, usual: SplitName = "train"): (text: string) => RowRange[] {
  return (text) => {
    const ranges = text.split(",").map((part) => parseRange(part.trim(), usual));
    const reason = ranges.find((range) => typeof range === "string") ?? mixedParts(ranges as RowRange[]);
    if (reason === undefined) return ranges as RowRange[];
    throw badUsage(`${name} is "${text}": ${reason}.`, name, form);
  };
}

/** The range, or why it is none. */
function parseRange(text: string, usual: SplitName): RowRange | string {
  const [, part, rest = ""] = /^(?:([^:]*[a-z][^:]*):)?(.*)$/i.exec(text) ?? [];
  if (part !== undefined && part !== "train" && part !== "test") return `data have no part "${part}"`;
  const [first = "", end, ...more] = rest.split(":");
  if (more.length > 0) return `"${rest}" has more than two numbers`;
  const whole = (number: string) => /^\d{1,15}$/.test(number);
  const [from, to] = [Number(first), Number(end)];
  if (end === undefined) {
    const alone = whole(first) ? `; row ${first} alone is ${first}:${from + 1}` : "";
    return rest === "" ? "a range is missing" : `"${rest}" is no range${alone}`;
  }
  if (first === "") return "the first row is missing";
  if (end === "") return "the end is missing";
  if (!whole(first) || !whole(end)) return `${whole(first) ? end : first} is no whole number from 0 on`;
  if (from === to) return `${text} is empty, because the end is excluded`;
  if (from > to) return `${text} ends before it begins`;
  return { split: part ?? usual, from, to };
}

function mixedParts(ranges: readonly RowRange[]): string | undefined {
  return ranges.every(({ split }) => split === ranges[0]!.split)
    ? undefined
    : "ranges are of the training part and of the test part";
}

/**
 * The rows of ranges, in their order.
 * @throws FathomError bad-input naming the option where the data have fewer rows, or a row is named twice.
 * @example const rows = rowsOf(dataset, ranges, "--train"); // { split: "train", rows: [5000, 5001, …] }
 */
export function rowsOf(
  dataset: Dataset,
  ranges: readonly RowRange[],
  name: string,
): { readonly split: SplitName; readonly rows: number[] } {
  const { split } = ranges[0]!;
  const available = dataset[split].labels.data.length;
  for (const { from, to } of ranges) {
    if (to > available) {
      throw badUsage(
        `${name} asks for rows ${from} to ${to - 1}, but the ${split === "train" ? "training" : "test"} part of ${dataset.name} has ${available}.`,
        name,
        `Its rows are ${split === "test" ? "test:" : ""}0:${available}.`,
      );
    }
  }
  const rows = ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
  if (new Set(rows).size === rows.length) return { split, rows };
  throw badUsage(`${name} names a row twice.`, name, "Give ranges that do not overlap.");
}

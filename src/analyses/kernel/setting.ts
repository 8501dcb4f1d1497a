/** @file What a kernel matrix is asked with, its items read. */
import type { Dataset } from "../../data/index.ts";
import type { KernelPlan, KernelValue } from "../../kernels/index.ts";
import { type Net, withInput } from "../../net/index.ts";
import type { Progress } from "../document.ts";
import { type Items, itemsOf, type Rows } from "../items.ts";
import { kernelWarnings } from "../kernel-warnings.ts";
import type { Asked } from "../reproduction.ts";

export interface KernelQuestion extends Asked {
  readonly net: Net;
  readonly dataset: Dataset;
  readonly rows: Rows;
  /** Without them, or with the same, the matrix is that of the rows with themselves. */
  readonly columns?: Rows;
  /** `nngp` unless said. */
  readonly get?: readonly KernelValue[];
  readonly precision?: "float32" | "float64";
  readonly parameterisation?: "ntk" | "standard";
  /** The folder of a Zarr store; without it the matrix stays in memory and the JSON. */
  readonly store?: string;
  /** Bytes that the store may take. */
  readonly limit?: number;
  /** What the work will take, before it begins. */
  readonly onPlan?: (plan: KernelPlan) => void;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** The question with its defaults. */
export interface Setting {
  readonly net: Net;
  readonly rows: Items;
  readonly columns: Items | undefined;
  readonly get: readonly KernelValue[];
  readonly precision: "float32" | "float64";
  readonly parameterisation: "ntk" | "standard";
  /** The items in words. */
  readonly about: string;
  /** What a reader should know: a kernel that belongs to no network, outputs that are not Gaussian. */
  readonly warnings: readonly string[];
}

/** @throws FathomError bad-input for rows that the data lack, unsupported for a network without a kernel. */
export function settingOf(asked: KernelQuestion): Setting {
  const { dataset, get = ["nngp"], precision = "float32", parameterisation = "ntk" } = asked;
  const net = withInput(asked.net, { kind: dataset.kind, shape: dataset.inputShape });
  const columns = sameRows(asked) ? undefined : asked.columns;
  return {
    net,
    rows: itemsOf(dataset, asked.rows),
    columns: columns && itemsOf(dataset, columns),
    get,
    precision,
    parameterisation,
    about: `${dataset.name}, ${rowsText(asked.rows)}${columns ? ` by ${rowsText(columns)}` : ""}`,
    warnings: kernelWarnings(net, get),
  };
}

function sameRows({ rows, columns }: KernelQuestion): boolean {
  if (columns === undefined) return true;
  const sameSplit = columns.split === rows.split && columns.rows.length === rows.rows.length;
  return sameSplit && columns.rows.every((row, i) => row === rows.rows[i]);
}

/** `train rows 0:500` */
function rowsText({ split, rows }: Rows): string {
  const ranges: [number, number][] = [];
  for (const row of rows) {
    const last = ranges.at(-1);
    if (last?.[1] === row) last[1]++;
    else ranges.push([row, row + 1]);
  }
  return `${split} rows ${ranges.map(([from, to]) => `${from}:${to}`).join(",")}`;
}

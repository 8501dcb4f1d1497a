/**
 * @file The question `fathom kernel` asks: the kernel matrices of an infinitely wide network between items of a data set, in
 * JSON where they are small, in a Zarr store where they are not (kernels.md §2, §8).
 */
import {
  type BlockMatrix,
  denseMatrix,
  type KernelResult,
  type KernelValue,
  kernelMatrix,
} from "../../kernels/index.ts";
import type { NdArray } from "../../tensor/index.ts";
import { describeNet } from "../describe.ts";
import type { Outcome } from "../document.ts";
import { numberRows } from "../figure.ts";
import type { Items } from "../items.ts";
import { reproduction } from "../reproduction.ts";
import { type Entries, entriesOf, type Spectrum, spectrumOf } from "./entries.ts";
import { sectionsOf, verdictOf } from "./sections.ts";
import { type KernelQuestion, type Setting, settingOf } from "./setting.ts";

/** Rows and columns up to which a matrix is in the JSON. */
export const mostKernelRows = 512;

/** What was found of one value's matrix. */
export interface MatrixSummary {
  readonly value: KernelValue;
  readonly entries: Entries;
  /** Of small symmetric matrices. */
  readonly spectrum?: Spectrum;
  /** Why another symmetric matrix has none. */
  readonly noSpectrum?: string;
  /** The matrix itself, where it is small. */
  readonly dense?: NdArray<"float64">;
}

/** What the question found. */
export interface KernelAnswer {
  readonly setting: Setting;
  readonly result: KernelResult;
  readonly matrices: readonly MatrixSummary[];
  readonly store: { readonly path: string; readonly bytes: number } | undefined;
}

/**
 * Kernel matrices between items of a data set.
 * @returns `nngp[][]`, `ntk[][]` of at most 512 × 512; `summary` of each; `pairs`, `pairsPerSecond`, `build`, `store?`.
 * @throws FathomError as `kernelMatrix`; bad-input for rows that the data do not have.
 * @example
 * await kernel({ net, dataset, rows: { split: "train", rows: [0, 1, 2] }, seed: 0, command: "fathom kernel …" })
 */
export async function kernel(asked: KernelQuestion): Promise<Outcome> {
  const start = performance.now();
  const answer = await answerTo(asked);
  const { setting } = answer;
  return {
    json: jsonOf(answer),
    document: {
      title: "Kernel matrix",
      subject: describeNet(asked.net),
      facts: [
        ["items", setting.about],
        ["kernel", `${setting.precision}, engine ${answer.result.build}`],
      ],
      verdict: verdictOf(answer),
      advice: [],
      advises: false,
      sections: sectionsOf(answer),
      notApplicable: [],
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

async function answerTo(asked: KernelQuestion): Promise<KernelAnswer> {
  const setting = settingOf(asked);
  const { rows, columns, net, get, precision, parameterisation, about } = setting;
  const { store: path, limit, onPlan, onProgress, signal, options } = asked;
  let bytes = 0;
  const result = await kernelMatrix({
    net,
    get,
    precision,
    parameterisation,
    allowNonGaussianSum: true,
    x1: rows.x,
    ...(columns && { x2: columns.x }),
    ...(path !== undefined && { store: { path, limit, about } }),
    threads: options?.threads,
    signal,
    onProgress,
    onPlan: (plan) => {
      bytes = plan.bytes;
      onPlan?.(plan);
      // The first tile of a slow network takes long: what is at work is seen before.
      const total = plan.finished + plan.pairs;
      if (plan.pairs > 0) onProgress?.({ label: "kernel", detail: "pairs", done: plan.finished, total });
    },
  });
  const matrices = [];
  for (const value of get) matrices.push(await summaryOf(value, result[value]!, asked));
  return { setting, result, matrices, store: path === undefined ? undefined : { path, bytes } };
}

async function summaryOf(
  value: KernelValue,
  matrix: BlockMatrix,
  { signal, onProgress }: KernelQuestion,
): Promise<MatrixSummary> {
  const label = `looking through ${value}`;
  const entries = await entriesOf(matrix, {
    signal,
    onBlock: (done, total) => onProgress?.({ label, done, total }),
  });
  if (matrix.rows > mostKernelRows || matrix.columns > mostKernelRows) {
    const large = `not computed beyond ${mostKernelRows} rows`;
    return { value, entries, ...(matrix.symmetric && { noSpectrum: large }) };
  }
  const dense = await denseMatrix(matrix);
  if (!matrix.symmetric || matrix.rows === 0) return { value, entries, dense };
  if (entries.notFinite > 0)
    return { value, entries, dense, noSpectrum: "undefined: not all entries are finite" };
  return { value, entries, dense, spectrum: spectrumOf(dense, matrix.dtype) };
}

function jsonOf({ setting, result, matrices, store }: KernelAnswer): Record<string, unknown> {
  const { rows, columns, precision, parameterisation, warnings } = setting;
  const { build, pairs, seconds, pairsPerSecond } = result;
  const shown = matrices.flatMap(({ value, dense }) =>
    dense === undefined ? [] : [[value, numberRows(dense.data, dense.shape[1]!)] as const],
  );
  return {
    rows: sideJson(rows),
    columns: sideJson(columns ?? rows),
    symmetric: columns === undefined,
    precision,
    build,
    parameterisation,
    ...Object.fromEntries(shown),
    summary: Object.fromEntries(
      matrices.map((matrix) => [matrix.value, { ...matrix.entries, ...conditionJson(matrix) }]),
    ),
    pairs,
    seconds,
    pairsPerSecond,
    ...(store === undefined ? {} : { store }),
    warnings,
  };
}

/** The numbers of the items in the data stand beside a matrix that is printed, in its order. */
function sideJson({ split, count, rows }: Items): Record<string, unknown> {
  return { split, count, ...(count <= mostKernelRows && { indices: rows }) };
}

function conditionJson({ spectrum, noSpectrum }: MatrixSummary): object | undefined {
  if (noSpectrum !== undefined) return { condition: null, conditionStatus: noSpectrum };
  if (spectrum?.condition === null) return { ...spectrum, conditionStatus: "singular to rounding" };
  return spectrum;
}

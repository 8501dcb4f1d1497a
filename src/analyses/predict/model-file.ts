/**
 * @file A fitted predictor on disk, `model.safetensors`: K⁻¹ Y of every size, with the network, the data's fingerprint and what
 * the fit found as metadata. Means of new items need nothing else but their kernel with the training items.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type KernelResult, kernelProduct } from "../../kernels/index.ts";
import { decodeSafetensors, encodeSafetensors, FathomError, type NdArray } from "../../tensor/index.ts";
import { version } from "../../version.ts";
import { fingerprint } from "../items.ts";
import { pieceKey } from "../journal.ts";
import { targetsOf } from "../targets.ts";
import type { Fit, FitFacts } from "./fit.ts";
import { type Setting, trainValues } from "./setting.ts";

type Float64 = NdArray<"float64">;

const fileName = "model.safetensors";

/** How the kernel of the training items was computed. */
export type KernelRun = Pick<KernelResult, "build" | "pairs" | "pairsPerSecond">;

export interface SavedFit {
  readonly facts: readonly FitFacts[];
  readonly alphas: readonly Float64[];
  readonly maxLearningRate: number | null;
  readonly kernel: KernelRun;
  /** The file. */
  readonly path: string;
}

/** Everything that a fit depends on, in a few characters. */
export function fitKey(setting: Setting): string {
  const { net, get, time, learningRate, jitter, mode, precision, parameterisation, sizes, classes } = setting;
  const steps = Number.isFinite(time) ? { time, learningRate } : {};
  const targets = targetsOf(classes);
  const common = { version, net, get, ...steps, jitter, mode, precision, parameterisation };
  const parts = { ...common, sizes, classes, targets };
  return pieceKey([parts, fingerprint(setting.train)]);
}

/** Whether the means of a fit can be kept: at a finite time they have no K⁻¹ Y. */
export function canKeep({ time, folder }: Setting): boolean {
  return folder !== undefined && !Number.isFinite(time);
}

/**
 * The fit that the folder holds, where it is of the same network, items and settings.
 * @throws FathomError bad-file for a damaged file.
 */
export async function loadFit(setting: Setting): Promise<SavedFit | undefined> {
  if (setting.folder === undefined || Number.isFinite(setting.time)) return undefined;
  const path = join(setting.folder, fileName);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unusable(path, error);
  });
  if (bytes === undefined) return undefined;
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  if (metadata["key"] !== fitKey(setting)) return undefined;
  const { facts, maxLearningRate, kernel } = JSON.parse(metadata["fit"]!) as Omit<
    SavedFit,
    "alphas" | "path"
  >;
  return {
    facts,
    maxLearningRate,
    kernel,
    path,
    alphas: facts.map(({ n }) => tensors[`alpha.${n}`] as Float64),
  };
}

/** Writes the fit at once or not at all; the path of the file. @throws FathomError io. */
export async function saveFit(
  setting: Setting,
  { facts, alphas, maxLearningRate }: Fit,
  kernel: KernelRun,
): Promise<string> {
  const path = join(setting.folder!, fileName);
  const { dataset, train, net, get, precision, mode, parameterisation } = setting;
  const bytes = encodeSafetensors(
    Object.fromEntries(alphas.map((alpha, i) => [`alpha.${facts[i]!.n}`, alpha])),
    {
      format: "fathom predictor 1",
      key: fitKey(setting),
      net: JSON.stringify(net),
      settings: JSON.stringify({ get, precision, mode, parameterisation, classes: setting.classes }),
      data: JSON.stringify({
        name: dataset.name,
        source: dataset.source,
        split: train.split,
        rows: train.count,
        sha256: fingerprint(train),
      }),
      fit: JSON.stringify({ facts, maxLearningRate, kernel }),
    },
  );
  try {
    await writeFile(`${path}.partial`, bytes);
    await rename(`${path}.partial`, path);
  } catch (error) {
    throw unusable(path, error as Error);
  }
  return path;
}

/** The fit as a predictor of means. */
export function savedPredictor(setting: Setting, { alphas }: SavedFit): Fit["predictor"] {
  const value = setting.get === "nngp" ? "nngp" : "ntk";
  const alpha = alphas.at(-1)!;
  return {
    values: trainValues({ ...setting, variance: false }),
    prior: undefined,
    predict: async (tile) => ({ mean: await kernelProduct(tile[value]!, alpha) }),
  };
}

function unusable(path: string, cause: Error): FathomError {
  return new FathomError({
    code: "io",
    message: `The fitted predictor ${path} cannot be read or written: ${cause.message}.`,
    where: path,
    hint: "Name a folder that you may write to, on a disk with free space.",
    cause,
  });
}

/** @file The kernels of a prediction: of the training items, of test items with them, and of test items alone. */
import { join } from "node:path";
import {
  denseMatrix,
  type KernelPlan,
  type KernelProgress,
  type KernelResult,
  type KernelValue,
  kernelDiagonal,
  kernelMatrix,
  type StoreOptions,
} from "../../kernels/index.ts";
import type { NdArray } from "../../tensor/index.ts";
import type { Items } from "../items.ts";
import type { Setting } from "./setting.ts";

type Float64 = NdArray<"float64">;

/** Of some test items: K and/or Θ with the training items [M, N], and the variances before training [M]. */
export interface TestTile {
  readonly nngp?: Float64;
  readonly ntk?: Float64;
  readonly prior?: Float64;
}

/**
 * The kernel of the training items with each other.
 * @param onPlan Hears what it will take.
 */
export async function trainKernels(
  setting: Setting,
  values: readonly KernelValue[],
  onPlan?: (plan: KernelPlan) => void,
): Promise<KernelResult> {
  return kernelMatrix({
    ...common(setting, values),
    threads: setting.threads,
    x1: setting.train.x,
    store: storeOf(setting, values),
    onPlan,
    onProgress: (progress) => setting.onProgress?.({ ...progress, label: "kernel of training items" }),
  });
}

/** Where the kernel is kept, so that a run that was stopped goes on; each choice of values has a store of its own. */
function storeOf(setting: Setting, values: readonly KernelValue[]): StoreOptions | undefined {
  const { store, folder, dataset, train } = setting;
  const path = store ?? (folder === undefined ? undefined : join(folder, `kernel-${values.join("-")}.zarr`));
  if (path === undefined) return undefined;
  return { path, about: `${train.count} rows of the ${train.split} part of ${dataset.name}` };
}

/** The kernels of some test items. `prior` says whose variances are needed. */
export async function testKernels(
  setting: Setting,
  { x }: Items,
  {
    values,
    prior,
    onProgress,
  }: {
    readonly values: readonly KernelValue[];
    readonly prior?: KernelValue | undefined;
    readonly onProgress?: (progress: KernelProgress) => void;
  },
): Promise<TestTile & { readonly pairs: number }> {
  const cross = await kernelMatrix({
    ...common(setting, values),
    threads: setting.threads,
    x1: x,
    x2: setting.train.x,
    onProgress,
  });
  const diagonal = prior && (await kernelDiagonal({ ...common(setting, [prior]), x }))[prior];
  return {
    ...(cross.nngp && { nngp: await denseMatrix(cross.nngp) }),
    ...(cross.ntk && { ntk: await denseMatrix(cross.ntk) }),
    ...(diagonal && { prior: diagonal }),
    pairs: cross.pairs,
  };
}

function common({ net, precision, parameterisation, signal }: Setting, get: readonly KernelValue[]) {
  return { net, get, precision, parameterisation, signal, allowNonGaussianSum: true };
}

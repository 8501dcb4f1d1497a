/** @file The loss around a solution: curvature, trace and sharpness at one radius (training.md §1.4). */
import type { Dataset } from "../../data/index.ts";
import type { Model } from "../../net/index.ts";
import {
  hessianEigenvalues,
  hessianTrace,
  modelSurface,
  type Point,
  type Surface,
  sharpness,
} from "../../probes/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import type { Key } from "../../tensor/index.ts";
import type { Flatness } from "./solutions.ts";

export interface SurfaceQuestion {
  readonly model: Model;
  readonly dataset: Dataset;
  /** Training rows. */
  readonly rows: ArrayLike<number>;
  readonly options?: CompileOptions;
}

/** The loss on training rows, compiled once for all solutions of a network. */
export function openSurface({ model, dataset, rows, options }: SurfaceQuestion): Surface {
  return modelSurface({ model, dataset, rows, ...(options === undefined ? {} : { options }) });
}

/** Products for λ_max, random signs for the trace, draws for the mean rise: what comparisons over seeds need. */
const effort = { steps: 30, probes: 15, draws: 16 };

/** Curvature and sharpness at a solution. @param rho - radius of the sharpness. */
export async function measureFlatness(
  surface: Surface,
  point: Point,
  { rho, key }: { readonly rho: number; readonly key: Key },
): Promise<Flatness> {
  const { largest, loss } = await hessianEigenvalues(surface, point, {
    key: key.split("lanczos"),
    ends: "largest",
    steps: effort.steps,
    tolerance: 0.01,
  });
  const top = largest[0]!;
  const { trace } = await hessianTrace(surface, point, { key: key.split("trace"), probes: effort.probes });
  const { worst, average } = await sharpness(surface, point, {
    rho,
    key: key.split("sharpness"),
    draws: effort.draws,
    products: 0,
  });
  return {
    rho,
    loss,
    lambdaMax: top.value,
    residual: top.ci === undefined ? 0 : (top.ci[1] - top.ci[0]) / 2,
    trace: trace.value,
    traceSe: trace.se ?? 0,
    worst: worst.value,
    average: average.value,
  };
}

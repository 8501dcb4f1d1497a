/**
 * @file Cells of a phase diagram on sampled networks: J of one layer at the end of the hidden layers, where K has settled
 * (criticality.md §7.5), at a few variances of the grid.
 */
import { setImmediate } from "node:timers/promises";
import { buildModel, type Net, withVariances } from "../../net/index.ts";
import { measureJacobians } from "../../probes/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import { Key } from "../../tensor/index.ts";
import { propagate } from "../../theory/index.ts";
import type { Progress } from "../document.ts";
import { theoryReach } from "../reach.ts";
import { hiddenTaps } from "../readout.ts";
import type { Grid } from "./phase-figure.ts";
import { standInInputs, standInStarts } from "./stand-in.ts";

/** One cell: χ_J of theory and measured, from the last but one hidden layer to the last. */
export interface MeasuredCell {
  readonly sw2: number;
  readonly sb2: number;
  /** Of this network at this depth; undefined where theory does not reach it. */
  readonly theory: number | undefined;
  /** Mean over networks; undefined where the preactivations overflowed. */
  readonly value: number | undefined;
  readonly se: number | undefined;
}

export interface CellSettings {
  readonly net: Net;
  /** Networks a cell. */
  readonly seeds: number;
  readonly seed: number;
  readonly options?: CompileOptions | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** At most so many columns and rows of sampled cells. */
const most = { columns: 5, rows: 4 };

/** Probes an input (criticality.md §13). */
const probes = 5;

/** Cells spread over a grid, away from its edges where it has room. */
export function sampledCells({ sw2, sb2 }: Grid): { readonly sw2: number; readonly sb2: number }[] {
  const columns = spread(sw2, most.columns);
  return spread(sb2, most.rows).flatMap((bias) => columns.map((weight) => ({ sw2: weight, sb2: bias })));
}

function spread(values: readonly number[], limit: number): number[] {
  if (values.length <= limit) return [...values];
  return Array.from({ length: limit }, (_, i) => values[Math.floor(((i + 0.5) * values.length) / limit)]!);
}

/** @throws FathomError bad-input for a network of fewer than two hidden layers; the reason of `signal` when it is aborted. */
export async function measureCells(
  points: readonly { readonly sw2: number; readonly sb2: number }[],
  settings: CellSettings,
): Promise<MeasuredCell[]> {
  const cells: MeasuredCell[] = [];
  for (const [done, point] of points.entries()) {
    settings.signal?.throwIfAborted();
    settings.onProgress?.({ label: "sampling cells", done, total: points.length });
    cells.push(await measureCell(point, settings));
    await setImmediate();
  }
  return cells;
}

async function measureCell(
  { sw2, sb2 }: { readonly sw2: number; readonly sb2: number },
  { net, seeds, seed, options }: CellSettings,
): Promise<MeasuredCell> {
  const model = buildModel(withVariances(net, { sw2, sb2 }));
  const last = hiddenTaps(model) - 1;
  const key = Key.fromSeed(seed).split("phase");
  const inputs = standInInputs(model, key.split("inputs"));
  const { layers } = await measureJacobians({
    model,
    inputs,
    seeds,
    probes,
    key: key.split(`${sw2}:${sb2}`),
    ...(options === undefined ? {} : { options }),
  });
  const local = layers[last]?.local;
  const reached = theoryReach(model, (places) => propagate(places, standInStarts[0]!)).layers;
  const value = local === undefined ? Number.NaN : Math.exp(local.lnMean);
  return {
    sw2,
    sb2,
    theory: last < reached.length ? reached[last - 1]?.chiJ : undefined,
    value: Number.isFinite(value) ? value : undefined,
    se: local?.se === undefined || !Number.isFinite(value) ? undefined : value * local.se,
  };
}

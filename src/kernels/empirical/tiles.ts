/**
 * @file Puts the tiles of an empirical kernel together: which are asked for, what each is fed, and where its numbers go.
 */
import { eventLoopTurn } from "../../event-loop.ts";
import type { Executable } from "../../runtime/index.ts";
import { type NdArray, zeros } from "../../tensor/index.ts";
import { blockOf, type FiniteNetwork, type Weights } from "./network.ts";
import { type OutputGroups, type Range, rangesOf, unitCotangents } from "./outputs.ts";
import { sideNames, type TileProgram } from "./program.ts";
import { mirrorLower } from "./symmetric.ts";
import type { WorkOptions } from "./work.ts";

/** A kernel to be computed. */
export interface Job {
  readonly network: FiniteNetwork;
  readonly groups: OutputGroups;
  readonly program: TileProgram;
  readonly items: readonly [NdArray, NdArray];
  readonly symmetric: boolean;
  readonly weights: Weights;
  readonly work: WorkOptions;
}

/** A block of rows or columns: items, and the outputs that are kept in full. */
interface Line {
  readonly items: Range;
  readonly full: Range;
}

function linesOf({ items, program, groups }: Job, side: 0 | 1, fullSize: number): Line[] {
  return rangesOf(items[side].shape[0]!, program.items[side]).flatMap((range) =>
    rangesOf(groups.full, fullSize).map((full) => ({ items: range, full })),
  );
}

/** The kernel `[D, N1·K, N2·K]`, tile by tile. */
export async function runTiles(job: Job): Promise<NdArray<"float64">> {
  const { groups, program, items, symmetric } = job;
  const [rows, columns] = items.map((array) => array.shape[0]! * groups.full) as [number, number];
  const kernel = zeros("float64", [groups.diagonal, rows, columns]);
  const { outputs } = program.size;
  const products = program.plan.method === "vector-products";
  const pairs = pairsOf(job);
  const layers = rangesOf(groups.diagonal, outputs.diagonal).flatMap((diagonal) =>
    rangesOf(groups.trace, outputs.trace).map((trace) => ({ diagonal, trace })),
  );
  const total = pairs.length * layers.length;
  let done = 0;
  for (const { row, column, same } of pairs) {
    for (const layer of layers) {
      job.work.onProgress?.(done++, total);
      await eventLoopTurn();
      job.work.signal?.throwIfAborted();
      await (products ? addProducts : addTile)(job, { row, column, same, ...layer }, kernel);
    }
  }
  job.work.onProgress?.(total, total);
  finish(kernel, groups.trace, symmetric);
  return kernel;
}

/** Rows with columns; of a symmetric kernel those of the lower triangle. */
function pairsOf(job: Job): Pick<Place, "row" | "column" | "same">[] {
  const { program, groups, symmetric } = job;
  const products = program.plan.method === "vector-products";
  const { full } = program.size.outputs;
  const left = linesOf(job, 0, products ? groups.full : full);
  return linesOf(job, 1, full).flatMap((column, j) =>
    left.flatMap((row, i) => {
      const above = products ? column.items.from > row.items.from : j > i;
      return symmetric && above ? [] : [{ row, column, same: symmetric && !products && i === j }];
    }),
  );
}

interface Place {
  readonly row: Line;
  readonly column: Line;
  /** Whether both are the same items and outputs. */
  readonly same: boolean;
  readonly diagonal: Range;
  readonly trace: Range;
}

function itemFeed({ items, program }: Job, { row, column }: Place, side: 0 | 1): Weights {
  const { from } = (side === 0 ? row : column).items;
  return { [`${sideNames[side]}.x`]: blockOf(items[side], from, program.items[side]) };
}

function cotangentFeed(
  { network, groups }: Job,
  { row, column, diagonal, trace }: Place,
  side: 0 | 1,
): Weights {
  const { full } = side === 0 ? row : column;
  const cotangents = unitCotangents(groups, { diagonal, full, trace }, network.dtype);
  return { [`${sideNames[side]}.cotangent`]: cotangents };
}

async function run(executable: Executable | undefined, feeds: Weights): Promise<Float64Array | undefined> {
  const result = await executable?.run(feeds);
  return result?.["tile"]?.data as Float64Array | undefined;
}

/** Adds a tile `[d, A·k, B·k']`. */
async function addTile(job: Job, place: Place, kernel: NdArray<"float64">): Promise<void> {
  const { program, groups, items, weights } = job;
  const { row, column, same, diagonal } = place;
  const sides = same ? ([0] as const) : ([0, 1] as const);
  const fed = sides.map((side) => ({ ...itemFeed(job, place, side), ...cotangentFeed(job, place, side) }));
  const feeds = Object.assign({ ...weights }, ...fed) as Weights;
  const tile = await run(same ? program.symmetric : program.general, feeds);
  if (tile === undefined) return;
  const [, height, width] = kernel.shape as [number, number, number];
  const [heightOfTile, widthOfTile] = [row.items.size * row.full.size, column.items.size * column.full.size];
  const rows = placesOf(row, items[0].shape[0]!, groups.full);
  const columns = placesOf(column, items[1].shape[0]!, groups.full);
  for (let d = 0; d < diagonal.size && diagonal.from + d < groups.diagonal; d++) {
    for (const [i, to] of rows) {
      const from = (d * heightOfTile + i) * widthOfTile;
      const at = ((diagonal.from + d) * height + to) * width;
      for (const [j, target] of columns) kernel.data[at + target]! += tile[from + j]!;
    }
  }
}

/** Lines of a tile with the lines of the kernel that they are; those beyond the end are left out. */
function placesOf({ items, full }: Line, count: number, outputs: number): [number, number][] {
  const places: [number, number][] = [];
  for (let i = 0; i < items.size && items.from + i < count; i++) {
    for (let k = 0; k < full.size && full.from + k < outputs; k++) {
      places.push([i * full.size + k, (items.from + i) * outputs + full.from + k]);
    }
  }
  return places;
}

/** Adds the parts of a tile of vector products `[B, q, A, C]` whose diagonal and traced outputs agree on both sides. */
async function addProducts(job: Job, place: Place, kernel: NdArray<"float64">): Promise<void> {
  const { program, groups, items, weights } = job;
  const { row, column } = place;
  const tile = await run(program.general, {
    ...weights,
    ...itemFeed(job, place, 0),
    ...itemFeed(job, place, 1),
    ...cotangentFeed(job, place, 1),
  });
  if (tile === undefined) return;
  const [, height, width] = kernel.shape as [number, number, number];
  const sources = outputsOfTile(groups, place);
  const across = Math.min(column.items.size, items[1].shape[0]! - column.items.from);
  const down = Math.min(row.items.size, items[0].shape[0]! - row.items.from);
  const cotangents = place.diagonal.size * column.full.size * place.trace.size;
  for (let b = 0; b < across; b++) {
    for (const { q, d, k, outputs } of sources) {
      const to = (column.items.from + b) * groups.full + k;
      for (let a = 0; a < down; a++) {
        const from = ((b * cotangents + q) * row.items.size + a) * groups.index.length;
        const at = (d * height + (row.items.from + a) * groups.full) * width + to;
        for (const [l, output] of outputs.entries()) kernel.data[at + l * width]! += tile[from + output]!;
      }
    }
  }
}

/** The cotangents of a tile, and the outputs of the other side that each is paired with: same d and t, every l. */
function outputsOfTile({ diagonal, full, trace, index }: OutputGroups, place: Place) {
  const { from: firstFull, size: fullSize } = place.column.full;
  const found: { q: number; d: number; k: number; outputs: number[] }[] = [];
  for (let q = 0; q < place.diagonal.size * fullSize * place.trace.size; q++) {
    const t = place.trace.from + (q % place.trace.size);
    const k = firstFull + (Math.floor(q / place.trace.size) % fullSize);
    const d = place.diagonal.from + Math.floor(q / (place.trace.size * fullSize));
    if (d >= diagonal || k >= full || t >= trace) continue;
    const outputs = Array.from({ length: full }, (_, l) => index[(d * full + l) * trace + t]!);
    found.push({ q, d, k, outputs });
  }
  return found;
}

/** Divides by the traced outputs; a symmetric kernel gets its upper triangle from the lower. */
function finish(kernel: NdArray<"float64">, trace: number, symmetric: boolean): void {
  for (let i = 0; i < kernel.data.length; i++) kernel.data[i]! /= trace;
  if (symmetric) mirrorLower(kernel);
}

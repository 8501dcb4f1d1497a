/**
 * @file Computes a strip of a block: 64 rows are prepared once and meet the columns tile by tile. Every pair is computed
 * in one way, whatever the order of strips and whoever takes them, so the bits are the same; the other half of a
 * diagonal block is a copy.
 */
import { FathomError } from "../../tensor/index.ts";
import type { KernelValue, TileEngine } from "../types.ts";
import { type BlockPlace, type Grid, pieceOf, type Span, spansOf, stripsOfBlock, tileSize } from "./grid.ts";
import { type Items, itemBlock } from "./items.ts";

type FloatData = Float32Array | Float64Array;

/** One block per value, row-major and without padding. */
export type BlockBuffers = Partial<Record<KernelValue, FloatData>>;

/** Rows and columns that meet; of a symmetric grid they are the same. */
export interface Sides {
  readonly rows: Items;
  readonly columns: Items;
}

interface Strip {
  readonly place: BlockPlace;
  /** 0 to 7. */
  readonly strip: number;
}

/**
 * Computes a strip into the buffers of its block, and yields the pairs of every tile.
 * @throws FathomError failed naming the first pair whose kernel leaves the numbers of the precision.
 * @example for (const pairs of computeStrip(engine, { grid, sides, buffers }, { place, strip: 0 })) total += pairs;
 */
export function* computeStrip(
  engine: TileEngine,
  { grid, sides, buffers }: { grid: Grid; sides: Sides; buffers: BlockBuffers },
  { place, strip }: Strip,
): Generator<number> {
  const block = spansOf(grid, place);
  const rows = pieceOf(block.rows, tileSize, strip);
  if (rows.count === 0) return;
  const onDiagonal = grid.symmetric && place.i === place.j;
  engine.load("a", itemBlock(sides.rows, rows));
  for (let t = 0; t <= (onDiagonal ? strip : stripsOfBlock - 1); t++) {
    const columns = pieceOf(block.columns, tileSize, t);
    if (columns.count === 0) return;
    engine.load("b", itemBlock(sides.columns, columns));
    const same = onDiagonal && t === strip;
    const tile = engine.compute({ same });
    for (const value of engine.values) {
      const target = { block: buffers[value]!, stride: block.columns.count };
      const at = { row: rows.from - block.rows.from, column: columns.from - block.columns.from };
      const { overflow } = writeTile(target, at, { data: tile[value]!, rows, columns });
      if (overflow) throw notFinite(target, at, { value, rows, columns });
      if (onDiagonal) mirrorTile(target, at, { rows, columns });
    }
    yield same ? (rows.count * (rows.count + 1)) / 2 : rows.count * columns.count;
  }
}

interface Target {
  readonly block: FloatData;
  readonly stride: number;
}

interface Corner {
  readonly row: number;
  readonly column: number;
}

function writeTile(
  { block, stride }: Target,
  at: Corner,
  { data, rows, columns }: { data: FloatData; rows: Span; columns: Span },
): { readonly overflow: boolean } {
  // 0 while all are finite: Infinity − Infinity and NaN − NaN are NaN.
  let differences = 0;
  for (let r = 0; r < rows.count; r++) {
    const row = data.subarray(r * columns.count, (r + 1) * columns.count);
    const start = (at.row + r) * stride + at.column;
    block.set(row, start);
    for (let c = start; c < start + columns.count; c++) differences += block[c]! - block[c]!;
  }
  return { overflow: differences !== 0 };
}

function notFinite(
  { block, stride }: Target,
  at: Corner,
  { value, rows, columns }: { value: KernelValue; rows: Span; columns: Span },
): FathomError {
  const inside = Array.from({ length: rows.count * columns.count }, (_, k) => ({
    r: Math.floor(k / columns.count),
    c: k % columns.count,
  }));
  const entry = ({ r, c }: { r: number; c: number }) => block[(at.row + r) * stride + at.column + c]!;
  const first = inside.find((place) => !Number.isFinite(entry(place)))!;
  const [i, j] = [rows.from + first.r, columns.from + first.c];
  const single = block instanceof Float32Array;
  return new FathomError({
    code: "failed",
    message: `The kernel ${value} of the items ${i} and ${j} is ${entry(first)} in ${single ? "float32" : "float64"}.`,
    where: `${value}[${i}, ${j}]`,
    hint: `Use ${single ? "precision float64, " : ""}smaller variances, or inputs of the size of 1.`,
  });
}

/** Entries above the diagonal of the block from those below it. */
function mirrorTile({ block, stride }: Target, at: Corner, { rows, columns }: { rows: Span; columns: Span }) {
  for (let r = at.row; r < at.row + rows.count; r++) {
    const end = Math.min(at.column + columns.count, r);
    for (let c = at.column; c < end; c++) block[c * stride + r] = block[r * stride + c]!;
  }
}

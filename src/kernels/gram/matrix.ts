/** @file Matrices in blocks that lie in memory, and the way between them and plain arrays. */
import { FathomError, type NdArray, ndarray, zeros } from "../../tensor/index.ts";
import type { BlockMatrix } from "../types.ts";
import { type BlockPlace, blockSize, blocksOf, type Grid, sizeOfBlock, spansOf } from "./grid.ts";

type FloatData = Float32Array | Float64Array;

/** Where the blocks of a matrix come from. */
interface BlockSource extends Grid {
  readonly dtype: "float32" | "float64";
  /** A block that exists, row-major and without padding. */
  block(place: BlockPlace): Promise<FloatData>;
}

/** A matrix of a source: asks it only for blocks that exist. */
export function matrixOf({ rows, columns, symmetric, dtype, ...source }: BlockSource): BlockMatrix {
  const grid: Grid = { rows, columns, symmetric };
  const read = async (i: number, j: number) => source.block(checkedPlace(grid, { i, j }));
  return {
    ...grid,
    blockSize,
    dtype,
    read,
    diagonal: async () => diagonalOf(grid, read),
  };
}

async function diagonalOf(grid: Grid, read: BlockMatrix["read"]): Promise<Float64Array> {
  if (!grid.symmetric) {
    throw new FathomError({
      code: "bad-input",
      message: `This ${grid.rows} × ${grid.columns} matrix is between two sets of items: it has no diagonal.`,
      where: "diagonal",
      hint: "Take the diagonal of the items themselves by kernelDiagonal.",
    });
  }
  const diagonal = new Float64Array(grid.rows);
  for (let i = 0; i * blockSize < grid.rows; i++) {
    const { rows } = spansOf(grid, { i, j: i });
    const block = await read(i, i);
    for (let r = 0; r < rows.count; r++) diagonal[rows.from + r] = block[r * rows.count + r]!;
  }
  return diagonal;
}

function checkedPlace(grid: Grid, place: BlockPlace): BlockPlace {
  const { i, j } = place;
  const whole = Number.isInteger(i) && Number.isInteger(j) && i >= 0 && j >= 0;
  if (whole && !(grid.symmetric && j > i) && sizeOfBlock(grid, place) > 0) return place;
  throw new FathomError({
    code: "bad-input",
    message: `There is no block (${i}, ${j}) in a ${grid.symmetric ? "symmetric " : ""}matrix of ${grid.rows} × ${grid.columns}.`,
    where: `block (${i}, ${j})`,
    hint: grid.symmetric
      ? `Blocks are (i, j) with 0 ≤ j ≤ i < ${Math.ceil(grid.rows / blockSize)}.`
      : `Blocks are 0 ≤ i < ${Math.ceil(grid.rows / blockSize)}, 0 ≤ j < ${Math.ceil(grid.columns / blockSize)}.`,
  });
}

/** The number of a block in the order of `blocksOf`. */
function indexOfBlock({ columns, symmetric }: Grid, { i, j }: BlockPlace): number {
  return symmetric ? (i * (i + 1)) / 2 + j : i * Math.ceil(columns / blockSize) + j;
}

/** A matrix of blocks in the order of `blocksOf`. */
export function matrixOfBlocks(
  grid: Grid,
  dtype: "float32" | "float64",
  blocks: readonly FloatData[],
): BlockMatrix {
  return matrixOf({ ...grid, dtype, block: async (place) => blocks[indexOfBlock(grid, place)]! });
}

/**
 * A plain matrix in blocks.
 * @param matrix - [rows, columns], float32 or float64.
 * @param options - `symmetric`: only the lower triangle is read.
 * @throws FathomError bad-shape unless it is a matrix, and square where it is symmetric.
 * @example blockMatrix(ndarray("float64", [2, 2], [1, 0.5, 0.5, 1]), { symmetric: true })
 */
export function blockMatrix(
  matrix: NdArray<"float32"> | NdArray<"float64">,
  { symmetric }: { readonly symmetric: boolean },
): BlockMatrix {
  const [rows, columns] = matrix.shape;
  if (matrix.shape.length !== 2 || (symmetric && rows !== columns)) {
    throw new FathomError({
      code: "bad-shape",
      message: `A ${symmetric ? "symmetric matrix" : "matrix"} cannot have the shape [${matrix.shape.join(", ")}].`,
      where: "matrix",
      hint: symmetric ? "Give [n, n]." : "Give [rows, columns].",
    });
  }
  const grid = { rows: rows!, columns: columns!, symmetric };
  const blocks = blocksOf(grid).map((place) => copiedBlock(matrix.data, grid, place));
  return matrixOfBlocks(grid, matrix.dtype, blocks);
}

function copiedBlock(data: FloatData, grid: Grid, place: BlockPlace): FloatData {
  const { rows, columns } = spansOf(grid, place);
  const block = new (data.constructor as Float32ArrayConstructor)(rows.count * columns.count);
  for (let r = 0; r < rows.count; r++) {
    const at = (rows.from + r) * grid.columns + columns.from;
    block.set(data.subarray(at, at + columns.count), r * columns.count);
  }
  if (grid.symmetric && place.i === place.j) mirror(block, rows.count);
  return block;
}

/** Upper triangle from the lower one. */
function mirror(block: FloatData, size: number): void {
  for (let r = 0; r < size; r++)
    for (let c = r + 1; c < size; c++) block[r * size + c] = block[c * size + r]!;
}

/** Bytes of a dense copy that are not asked for by mistake. */
const usualMemory = 4 * 2 ** 30;

/**
 * All of a matrix, both triangles, float64.
 * @param options - `memory`: bytes that the copy may take (4 GiB unless said).
 * @returns [rows, columns].
 * @throws FathomError too-large beyond `memory`.
 * @example const { data } = await denseMatrix(result.nngp); // result of kernelMatrix
 */
export async function denseMatrix(
  matrix: BlockMatrix,
  { memory = usualMemory }: { readonly memory?: number } = {},
): Promise<NdArray<"float64">> {
  const { rows, columns } = matrix;
  if (rows * columns * 8 > memory) {
    throw new FathomError({
      code: "too-large",
      message: `A dense copy of ${rows} × ${columns} numbers takes ${rows * columns * 8} bytes; ${memory} are allowed.`,
      where: "memory",
      hint: "Read it by blocks, or allow more memory.",
    });
  }
  const dense = zeros("float64", [rows, columns]).data;
  for (const place of blocksOf(matrix)) putBlock(dense, matrix, place, await matrix.read(place.i, place.j));
  return ndarray("float64", [rows, columns], dense);
}

function putBlock(dense: Float64Array, grid: Grid, place: BlockPlace, block: FloatData): void {
  const { rows, columns } = spansOf(grid, place);
  for (let r = 0; r < rows.count; r++) {
    const row = block.subarray(r * columns.count, (r + 1) * columns.count);
    dense.set(row, (rows.from + r) * grid.columns + columns.from);
    if (!grid.symmetric || place.i === place.j) continue;
    for (let c = 0; c < columns.count; c++)
      dense[(columns.from + c) * grid.columns + rows.from + r] = row[c]!;
  }
}

/**
 * @file What a matrix product costs besides its arithmetic, by the layouts of its operands and result. MLAS copies the second
 * factor into panels, once; a first factor stored transposed is turned around again for every panel of 128 columns
 * (measured: bench/README.md). Turning the whole product around, Cᵀ = Bᵀ Aᵀ, exchanges the factors.
 */

/** How a matrix is stored: `plain` [rows, columns], or `turned` [columns, rows]. */
export type Layout = "plain" | "turned";

export interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Nanoseconds an element, on one core of the machines measured; only their ratios matter. */
const copied = 0.26;
const turnedAround = 0.28;
const transposed = 0.6;
const perNode = 2000;
const panel = 128;

/** Cost of a product whose first factor [rows, inner] is stored transposed, or not. */
function factorsCost(rows: number, inner: number, columns: number, firstTransposed: boolean): number {
  const turns = firstTransposed ? turnedAround * rows * inner * Math.ceil(columns / panel) : 0;
  return turns + copied * inner * columns;
}

/** Nanoseconds spent on arranging the factors of a product. */
export function productCost(product: Product, a: Layout, b: Layout, result: Layout): number {
  const { rows, inner, columns, transposeA, transposeB } = product;
  if (result === "plain") return factorsCost(rows, inner, columns, transposeA !== (a === "turned"));
  return factorsCost(columns, inner, rows, transposeB === (b === "turned"));
}

/** Nanoseconds of a Transpose node. */
export function transposeCost(size: number): number {
  return perNode + transposed * size;
}

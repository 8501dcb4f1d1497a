/** @file W Wᵀ of a few long rows. */
import { loadAssembly } from "../assembly.ts";
import { type Products, wasmProducts } from "./products.ts";
import { firstFree, slots, TileKernel } from "./tile-kernel.ts";
import { heightOf, tileRows, tileSize } from "./tiles.ts";

interface Factors {
  /** W, [count, n]. */
  readonly rows: Float64Array;
  readonly count: number;
  readonly n: number;
}

/**
 * W Wᵀ, [count, count].
 * @example await gramOfRows({ rows: Float64Array.of(1, 2, 3, 4), count: 2, n: 2 }) // [5, 11, 11, 25]
 */
export async function gramOfRows(factors: Factors): Promise<Float64Array> {
  const { count } = factors;
  const { module } = await loadAssembly("factor");
  const kernel = new TileKernel(module, "float64");
  kernel.reserve(firstFree + 1);
  const products = wasmProducts(kernel);
  const result = new Float64Array(count * count);
  for (let i = 0; i < tileRows(count); i++) {
    for (let j = 0; j <= i; j++) {
      const [height, width] = [heightOf(count, i), heightOf(count, j)];
      const tile = await negativeTile(kernel, products, factors, [i, j]);
      for (let r = 0; r < height; r++) {
        for (let c = 0; c < width; c++) {
          const [row, column] = [i * tileSize + r, j * tileSize + c];
          result[row * count + column] = result[column * count + row] = -tile[r * width + c]!;
        }
      }
    }
  }
  return result;
}

/** Tile (i, j) of −W Wᵀ, valid until the next call. */
async function negativeTile(
  kernel: TileKernel,
  products: Products,
  { rows, count, n }: Factors,
  [i, j]: readonly [number, number],
): Promise<Float32Array | Float64Array> {
  const [target, packed, left] = [slots.target, slots.packed, firstFree].map((slot) =>
    kernel.address(slot),
  ) as [number, number, number];
  const [m, width] = [heightOf(count, i), heightOf(count, j)];
  const put = (address: number, first: number, height: number, k: number) => {
    const depth = heightOf(n, k);
    for (let r = 0; r < height; r++) {
      const at = (first + r) * n + k * tileSize;
      kernel.view(address + 8 * r * depth, depth).set(rows.subarray(at, at + depth));
    }
  };
  const tile = kernel.view(target, m * width).fill(0);
  for (let k = 0; k < tileRows(n); k++) {
    const depth = heightOf(n, k);
    put(left, i * tileSize, m, k);
    put(products.staging(packed), j * tileSize, width, k);
    products.hold({ n: width, k: depth }, packed);
    await products.subtract({ m, n: width, k: depth }, { a: left, b: packed, c: target });
  }
  return tile;
}

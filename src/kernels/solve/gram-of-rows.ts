/** @file W Wᵀ of a few long rows. */
import { loadAssembly } from "../assembly.ts";
import { wasmProducts } from "./products.ts";
import { firstFree, slots, TileKernel } from "./tile-kernel.ts";
import { heightOf, tileRows, tileSize } from "./tiles.ts";

/**
 * W Wᵀ, [count, count].
 * @param rows - W, [count, n].
 * @example await gramOfRows(Float64Array.of(1, 2, 3, 4), 2, 2) // [5, 11, 11, 25]
 */
export async function gramOfRows(rows: Float64Array, count: number, n: number): Promise<Float64Array> {
  const { module } = await loadAssembly("factor");
  const kernel = new TileKernel(module, "float64");
  kernel.reserve(firstFree + 1);
  const products = wasmProducts(kernel);
  const [target, operand, packed] = [slots.target, slots.operand, slots.packed].map((slot) =>
    kernel.address(slot),
  ) as [number, number, number];
  const left = kernel.address(firstFree);
  const put = (address: number, i: number, k: number) => {
    const [height, depth] = [heightOf(count, i), heightOf(n, k)];
    for (let r = 0; r < height; r++) {
      const at = (i * tileSize + r) * n + k * tileSize;
      kernel.view(address + 8 * r * depth, depth).set(rows.subarray(at, at + depth));
    }
  };
  const result = new Float64Array(count * count);
  for (let i = 0; i < tileRows(count); i++) {
    for (let j = 0; j <= i; j++) {
      const [m, width] = [heightOf(count, i), heightOf(count, j)];
      kernel.view(target, m * width).fill(0);
      for (let k = 0; k < tileRows(n); k++) {
        const depth = heightOf(n, k);
        put(left, i, k);
        put(operand, j, k);
        products.hold({ n: width, k: depth }, packed);
        await products.subtract({ m, n: width, k: depth }, { a: left, b: packed, c: target });
      }
      for (let r = 0; r < m; r++) {
        for (let c = 0; c < width; c++) {
          const [row, column] = [i * tileSize + r, j * tileSize + c];
          result[row * count + column] = result[column * count + row] = -kernel.view(target, m * width)[
            r * width + c
          ]!;
        }
      }
    }
  }
  return result;
}

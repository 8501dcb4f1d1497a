/**
 * @file Centred kernel-target alignment (Cortes, Mohri, Rostamizadeh, JMLR 13, 2012): ⟨HKH, HYYᵀH⟩/(|HKH| |HYYᵀH|) with
 * H = 1 − 11ᵀ/N: 1 where the kernel says just which items share a class, 0 where it says nothing of it.
 */
import type { NdArray } from "../../tensor/index.ts";

type Float64 = NdArray<"float64">;

/**
 * @param kernel `[N, N]`, symmetric.
 * @param targets `[N, C]`.
 * @returns From −1 to 1; 0 where the kernel or the targets are the same for all items.
 * @example centredAlignment(kernel, classTargets(labels, 10))
 */
export function centredAlignment(kernel: Float64, targets: Float64): number {
  const n = kernel.shape[0]!;
  const k = centred(kernel.data, n, n, "both");
  const y = centred(targets.data, n, targets.shape[1]!, "rows");
  const classes = targets.shape[1]!;
  let [inner, ofKernel, ofTargets] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let product = 0;
      for (let c = 0; c < classes; c++) product += y[i * classes + c]! * y[j * classes + c]!;
      const entry = k[i * n + j]!;
      inner += entry * product;
      ofKernel += entry ** 2;
      ofTargets += product ** 2;
    }
  }
  return ofKernel === 0 || ofTargets === 0 ? 0 : inner / Math.sqrt(ofKernel * ofTargets);
}

/** Without the mean of every column, and of every row too for `both`. */
function centred(data: Float64Array, rows: number, columns: number, which: "rows" | "both"): Float64Array {
  const out = Float64Array.from(data);
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += out[i * columns + j]!;
    for (let i = 0; i < rows; i++) out[i * columns + j]! -= sum / rows;
  }
  if (which === "rows") return out;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += out[i * columns + j]!;
    for (let j = 0; j < columns; j++) out[i * columns + j]! -= sum / columns;
  }
  return out;
}

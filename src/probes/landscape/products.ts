/** @file Products with the Hessian at a place: exact, or by central differences of gradients as the second way (training.md §1.4). */
import { norm } from "../../tensor/index.ts";
import { notFinite } from "./checks.ts";
import type { ProductMethod, Surface } from "./types.ts";
import { movedBy } from "./vectors.ts";
import type { Walk } from "./walk.ts";

/** v ↦ H v, counted by a walk. */
export type Products = (v: Float64Array) => Promise<Float64Array>;

/** What estimates of a method take for granted. */
export const methodAssumption: Readonly<Record<ProductMethod, string>> = {
  exact: "exact products with the Hessian",
  differences: "products with the Hessian by central differences of gradients",
};

/** The products at a place. */
export async function productsAt(
  surface: Surface,
  w: Float64Array,
  { method = "exact", walk }: { readonly method?: ProductMethod | undefined; readonly walk: Walk },
): Promise<Products> {
  if (method === "differences") return (v) => walk.step(() => difference(surface, w, v));
  await walk.before();
  const hessian = await surface.hessian(w);
  return (v) => walk.step(() => hessian.apply(v));
}

/** (g(w + r v) - g(w - r v)) / 2r, with r = 1e-4/||v|| in float64 and 1e-2 (1 + ||w||)/||v|| in float32. */
async function difference(surface: Surface, w: Float64Array, v: Float64Array): Promise<Float64Array> {
  const size = norm(v);
  if (size === 0) return new Float64Array(v.length);
  const r = (surface.dtype === "float64" ? 1e-4 : 1e-2 * (1 + norm(w))) / size;
  const above = await surface.gradient(movedBy(w, [[r, v]]));
  const below = await surface.gradient(movedBy(w, [[-r, v]]));
  return above.gradient.map((value, i) => (value - below.gradient[i]!) / (2 * r));
}

/** @throws FathomError failed unless the number is finite. */
export function finite(value: number, loss: number): number {
  if (Number.isFinite(value)) return value;
  throw notFinite("curvature", loss);
}

/**
 * @file The arc-cosine step of order 1 in four lanes (kernel-engine.md §3): twice the ReLU kernel, without acos and
 * without the cancellation of 1 − ρ. With S = s·s', R = r·r', w = max(0, S − |k|), u = wR:
 * `2k' = max(0, k) + w·√u·h(u)`. Slots of a position are s = √v and r = 1/s (0 where there is no variance).
 */
import { madd } from "../simd";

/** Minimax polynomial h of degree 5, relative error 1.5e-8 (kernel-engine.md §3). */
const h: usize = memory.data<f32>([
  0.3001031955595366, 0.01503549575345462, 0.0022651398392865194, 0.0008933299427864533,
  -0.00022516656795000653, 0.00023788694412601378,
]);

/** Coefficient i of h. Loops keep them in locals: a splat would be built again in every step. */
@inline
export function hCoefficient(i: i32): v128 {
  return v128.load32_splat(h + (i << 2));
}

/** h(u): Horner's rule where multiply-add is one instruction, Estrin's where it is two. */
@inline
export function polynomial(u: v128, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    return madd(madd(madd(madd(madd(c5, u, c4), u, c3), u, c2), u, c1), u, c0);
  }
  const square = f32x4.mul(u, u);
  const high = f32x4.mul(madd(c5, u, c4), square);
  return madd(f32x4.add(high, madd(c3, u, c2)), square, madd(c1, u, c0));
}

/** Twice the ReLU kernel of k; `signed` where k may be negative. */
@inline
export function twiceRelu(
  signed: bool,
  k: v128, s: v128, r: v128, s2: v128, r2: v128,
  c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128,
): v128 {
  const zero = f32x4.splat(0);
  const w = f32x4.pmax(zero, f32x4.sub(f32x4.mul(s, s2), signed ? f32x4.abs(k) : k));
  const u = f32x4.mul(w, f32x4.mul(r, r2));
  const tail = f32x4.mul(w, f32x4.sqrt(u));
  return madd(tail, polynomial(u, c0, c1, c2, c3, c4, c5), signed ? f32x4.pmax(zero, k) : k);
}

/**
 * @file Duals by Hermite series in four lanes: k = Σ a_l(v1) a_l(v2) ρ^l by Horner's rule, k̇ = ρ-derivative/s (kernels.md §3).
 * Only the l that φ has are kept: all, or the even or the odd ones.
 */
import { chain } from "./forms-arc";
import { constant, slotA, slotB } from "./forms-math";
import { madd } from "../simd";

/** How many terms each pair needs: as many as either of its variances (slot 1). */
@inline
export function needed(lanes: bool, a: usize, b: usize): v128 {
  return f32x4.pmax(slotA(lanes, a, 1), slotB(b, 1));
}

/** The most of four pairs. */
@inline
export function most(counts: v128): i32 {
  const pairs = f32x4.pmax(counts, i32x4.shuffle(counts, counts, 2, 3, 0, 1));
  return <i32>f32x4.extract_lane(f32x4.pmax(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** Slots r, how many terms this variance needs, and the coefficients. Constants: first l (0 or 1), step of l (1 or 2). */
@inline
export function series(lanes: bool, slope: bool, c: v128, a: usize, b: usize, p: usize, to: usize, from: usize, theta: usize): void {
  const one = f32x4.splat(1), R = f32x4.mul(slotA(lanes, a, 0), slotB(b, 0));
  const rho = f32x4.pmin(one, f32x4.pmax(f32x4.splat(-1), f32x4.mul(c, R)));
  const odd = load<f32>(p) != 0, strides = load<f32>(p, 4) != 1;
  const x = strides ? f32x4.mul(rho, rho) : rho;
  let value = f32x4.splat(0), derivative = f32x4.splat(0);
  const counts = needed(lanes, a, b);
  for (let i = <usize>most(counts) + 1; i > 1; --i) {
    if (slope) derivative = madd(derivative, x, value);
    // A pair takes its own terms alone: its bits do not depend on the others.
    const own = f32x4.ge(counts, f32x4.splat(<f32>(i - 1)));
    value = madd(value, x, v128.and(f32x4.mul(slotA(lanes, a, i), slotB(b, i)), own));
  }
  v128.store(to, odd ? f32x4.mul(value, rho) : value);
  if (slope) {
    if (strides) {
      derivative = f32x4.mul(derivative, f32x4.add(rho, rho));
      if (odd) derivative = madd(derivative, rho, value);
    }
    chain(from, theta, f32x4.mul(derivative, R));
  }
}

/** k = p·c + q, for φ linear or constant. Constants p, q. */
@inline
export function line(slope: bool, c: v128, p: usize, to: usize, from: usize, theta: usize): void {
  v128.store(to, madd(c, constant(p, 0), constant(p, 1)));
  if (slope) chain(from, theta, constant(p, 0));
}

/**
 * @file Duals with an exponential in them (kernels.md §3), in four lanes: each writes k, and multiplies Θ by k̇ where `slope`.
 * Differences of exponentials are formed as E·(1 − e^{−2y}), y ≥ 0, which keeps their digits.
 */
import { chain } from "./forms-arc";
import { constant, exponential, fall, gram, signed, slotA, slotB } from "./forms-math";
import { madd } from "../simd";

@inline
function sum(lanes: bool, a: usize, b: usize, i: usize): v128 {
  return f32x4.add(slotA(lanes, a, i), slotB(b, i));
}

/**
 * sin, cos, rbf: with y = b²c, h = b²(v1 + v2)/2, k = a²((e^{y−h} − e^{−y−h})/2 + sin²p·e^{−y−h}), k̇ the same of cos²p, times
 * b². Slot v/2. Constants b², a², sin²p, a²b², cos²p.
 */
@inline
export function wave(lanes: bool, slope: bool, c: v128, a: usize, b: usize, p: usize, to: usize, from: usize, theta: usize): void {
  const scale = constant(p, 0), size = f32x4.abs(c);
  // c − (v1 + v2)/2 first: it is exactly 0 where both are one signal.
  const large = exponential(f32x4.mul(scale, f32x4.sub(size, sum(lanes, a, b, 0))));
  const drop = fall(f32x4.mul(f32x4.splat(-2), f32x4.mul(scale, size)));
  const half = signed(f32x4.mul(f32x4.splat(-0.5), f32x4.mul(large, drop)), c);
  const small = madd(large, drop, large);
  const against = v128.bitselect(large, small, f32x4.lt(c, f32x4.splat(0)));
  v128.store(to, f32x4.mul(constant(p, 1), madd(constant(p, 2), against, half)));
  if (slope) chain(from, theta, f32x4.mul(constant(p, 3), madd(constant(p, 4), against, half)));
}

/** a·e^{bx}: k = a² exp(b²(v1/2 + v2/2 + c)). Slot v/2. Constants b², a², a²b². */
@inline
export function exp(lanes: bool, slope: bool, c: v128, a: usize, b: usize, p: usize, to: usize, from: usize, theta: usize): void {
  const e = exponential(f32x4.mul(constant(p, 0), f32x4.add(c, sum(lanes, a, b, 0))));
  v128.store(to, f32x4.mul(constant(p, 1), e));
  if (slope) chain(from, theta, f32x4.mul(constant(p, 2), e));
}

/** k = s·exp(γ(ρ − 1) + γ(1 + shift)). Slots s, r. Constants γ, γ(1 + shift). */
@inline
export function expNormalized(lanes: bool, slope: bool, c: v128, a: usize, b: usize, p: usize, to: usize, from: usize, theta: usize): void {
  const s = f32x4.mul(slotA(lanes, a, 0), slotB(b, 0)), r = f32x4.mul(slotA(lanes, a, 1), slotB(b, 1));
  const below = f32x4.mul(f32x4.sub(c, s), r);
  // Without variance ρ is 0.
  const rho = v128.bitselect(f32x4.splat(-1), below, f32x4.eq(r, f32x4.splat(0)));
  const e = exponential(madd(constant(p, 0), rho, constant(p, 1)));
  v128.store(to, f32x4.mul(s, e));
  if (slope) chain(from, theta, f32x4.mul(constant(p, 0), e));
}

/** a·e^{bx²}: D² = 1 − 2b(v1 + v2) + 4b²·gram, k = a²/D, k̇ = 4a²b²c/D³. Slots s, ½ − 2bv. Constants 4b², a², 4a²b². */
@inline
export function gaussian(lanes: bool, slope: bool, c: v128, a: usize, b: usize, p: usize, to: usize, from: usize, theta: usize): void {
  const s = f32x4.mul(slotA(lanes, a, 0), slotB(b, 0));
  const square = madd(constant(p, 0), gram(s, f32x4.abs(c)), sum(lanes, a, b, 1));
  const inverse = f32x4.div(f32x4.splat(1), f32x4.sqrt(square));
  v128.store(to, f32x4.mul(constant(p, 1), inverse));
  if (slope) chain(from, theta, f32x4.mul(f32x4.mul(constant(p, 2), f32x4.mul(c, inverse)), f32x4.mul(inverse, inverse)));
}

/**
 * e^{−x²} sin x: with d = 4·gram, S = v1 + v2, n = 1 + 2S + d, E = exp(−(S + d − 2|c|)/2n), M = 1 − e^{−2|c|/n},
 * k = ±E·M/2√n and k̇ = ½E((h − m)(1 − M) + h + m)n^{−5/2}, h = 1 + 2S + 4(c² + v1v2), m = 4|c|(d + 3S + 2). Slots s, v.
 */
@inline
export function gabor(lanes: bool, slope: bool, c: v128, a: usize, b: usize, to: usize, from: usize, theta: usize): void {
  const one = f32x4.splat(1), two = f32x4.splat(2), four = f32x4.splat(4), half = f32x4.splat(0.5);
  const size = f32x4.abs(c), s = f32x4.mul(slotA(lanes, a, 0), slotB(b, 0)), S = sum(lanes, a, b, 1);
  const d = f32x4.mul(four, gram(s, size));
  const base = madd(two, S, one), n = f32x4.add(base, d);
  const inverse = f32x4.div(one, n), root = f32x4.sqrt(inverse);
  const twice = f32x4.mul(two, size);
  const E = f32x4.mul(half, exponential(f32x4.mul(f32x4.mul(half, f32x4.sub(twice, f32x4.add(S, d))), inverse)));
  const drop = fall(f32x4.neg(f32x4.mul(twice, inverse)));
  v128.store(to, signed(f32x4.mul(f32x4.mul(E, root), f32x4.neg(drop)), c));
  if (slope) {
    const h = f32x4.mul(madd(four, madd(size, size, f32x4.mul(s, s)), base), inverse);
    const m = f32x4.mul(f32x4.mul(f32x4.mul(four, size), f32x4.add(d, madd(f32x4.splat(3), S, two))), inverse);
    const both = madd(f32x4.sub(h, m), f32x4.add(one, drop), f32x4.add(h, m));
    chain(from, theta, f32x4.mul(f32x4.mul(E, both), f32x4.mul(inverse, root)));
  }
}

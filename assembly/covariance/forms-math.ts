/** @file What the forms of activations are made of, in four lanes: arcs by polynomials in u = 1 − |ρ|, and exponentials. */
import { madd } from "../simd";

// Minimax coefficients, in memory: loads that fill all lanes are cheaper than splats inside loops (kernel-engine.md §6).
// A: acos(1 − u) = 2π√u·A(u), error below 1.3e-8 of 2π√u·A (kernels.md §4, A7).
const A: usize = memory.data<f32>([
  0.225079046, 0.018758069, 0.00420082548, 0.00136928232, 8.28799237e-5, 0.000733233479, -0.000452748834,
  0.000229410383,
]);

// asin x = x·B(x²) for |x| ≤ ½, relative error below 4.5e-9.
const B: usize = memory.data<f32>([
  1, 0.166667901094, 0.0749443476912, 0.0455501839814, 0.0238581764677, 0.042635629965,
]);

// e^r − 1 = r + r²·q(r) for |r| ≤ ½ ln 2, error below 3.2e-9 of e^r.
const q: usize = memory.data<f32>([
  0.499999936542, 0.166665208639, 0.0416683467219, 0.00836871019207, 0.00138167223352,
]);

/** Coefficient i of a polynomial, in all lanes. */
@inline
function at(polynomial: usize, i: usize): v128 {
  return v128.load32_splat(polynomial + (i << 2));
}

/** Slot i of side A: one item's in all lanes, or four items'. */
@inline
export function slotA(lanes: bool, a: usize, i: usize): v128 {
  return lanes ? v128.load(a + (i << 4)) : v128.load32_splat(a + (i << 2));
}

/** Slot i of side B, of four items. */
@inline
export function slotB(b: usize, i: usize): v128 {
  return v128.load(b + (i << 4));
}

/** Constant i of an activation. */
@inline
export function constant(constants: usize, i: usize): v128 {
  return v128.load32_splat(constants + (i << 2));
}

@inline
export function positive(x: v128): v128 {
  return f32x4.pmax(f32x4.splat(0), x);
}

/** |x| with the sign of c. */
@inline
export function signed(x: v128, c: v128): v128 {
  return v128.or(x, v128.and(c, f32x4.splat(-0.0)));
}

/** A(u): acos(1 − u)/2π over √u. */
@inline
export function arc(u: v128): v128 {
  let p = madd(at(A, 7), u, at(A, 6));
  p = madd(p, u, at(A, 5));
  p = madd(p, u, at(A, 4));
  p = madd(p, u, at(A, 3));
  p = madd(p, u, at(A, 2));
  p = madd(p, u, at(A, 1));
  return madd(p, u, at(A, 0));
}

/** θ/2π of the angle θ = acos(1 − u), 0 ≤ u ≤ 1. */
@inline
export function turn(u: v128): v128 {
  return f32x4.mul(f32x4.sqrt(u), arc(u));
}

/** (π − θ)/2π of the signed correlation: ½ − turn for c ≥ 0, turn for c < 0, where nothing cancels. */
@inline
export function opening(c: v128, u: v128): v128 {
  const angle = turn(u);
  return v128.bitselect(angle, f32x4.sub(f32x4.splat(0.5), angle), f32x4.lt(c, f32x4.splat(0)));
}

/** asin x for x ≥ 0, u = 1 − x. */
@inline
export function arcsine(x: v128, u: v128): v128 {
  const square = f32x4.mul(x, x);
  let p = madd(at(B, 5), square, at(B, 4));
  p = madd(p, square, at(B, 3));
  p = madd(p, square, at(B, 2));
  p = madd(p, square, at(B, 1));
  p = f32x4.mul(madd(p, square, at(B, 0)), x);
  const far = f32x4.sub(f32x4.splat(1.5707964), f32x4.mul(f32x4.splat(6.2831855), turn(u)));
  return v128.bitselect(p, far, f32x4.lt(x, f32x4.splat(0.5)));
}

/** The whole number n next to x/ln 2, between −126 and 127. */
@inline
function octaves(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  return f32x4.pmin(f32x4.splat(127), f32x4.pmax(f32x4.splat(-126), n));
}

/** 2ⁿ of a whole number between −126 and 127. */
@inline
function power(n: v128): v128 {
  return i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
}

/** e^r − 1 of r = x − n ln 2, ln 2 in two parts. */
@inline
function remainder(x: v128, n: v128): v128 {
  const r = madd(n, f32x4.splat(2.12194440e-4), madd(n, f32x4.splat(-0.693359375), x));
  let p = madd(at(q, 4), r, at(q, 3));
  p = madd(p, r, at(q, 2));
  p = madd(p, r, at(q, 1));
  p = madd(p, r, at(q, 0));
  return madd(f32x4.mul(r, r), p, r);
}

/** x within what e^x has in float32: from 1e-38 to 3e38. */
@inline
function bounded(x: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87.33)), f32x4.splat(88.72));
}

/** e^x, to about 1e-7 of itself; at most 3.4e38 and at least 1.2e-38. */
@inline
export function exponential(x: v128): v128 {
  const within = bounded(x);
  const n = octaves(within);
  const scale = power(n);
  return madd(scale, remainder(within, n), scale);
}

/** e^x − 1 for x ≤ 0, to about 1e-7 of itself. */
@inline
export function fall(x: v128): v128 {
  const within = bounded(x);
  const n = octaves(within);
  const scale = power(n);
  return madd(scale, remainder(within, n), f32x4.sub(scale, f32x4.splat(1)));
}

/** v1 v2 − c² of s = √(v1 v2), as (s − |c|)(s + |c|), where nothing cancels but s and c. */
@inline
export function gram(s: v128, size: v128): v128 {
  return f32x4.mul(positive(f32x4.sub(s, size)), f32x4.add(s, size));
}

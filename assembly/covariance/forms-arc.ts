/**
 * @file Duals with an angle in them (kernels.md §3, §4), in four lanes: each writes k, and multiplies Θ by k̇ where `slope`.
 * What the slots of a position hold is said in src/kernels/forms, where they are made.
 */
import { arcsine, constant, gram, opening, positive, signed, slotA, slotB, turn } from "./forms-math";
import { hCoefficient, polynomial } from "./relu";
import { madd } from "../simd";

/** θ → k̇·θ. */
@inline
export function chain(from: usize, to: usize, kdot: v128): void {
  v128.store(to, f32x4.mul(v128.load(from), kdot));
}

@inline
function product(lanes: bool, a: usize, b: usize, i: usize): v128 {
  return f32x4.mul(slotA(lanes, a, i), slotB(b, i));
}

@inline
function sum(lanes: bool, a: usize, b: usize, i: usize): v128 {
  return f32x4.add(slotA(lanes, a, i), slotB(b, i));
}

/** u, and 1 (a right angle) where a variance is 0. */
@inline
function orRight(u: v128, r: v128): v128 {
  return v128.bitselect(f32x4.splat(1), u, f32x4.eq(r, f32x4.splat(0)));
}

/** Slots s, r. Constants (a² + b²)/2, ab, (b − a)²/2, (b − a)². */
@inline
export function abRelu(lanes: bool, slope: bool, c: v128, a: usize, b: usize, p: usize, to: usize, from: usize, theta: usize): void {
  const zero = f32x4.splat(0), r = product(lanes, a, b, 1);
  const w = positive(f32x4.sub(product(lanes, a, b, 0), f32x4.abs(c)));
  const u = f32x4.mul(w, r);
  const h = polynomial(
    u, hCoefficient(0), hCoefficient(1), hCoefficient(2), hCoefficient(3), hCoefficient(4), hCoefficient(5),
  );
  const bend = f32x4.mul(f32x4.mul(w, f32x4.sqrt(u)), h);
  const line = madd(f32x4.pmin(zero, c), constant(p, 1), f32x4.mul(f32x4.pmax(zero, c), constant(p, 0)));
  v128.store(to, madd(bend, constant(p, 2), line));
  if (slope) {
    const angle = f32x4.mul(constant(p, 3), turn(orRight(u, r)));
    const negative = f32x4.lt(c, zero);
    chain(from, theta, v128.bitselect(f32x4.add(constant(p, 1), angle), f32x4.sub(constant(p, 0), angle), negative));
  }
}

/** Slots s, r: k = 1 − 2θ/π, 0 without variance; no gradient passes. */
@inline
export function sign(lanes: bool, slope: bool, c: v128, a: usize, b: usize, to: usize, theta: usize): void {
  const zero = f32x4.splat(0);
  const u = f32x4.mul(positive(f32x4.sub(product(lanes, a, b, 0), f32x4.abs(c))), product(lanes, a, b, 1));
  const size = f32x4.sub(f32x4.splat(1), f32x4.mul(f32x4.splat(4), turn(u)));
  v128.store(to, v128.and(signed(size, c), f32x4.ne(c, zero)));
  if (slope) v128.store(theta, zero);
}

/**
 * a·erf(bx) + c0: with e = 1/2b², Q = √((v1 + e)(v2 + e)) and D² = Q² − c² = gram + e(v1 + v2) + e²,
 * k = a²(2/π) asin(c/Q) + c0², k̇ = (2a²/π)/D. Slots s, √(v + e), e·v + e²/2. Constants 2a²/π, c0².
 */
@inline
export function erf(lanes: bool, slope: bool, c: v128, a: usize, b: usize, p: usize, to: usize, from: usize, theta: usize): void {
  const size = f32x4.abs(c), Q = product(lanes, a, b, 1);
  const square = f32x4.add(gram(product(lanes, a, b, 0), size), sum(lanes, a, b, 2));
  const u = f32x4.div(square, f32x4.mul(Q, f32x4.add(Q, size)));
  const arc = signed(arcsine(f32x4.div(size, Q), u), c);
  v128.store(to, madd(arc, constant(p, 0), constant(p, 1)));
  if (slope) chain(from, theta, f32x4.div(constant(p, 0), f32x4.sqrt(square)));
}

/**
 * With Q = √((1 + v1)(1 + v2)), D² = Q² − c² = gram + v1 + v2 + 1, ε = 1/(1 + v), ψ = (π − θ)/2π, cos θ = c/Q:
 * k = cψ + ((c/Q)²/D + (s/Q)²D)/2π, k̇ = ψ + (c/D)(1/D² + ε1 + ε2)/2π. Slots s, √(1 + v), v + ½, ε.
 */
@inline
export function gelu(lanes: bool, slope: bool, c: v128, a: usize, b: usize, to: usize, from: usize, theta: usize): void {
  const one = f32x4.splat(1), size = f32x4.abs(c), s = product(lanes, a, b, 0), Q = product(lanes, a, b, 1);
  const square = f32x4.add(gram(s, size), sum(lanes, a, b, 2));
  const D = f32x4.sqrt(square), inverse = f32x4.div(one, D);
  const psi = opening(c, f32x4.div(square, f32x4.mul(Q, f32x4.add(Q, size))));
  const inverseQ = f32x4.div(one, Q), overTurn = f32x4.splat(0.15915494);
  const ratio = f32x4.mul(c, inverseQ), share = f32x4.mul(s, inverseQ);
  const rest = madd(f32x4.mul(ratio, ratio), inverse, f32x4.mul(f32x4.mul(share, share), D));
  v128.store(to, madd(c, psi, f32x4.mul(rest, overTurn)));
  if (slope) {
    const steep = madd(inverse, inverse, sum(lanes, a, b, 3));
    chain(from, theta, madd(f32x4.mul(f32x4.mul(c, inverse), steep), overTurn, psi));
  }
}

/** Σ_i of `count` constants from `first`, of x^{2i}, times x where `odd`. */
@inline
function parity(p: usize, first: usize, count: usize, odd: bool, x: v128): v128 {
  const square = f32x4.mul(x, x);
  let value = f32x4.splat(0);
  for (let i = count; i > 0; --i) value = madd(value, square, constant(p, first + i - 1));
  return odd ? f32x4.mul(value, x) : value;
}

/** sⁿ(sinθ·P_n(x) + ψ·Q_n(x)) with the coefficients of Q_n, then of P_n, from `first`. */
@inline
function arcPower(p: usize, first: usize, n: usize, s: v128, sine: v128, psi: v128, x: v128): v128 {
  const odd = (n & 1) != 0, ofQ = (n >> 1) + 1;
  let value = f32x4.mul(psi, parity(p, first, ofQ, odd, x));
  value = madd(sine, parity(p, first + ofQ, (n + 1) >> 1, !odd, x), value);
  for (let i: usize = 0; i < n; ++i) value = f32x4.mul(value, s);
  return value;
}

/** xⁿ for x ≥ 0. Slots s, r. Constants n, those of sⁿJ_n/2π, those of n²sⁿ⁻¹J_{n−1}/2π. */
@inline
export function rectified(lanes: bool, slope: bool, c: v128, a: usize, b: usize, p: usize, to: usize, from: usize, theta: usize): void {
  const n = <usize>load<f32>(p), size = f32x4.abs(c);
  const s = product(lanes, a, b, 0), r = product(lanes, a, b, 1);
  const psi = opening(c, orRight(f32x4.mul(positive(f32x4.sub(s, size)), r), r));
  const x = f32x4.mul(c, r);
  const sine = f32x4.mul(f32x4.sqrt(gram(s, size)), r);
  v128.store(to, arcPower(p, 1, n, s, sine, psi, x));
  if (slope) {
    if (n == 0) v128.store(theta, f32x4.splat(0));
    else chain(from, theta, arcPower(p, n + 2, n - 1, s, sine, psi, x));
  }
}

/**
 * @file Duals by Hermite series that never end in practice (a kink, a saturated φ): the first terms one by one, the others by a
 * quadrature over l, so that 26 terms of each parity stand for all (src/kernels/forms/sparse.ts, which has the nodes and weights).
 */
import { chain } from "./forms-arc";
import { slotA, slotB } from "./forms-math";
import { most, needed } from "./forms-series";
import { madd } from "../simd";

// The terms m = ⌊l/2⌋ that are kept, as numbers and as steps from the one before.
const terms: usize = memory.data<f32>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 19, 31, 39, 71, 103, 263, 391, 1031, 1543, 3079, 6151, 65543,
]);
const steps: usize = memory.data<i32>([
  0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 4, 12, 8, 32, 32, 160, 128, 640, 512, 1536, 3072, 59392,
]);

/** ρ² to the powers 1, 2, 4, …, 2¹⁵ of the current position. */
const squares: usize = memory.data(256, 16);

/** value · x^step. */
@inline
function power(value: v128, step: i32): v128 {
  while (step != 0) {
    value = f32x4.mul(value, v128.load(squares + (<usize>ctz(step) << 4)));
    step &= step - 1;
  }
  return value;
}

/** Fills the squares from `known` up to what `step` needs; how many there are then. */
@inline
function extend(known: i32, step: i32): i32 {
  while (known < 32 - clz(step)) {
    const last = v128.load(squares + (<usize>(known - 1) << 4));
    v128.store(squares + (<usize>known << 4), f32x4.mul(last, last));
    ++known;
  }
  return known;
}

/** Slots 1/s, terms needed, coefficients of even and of odd l. Constants: whether there are even ones, odd ones, and how many. */
@inline
export function sparse(lanes: bool, slope: bool, c: v128, a: usize, b: usize, p: usize, to: usize, from: usize, theta: usize): void {
  const one = f32x4.splat(1), zero = f32x4.splat(0), nothing = f32x4.splat(1e-10);
  const R = f32x4.mul(slotA(lanes, a, 0), slotB(b, 0));
  const rho = f32x4.pmin(one, f32x4.pmax(f32x4.splat(-1), f32x4.mul(c, R))), x = f32x4.mul(rho, rho);
  const hasEven = load<f32>(p) != 0, hasOdd = load<f32>(p, 4) != 0;
  const odd: usize = hasEven ? 2 + <usize>load<f32>(p, 8) : 2;
  const counts = needed(lanes, a, b), count = <usize>most(counts);
  const firstEven = hasEven ? f32x4.mul(slotA(lanes, a, 2), slotB(b, 2)) : zero;
  const firstOdd = hasOdd ? f32x4.mul(slotA(lanes, a, odd), slotB(b, odd)) : zero;
  // Sums over m ≥ 1 of coefficients times x^{m−1}, and times m.
  let even = zero, odds = zero, evenSlope = zero, oddSlope = zero, q = one;
  let known = 1;
  v128.store(squares, x);
  for (let i: usize = 1; i < count; ++i) {
    if (i > 1) {
      const step = load<i32>(steps + (i << 2));
      known = extend(known, step);
      q = power(q, step);
    }
    // A pair takes its own terms alone, while they count: its bits do not depend on the others.
    const counted = f32x4.gt(q, nothing);
    if (!v128.any_true(counted)) break;
    const own = v128.and(counted, f32x4.gt(counts, f32x4.splat(<f32>i)));
    const m = v128.load32_splat(terms + (i << 2));
    if (hasEven) {
      const term = v128.and(f32x4.mul(f32x4.mul(slotA(lanes, a, i + 2), slotB(b, i + 2)), q), own);
      even = f32x4.add(even, term);
      if (slope) evenSlope = madd(term, m, evenSlope);
    }
    if (hasOdd) {
      const term = v128.and(f32x4.mul(f32x4.mul(slotA(lanes, a, odd + i), slotB(b, odd + i)), q), own);
      odds = f32x4.add(odds, term);
      if (slope) oddSlope = madd(term, m, oddSlope);
    }
  }
  const ofOdd = madd(odds, x, firstOdd);
  v128.store(to, madd(ofOdd, rho, madd(even, x, firstEven)));
  if (slope) {
    const twice = madd(oddSlope, rho, evenSlope);
    chain(from, theta, f32x4.mul(madd(twice, f32x4.add(rho, rho), ofOdd), R));
  }
}

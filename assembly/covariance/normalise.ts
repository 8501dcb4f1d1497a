/**
 * @file Normalisation: m → (m − f·μμ')·r·r', r = 1/√(v − f·μ² + ε), μ the mean of the units, which an activation has kept, or 0.
 * Where all positions of an item are normalised together, v and μ in r are their means M over positions, and m loses
 * f·(μM' + Mμ' − MM') = f·(μμ' − (μ − M)(μ' − M')).
 */
import { bytesOf, keptOfA, keptOfB, map, real, rectangle, slotsOfA, slotsOfB, stepB, TINY, word } from "./layout";
import { LANES, SELF } from "./modes";
import { firstRow, nextRow, rowA, rowB, rowColumns, rowStart } from "./rows";

// What is taken off: nothing, μμ', or what is left of it where all positions are normalised together.
const NOTHING = 0;
const OWN = 1;
const COMMON = 2;

/** The mean of `count` vectors that stand `step` bytes apart, by Kahan's sum. */
function average(at: usize, step: usize, count: i32): v128 {
  let sum = f32x4.splat(0), lost = f32x4.splat(0);
  for (let i = 0; i < count; ++i, at += step) {
    const value = f32x4.sub(v128.load(at), lost), next = f32x4.add(sum, value);
    lost = f32x4.sub(f32x4.sub(next, sum), value);
    sum = next;
  }
  return f32x4.div(sum, f32x4.splat(<f32>count));
}

/** Keeps r of four items, 0 where there is nothing to divide, and μ − M behind it where there is room. */
function slots(record: usize): void {
  const source = map(record, 2), bytes = bytesOf(rectangle(word(record, 5))), positions = <i32>(bytes >> 4);
  const factor = real(record, 8), epsilon = real(record, 9), zero = f32x4.splat(0);
  const means = keptOfB(word(record, 11)), step = <usize>word(record, 10) << 4, own = <usize>word(record, 12) << 4;
  const whole = word(record, 13) != 0;
  const commonV = whole ? average(source, 16, positions) : zero;
  const commonM = whole && step > 0 ? average(means, step, positions) : zero;
  let to = slotsOfB(record), at = means;
  for (let x: usize = 0; x < bytes; x += 16) {
    const mean = step > 0 ? v128.load(at) : zero;
    const v = whole ? commonV : v128.load(source + x), m = whole ? commonM : mean;
    const variance = f32x4.pmax(zero, f32x4.sub(v, f32x4.mul(factor, f32x4.mul(m, m))));
    const root = f32x4.sqrt(f32x4.add(variance, epsilon));
    const alive = f32x4.ge(root, f32x4.splat(TINY));
    v128.store(to, v128.and(f32x4.div(f32x4.splat(1), root), alive));
    if (own > 16) v128.store(to, f32x4.sub(mean, commonM), 16);
    to += own;
    at += step;
  }
}

@inline
function ofA(lanes: bool, at: usize): v128 {
  return lanes ? v128.load(at) : v128.load32_splat(at);
}

@inline
function divide(lanes: bool, off: i32, record: usize): void {
  const source = map(record, 2), target = map(record, 3), shape = rectangle(word(record, 5)), factor = real(record, 8);
  const shift: usize = lanes ? 4 : 2, own = <usize>word(record, 12), kept = <usize>word(record, 10);
  const aBytes = own << shift, bBytes = stepB * (own << 4), aStep = kept << shift, bStep = stepB * (kept << 4);
  for (let more = firstRow(shape); more; more = nextRow(shape)) {
    const end = rowStart + (<usize>rowColumns << 4);
    let a = slotsOfA(record, lanes) + rowA * aBytes, b = slotsOfB(record) + rowB * bBytes;
    let meanA = keptOfA(word(record, 11), lanes) + rowA * aStep, meanB = keptOfB(word(record, 11)) + rowB * bStep;
    for (let x = rowStart; x < end; x += 16) {
      let value = v128.load(source + x);
      if (off != NOTHING) {
        let product = f32x4.mul(ofA(lanes, meanA), v128.load(meanB));
        if (off == COMMON) {
          const apart = f32x4.mul(ofA(lanes, a + (<usize>1 << shift)), v128.load(b, 16));
          product = f32x4.sub(product, apart);
        }
        value = f32x4.sub(value, f32x4.mul(factor, product));
        meanA += aStep;
        meanB += bStep;
      }
      v128.store(target + x, f32x4.mul(value, f32x4.mul(ofA(lanes, a), v128.load(b))));
      a += aBytes;
      b += bBytes;
    }
  }
}

@inline
function apply(lanes: bool, record: usize): void {
  if (word(record, 10) == 0) divide(lanes, NOTHING, record);
  else if (word(record, 13) == 0) divide(lanes, OWN, record);
  else divide(lanes, COMMON, record);
}

/**
 * Words: 8 f, 9 ε, 10 and 11 slots a position of what keeps μ (0: μ is 0) and numbers of an item before them, 12 own slots a
 * position, 13 whether all positions go together, 23 whether it keeps the slots, which Θ reads too.
 */
export function normalise(record: usize, mode: i32): void {
  if (mode == SELF && word(record, 23) != 0) slots(record);
  if (mode == SELF || mode == LANES) apply(true, record);
  else apply(false, record);
}

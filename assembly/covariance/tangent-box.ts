/**
 * @file ReLU of K and Θ and the 3×3 sums after it, row by row: `K' = factor·⟨2k⟩ + shift`, `Θ' = factor·⟨k̇Θ⟩ + K' + shift`.
 * Zero outside, stride 1. Row y − 1 of the results is written after row y has been read, so that they may stand where the
 * sources do.
 */
import { hCoefficient } from "./relu";
import { tangentRun } from "./relu-tangent";
import { map, real, rectangle, scratch, slotsOfA, slotsOfB, word } from "./layout";
import { madd } from "../simd";

/** Sums of three neighbours of a row, into both places of each column: what the first row leaves for the next. */
@inline
function begin(row: usize, sums: usize, bytes: usize): void {
  let previous = f32x4.splat(0), value = v128.load(row);
  for (let x: usize = 16; x <= bytes; x += 16) {
    const next = x < bytes ? v128.load(row + x) : f32x4.splat(0);
    const sum = f32x4.add(f32x4.add(previous, value), next);
    v128.store(sums, sum);
    v128.store(sums, sum, 16);
    sums += 32;
    previous = value;
    value = next;
  }
}

/** Words of the records of both sums: 3 target, 8 factor, 9 shift. */
@inline
function scan(signed: bool, record: usize, sumOfK: usize, sumOfTheta: usize): void {
  const c0 = hCoefficient(0), c1 = hCoefficient(1), c2 = hCoefficient(2);
  const c3 = hCoefficient(3), c4 = hCoefficient(4), c5 = hCoefficient(5);
  const factor = real(sumOfK, 8), shift = real(sumOfK, 9);
  const slope = real(sumOfTheta, 8), offset = real(sumOfTheta, 9);
  const shape = rectangle(word(record, 5));
  const rows = word(shape, 0), bytes = <usize>word(shape, 1) << 4, slotColumns = <usize>word(shape, 2);
  let source = map(record, 2), from = map(record, 24);
  let target = map(sumOfK, 3), to = map(sumOfTheta, 3);
  let a = slotsOfA(record, false) + (<usize>word(shape, 8) << 3);
  let b = slotsOfB(record) + (<usize>word(shape, 9) << 5);
  // A row of each value, then two sums a column: of the last row, and of the last two rows.
  const kRow = scratch, thetaRow = kRow + bytes, kSums = thetaRow + bytes, thetaSums = kSums + 2 * bytes;
  for (let y = 0; y < rows; ++y) {
    tangentRun(false, signed, source, kRow, from, thetaRow, bytes, a, 8, b, 32, c0, c1, c2, c3, c4, c5);
    source += bytes;
    from += bytes;
    a += slotColumns << 3;
    b += slotColumns << 5;
    if (y == 0) {
      begin(kRow, kSums, bytes);
      begin(thetaRow, thetaSums, bytes);
      continue;
    }
    let k = v128.load(kRow), theta = v128.load(thetaRow);
    let twoK = k, twoTheta = theta, at = kSums;
    const end = bytes - 16;
    for (let x: usize = 0; x < end; x += 16) {
      const nextK = v128.load(kRow + x, 16), nextTheta = v128.load(thetaRow + x, 16);
      const ofK = f32x4.add(twoK, nextK), ofTheta = f32x4.add(twoTheta, nextTheta);
      const last = v128.load(at), lastTheta = v128.load(at + 2 * bytes);
      const result = madd(f32x4.add(v128.load(at, 16), ofK), factor, shift);
      v128.store(target, result);
      const tangent = madd(f32x4.add(v128.load(at + 2 * bytes, 16), ofTheta), slope, f32x4.add(result, offset));
      v128.store(to, tangent);
      v128.store(at, ofK);
      v128.store(at, f32x4.add(last, ofK), 16);
      v128.store(at + 2 * bytes, ofTheta);
      v128.store(at + 2 * bytes, f32x4.add(lastTheta, ofTheta), 16);
      twoK = f32x4.add(k, nextK);
      twoTheta = f32x4.add(theta, nextTheta);
      k = nextK;
      theta = nextTheta;
      at += 32;
      target += 16;
      to += 16;
    }
    const result = madd(f32x4.add(v128.load(at, 16), twoK), factor, shift);
    v128.store(target, result);
    v128.store(to, madd(f32x4.add(v128.load(at + 2 * bytes, 16), twoTheta), slope, f32x4.add(result, offset)));
    v128.store(at, f32x4.add(v128.load(at), twoK), 16);
    v128.store(at, twoK);
    v128.store(at + 2 * bytes, f32x4.add(v128.load(at + 2 * bytes), twoTheta), 16);
    v128.store(at + 2 * bytes, twoTheta);
    target += 16;
    to += 16;
  }
  for (let x: usize = 0; x < bytes; x += 16) {
    const result = madd(v128.load(kSums + 2 * x, 16), factor, shift);
    v128.store(target + x, result);
    v128.store(to + x, madd(v128.load(thetaSums + 2 * x, 16), slope, f32x4.add(result, offset)));
  }
}

/** The record of ReLU for one pair, and those of the sums of K and Θ that follow it. */
export function tangentBox(record: usize, sumOfK: usize, sumOfTheta: usize): void {
  if (word(record, 23) != 0) scan(true, record, sumOfK, sumOfTheta);
  else scan(false, record, sumOfK, sumOfTheta);
}

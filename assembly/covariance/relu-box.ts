/**
 * @file ReLU and the 3×3 sum after it in one scan (kernel-engine.md §4): zero outside, stride 1. Row y − 1 of the result
 * is written after row y has been read, so that it may replace its source.
 */
import { twiceRelu, hCoefficient } from "./relu";
import { finish } from "./finish";
import { map, real, rectangle, scratch, slotsOfA, slotsOfB, word } from "./layout";

/** `adds` and `affine` say what happens to the sum before it is stored ({@link finish}). */
@inline
function scan(signed: bool, adds: bool, affine: bool, record: usize): void {
  const c0 = hCoefficient(0), c1 = hCoefficient(1), c2 = hCoefficient(2);
  const c3 = hCoefficient(3), c4 = hCoefficient(4), c5 = hCoefficient(5);
  const factor = real(record, 8), shift = real(record, 9);
  const zero = f32x4.splat(0);
  const shape = rectangle(word(record, 5));
  const rows = word(shape, 0), columns = <usize>word(shape, 1), slotColumns = <usize>word(shape, 2);
  let source = map(record, 2);
  let target = scratch + 2 * (columns << 4);
  let other = adds ? map(record, 4) : 0;
  const firstTarget = map(record, 3), firstOther = other;
  let a = slotsOfA(record, false) + (<usize>word(shape, 8) << 3);
  let b = slotsOfB(record) + (<usize>word(shape, 9) << 5);
  const aSkip = (slotColumns - columns) << 3, bSkip = (slotColumns - columns) << 5;

  // Two sums a column: of the last row, and of the last two rows.
  for (let x: usize = 0; x < columns << 5; x += 32) {
    v128.store(scratch + x, zero);
    v128.store(scratch + x, zero, 16);
  }
  for (let y = 0; y < rows; ++y) {
    let sums = scratch;
    let previous = twiceRelu(
      signed, v128.load(source), v128.load32_splat(a), v128.load32_splat(a, 4), v128.load(b), v128.load(b, 16),
      c0, c1, c2, c3, c4, c5,
    );
    let two = previous;
    const end = source + (columns << 4);
    for (source += 16; source < end; source += 16) {
      a += 8;
      b += 32;
      const value = twiceRelu(
        signed, v128.load(source), v128.load32_splat(a), v128.load32_splat(a, 4), v128.load(b), v128.load(b, 16),
        c0, c1, c2, c3, c4, c5,
      );
      const row = f32x4.add(two, value);
      const last = v128.load(sums);
      v128.store(target, finish(adds, affine, f32x4.add(v128.load(sums, 16), row), other, factor, shift));
      v128.store(sums, row);
      v128.store(sums, f32x4.add(last, row), 16);
      two = f32x4.add(previous, value);
      previous = value;
      sums += 32;
      target += 16;
      if (adds) other += 16;
    }
    v128.store(target, finish(adds, affine, f32x4.add(v128.load(sums, 16), two), other, factor, shift));
    v128.store(sums, f32x4.add(v128.load(sums), two), 16);
    v128.store(sums, two);
    target = y == 0 ? firstTarget : target + 16;
    if (adds) other = y == 0 ? firstOther : other + 16;
    a += 8 + aSkip;
    b += 32 + bSkip;
  }
  for (let x: usize = 0; x < columns; ++x) {
    v128.store(target, finish(adds, affine, v128.load(scratch + (x << 5), 16), other, factor, shift));
    target += 16;
    if (adds) other += 16;
  }
}

/** The fast path of a fused record for one pair; word 23 is 1 where k may be negative. */
export function reluBox(record: usize): void {
  const adds = word(record, 4) >= 0;
  const affine = word(record, 7) != 0;
  if (word(record, 23) != 0) {
    if (adds) scan(true, true, true, record);
    else scan(true, false, true, record);
  } else if (adds) {
    if (affine) scan(false, true, true, record);
    else scan(false, true, false, record);
  } else if (affine) scan(false, false, true, record);
  else scan(false, false, false, record);
}

/** @file Σ_c x_c[p]·x'_c[p + Δ], where programs begin; of ids, whether they agree. */
import { inputA, inputB, map, piece, rectangle, rowOf, startOf, stepB, word } from "./layout";
import { madd } from "../simd";

/** Words of the record: 3 target, 6 space, 10 channels, 11 and 12 the steps of positions and channels, 13 whether ids. */
// @ts-ignore: decorator
@inline
function product(lanes: bool, record: usize): void {
  const target = map(record, 3), shape = rectangle(word(record, 6)), channels = <usize>word(record, 10);
  const aShift: usize = lanes ? 4 : 2, ids = word(record, 13) != 0;
  const step = <usize>word(record, 11), jump = <usize>word(record, 12);
  for (let i = 0; i < word(shape, 4); ++i) {
    const at = piece(shape, i), columns = word(at, 2);
    for (let y = 0; y < word(at, 1); ++y) {
      let out = target + rowOf(shape, at, y);
      let a = inputA + ((startOf(shape, at, y, 3) * step) << aShift);
      let b = inputB + ((startOf(shape, at, y, 4) * step) << 4);
      for (let x = 0; x < columns; ++x) {
        let sum = f32x4.splat(0);
        for (let c: usize = 0; c < channels; ++c) {
          const ofA = lanes ? v128.load(a + (c * jump << 4)) : v128.load32_splat(a + (c * jump << 2));
          const ofB = v128.load(b + (c * jump << 4));
          sum = ids ? v128.and(f32x4.eq(ofA, ofB), f32x4.splat(1)) : madd(ofA, ofB, sum);
        }
        v128.store(out, sum);
        out += 16;
        a += step << aShift;
        b += step << 4;
      }
    }
  }
}

/** Rows of side A that are multiplied together, so that numbers of side B are read once for all. */
const ROWS = 4;

/** The products of many items of side A, `bytes` apart, with four of side B: one position an item. */
function products(record: usize, count: i32, bytes: usize): void {
  const channels = <usize>word(record, 10) << 2;
  let out = map(record, 3), a = inputA;
  for (let i = 0; i < count; i += ROWS) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    const a1 = a + bytes, a2 = a1 + bytes, a3 = a2 + bytes;
    for (let c: usize = 0; c < channels; c += 4) {
      const b = v128.load(inputB + (c << 2));
      s0 = madd(v128.load32_splat(a + c), b, s0);
      s1 = madd(v128.load32_splat(a1 + c), b, s1);
      s2 = madd(v128.load32_splat(a2 + c), b, s2);
      s3 = madd(v128.load32_splat(a3 + c), b, s3);
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
    out += 64;
    a += 4 * bytes;
  }
}

export function input(record: usize, lanes: bool): void {
  if (lanes) product(true, record);
  else if (stepB == 0) products(record, word(rectangle(word(record, 6)), 1), <usize>word(record, 14));
  else product(false, record);
}

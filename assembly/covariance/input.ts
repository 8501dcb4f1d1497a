/** @file Σ_c x_c[p]·x'_c[p + Δ], where programs begin; of ids, whether they agree. */
import { bytesOf, inputA, inputB, map, rectangle, stepB, word } from "./layout";
import { firstRow, nextRow, rowA, rowB, rowColumns, rowStart } from "./rows";
import { madd } from "../simd";

/** Channels are added in runs of so many: long sums of float32 lose digits. */
const RUN: usize = 128;

/** The sum over channels from c on. */
@inline
function someOf(lanes: bool, ids: bool, a: usize, b: usize, c: usize, end: usize, jump: usize): v128 {
  let sum = f32x4.splat(0);
  for (; c < end; ++c) {
    const ofA = lanes ? v128.load(a + (c * jump << 4)) : v128.load32_splat(a + (c * jump << 2));
    const ofB = v128.load(b + (c * jump << 4));
    sum = ids ? v128.and(f32x4.eq(ofA, ofB), f32x4.splat(1)) : madd(ofA, ofB, sum);
  }
  return sum;
}

/** Words of the record: 3 target, 6 space, 10 channels, 11 and 12 the steps of positions and channels, 13 whether ids. */
@inline
function product(lanes: bool, record: usize): void {
  const target = map(record, 3), shape = rectangle(word(record, 6)), channels = <usize>word(record, 10);
  const aShift: usize = lanes ? 4 : 2, ids = word(record, 13) != 0;
  const step = <usize>word(record, 11), jump = <usize>word(record, 12);
  const first = min(RUN, channels);
  for (let more = firstRow(shape); more; more = nextRow(shape)) {
    const end = target + rowStart + (<usize>rowColumns << 4);
    let a = inputA + ((rowA * step) << aShift), b = inputB + ((rowB * step) << 4);
    for (let out = target + rowStart; out < end; out += 16) {
      let sum = someOf(lanes, ids, a, b, 0, first, jump);
      for (let c = first; c < channels; c += RUN) {
        sum = f32x4.add(sum, someOf(lanes, ids, a, b, c, min(c + RUN, channels), jump));
      }
      v128.store(out, sum);
      a += step << aShift;
      b += step << 4;
    }
  }
}

/** Rows of side A that are multiplied with both groups of side B together. */
const ROWS = 4;

@inline
function total(out: usize, sum: v128, more: bool): void {
  v128.store(out, more ? f32x4.add(v128.load(out), sum) : sum);
}

/**
 * The products of items of side A, `bytes` apart, with four of side B at `b` and four at `second`: vectors of one position. Room
 * for items is a multiple of four.
 */
export function products(
  a: usize, bytes: usize, items: i32, b: usize, second: usize, channels: i32, out: usize, secondOut: usize,
): void {
  const all = <usize>channels << 2;
  for (let i = 0; i < items; i += ROWS) {
    const a1 = a + bytes, a2 = a1 + bytes, a3 = a2 + bytes;
    for (let c: usize = 0; c < all; ) {
      const more = c > 0;
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      let t0 = f32x4.splat(0), t1 = f32x4.splat(0), t2 = f32x4.splat(0), t3 = f32x4.splat(0);
      for (const end = min(c + 4 * RUN, all); c < end; c += 4) {
        const x = v128.load(b + (c << 2)), y = v128.load(second + (c << 2));
        let item = v128.load32_splat(a + c);
        s0 = madd(item, x, s0);
        t0 = madd(item, y, t0);
        item = v128.load32_splat(a1 + c);
        s1 = madd(item, x, s1);
        t1 = madd(item, y, t1);
        item = v128.load32_splat(a2 + c);
        s2 = madd(item, x, s2);
        t2 = madd(item, y, t2);
        item = v128.load32_splat(a3 + c);
        s3 = madd(item, x, s3);
        t3 = madd(item, y, t3);
      }
      total(out, s0, more);
      total(out + 16, s1, more);
      total(out + 32, s2, more);
      total(out + 48, s3, more);
      total(secondOut, t0, more);
      total(secondOut + 16, t1, more);
      total(secondOut + 32, t2, more);
      total(secondOut + 48, t3, more);
    }
    out += 16 * ROWS;
    secondOut += 16 * ROWS;
    a += ROWS * bytes;
  }
}

/** Where positions are items, the inputs of side A are products that {@link products} made. */
export function input(record: usize, lanes: bool): void {
  if (lanes) product(true, record);
  else if (stepB == 0) memory.copy(map(record, 3), inputA, bytesOf(rectangle(word(record, 6))));
  else product(false, record);
}

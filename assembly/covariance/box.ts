/**
 * @file Sums over windows of one map: any kernel, stride, dilation and padding, also circular. Rows are added first, into
 * a row with room for the padding at both ends; then the columns of that row. Windows are short, so that direct sums
 * need less memory traffic than running ones, and nothing is subtracted.
 */
import { finish } from "./finish";
import { real, rectangle, scratch, vanishes, word } from "./layout";

/** Words of an axis of the windows, which start at word 10 (rows) and 15 (columns) of a record. */
const KERNEL = 0;
const STRIDE = 1;
const DILATION = 2;
const LO = 3;
const WRAPS = 4;

/** row[x] (+)= the sum of `count` rows (1 to 4) that stand `step` bytes apart. */
@inline
function addRows(count: i32, more: bool, row: usize, source: usize, step: usize, bytes: usize): void {
  const second = source + step, third = second + step, fourth = third + step;
  for (let x: usize = 0; x < bytes; x += 16) {
    let sum = v128.load(source + x);
    if (count > 1) sum = f32x4.add(sum, v128.load(second + x));
    if (count > 2) sum = f32x4.add(sum, v128.load(third + x));
    if (count > 3) sum = f32x4.add(sum, v128.load(fourth + x));
    if (more) sum = f32x4.add(sum, v128.load(row + x));
    v128.store(row + x, sum);
  }
}

/** The sum of `count` rows into `row`; 0 where there are none. */
function sumRows(row: usize, source: usize, count: i32, step: usize, bytes: usize, more: bool): void {
  if (count <= 0) {
    if (!more) memory.fill(row, 0, bytes);
    return;
  }
  if (!more) {
    if (count == 1) addRows(1, false, row, source, step, bytes);
    else if (count == 2) addRows(2, false, row, source, step, bytes);
    else if (count == 3) addRows(3, false, row, source, step, bytes);
    else addRows(4, false, row, source, step, bytes);
    count -= 4;
    source += 4 * step;
  }
  for (; count >= 4; count -= 4, source += 4 * step) addRows(4, true, row, source, step, bytes);
  if (count == 1) addRows(1, true, row, source, step, bytes);
  else if (count == 2) addRows(2, true, row, source, step, bytes);
  else if (count == 3) addRows(3, true, row, source, step, bytes);
}

/** Adds the rows of the window of output row `i`. */
function sumWindow(axis: usize, row: usize, source: usize, i: i32, rows: i32, bytes: usize): void {
  const kernel = word(axis, KERNEL), stride = word(axis, STRIDE), dilation = word(axis, DILATION), lo = word(axis, LO);
  const start = i * stride - lo;
  if (word(axis, WRAPS) != 0) {
    for (let j = 0; j < kernel; ++j) {
      const y = (start + j * dilation + rows * (lo + 1)) % rows;
      sumRows(row, source + <usize>y * bytes, 1, bytes, bytes, j > 0);
    }
    return;
  }
  const first = start < 0 ? (dilation - 1 - start) / dilation : 0;
  const last = start >= rows ? -1 : min((rows - 1 - start) / dilation, kernel - 1);
  const y = start + first * dilation;
  sumRows(row, source + <usize>y * bytes, last - first + 1, <usize>dilation * bytes, bytes, false);
}

/** Sums of `kernel` columns, finished and stored; `unrolled` up to 7. */
@inline
function columns(
  unrolled: bool, kernel: i32, adds: bool, row: usize, target: usize, other: usize, count: i32, step: usize, gap: usize,
  factor: v128, shift: v128,
): void {
  for (let x = 0; x < count; ++x) {
    let at = row;
    let sum = v128.load(at);
    if (unrolled) {
      if (kernel > 1) sum = f32x4.add(sum, v128.load((at += gap)));
      if (kernel > 2) sum = f32x4.add(sum, v128.load((at += gap)));
      if (kernel > 3) sum = f32x4.add(sum, v128.load((at += gap)));
      if (kernel > 4) sum = f32x4.add(sum, v128.load((at += gap)));
      if (kernel > 5) sum = f32x4.add(sum, v128.load((at += gap)));
      if (kernel > 6) sum = f32x4.add(sum, v128.load((at += gap)));
    } else for (let j = 1; j < kernel; ++j) sum = f32x4.add(sum, v128.load((at += gap)));
    v128.store(target, finish(adds, true, sum, other, factor, shift));
    row += step;
    target += 16;
    if (adds) other += 16;
  }
}

@inline
function anyColumns(
  kernel: i32, adds: bool, row: usize, target: usize, other: usize, count: i32, step: usize, gap: usize,
  factor: v128, shift: v128,
): void {
  if (kernel == 1) columns(true, 1, adds, row, target, other, count, step, gap, factor, shift);
  else if (kernel == 2) columns(true, 2, adds, row, target, other, count, step, gap, factor, shift);
  else if (kernel == 3) columns(true, 3, adds, row, target, other, count, step, gap, factor, shift);
  else if (kernel == 4) columns(true, 4, adds, row, target, other, count, step, gap, factor, shift);
  else if (kernel == 5) columns(true, 5, adds, row, target, other, count, step, gap, factor, shift);
  else if (kernel == 7) columns(true, 7, adds, row, target, other, count, step, gap, factor, shift);
  else columns(false, kernel, adds, row, target, other, count, step, gap, factor, shift);
}

/** Fills the ends of the row of sums: zeros, or the other end of a ring. */
function fillEnds(wraps: bool, row: usize, bytes: usize, before: usize, after: usize): void {
  if (!wraps) {
    memory.fill(row - before, 0, before);
    memory.fill(row + bytes, 0, after);
    return;
  }
  memory.copy(row - before, row + bytes - before, before);
  memory.copy(row + bytes, row, after);
}

/**
 * A record of a sum over windows: words 2 source, 3 target, 4 other (−1: none), 5 and 6 the spaces before and after,
 * 8 factor, 9 shift, 10 and 15 the axes, 20 whether it lives on the diagonal only. `source` is that of the record or a
 * copy; the target must not be the source.
 */
export function box(record: usize, source: usize, target: usize, other: usize): void {
  const before = rectangle(word(record, 5)), after = rectangle(word(record, 6));
  if (vanishes(record, target)) return;
  const rows = word(before, 0), bytes = <usize>word(before, 1) << 4;
  const outRows = word(after, 0), outColumns = word(after, 1);
  const vertical = record + 40, horizontal = record + 60;
  const factor = real(record, 8), shift = real(record, 9);
  const kernel = word(horizontal, KERNEL), stride = word(horizontal, STRIDE), dilation = word(horizontal, DILATION);
  const lo = word(horizontal, LO), wraps = word(horizontal, WRAPS) != 0;
  const reach = (outColumns - 1) * stride + (kernel - 1) * dilation + 1;
  const left = <usize>max(lo, 0) << 4;
  const right = <usize>max(reach - lo - word(before, 1), 0) << 4;
  const row = scratch + left;
  const first = row - (lo << 4);
  const step = <usize>stride << 4, gap = <usize>dilation << 4;
  for (let i = 0; i < outRows; ++i) {
    sumWindow(vertical, row, source, i, rows, bytes);
    fillEnds(wraps, row, bytes, left, right);
    if (other != 0) {
      anyColumns(kernel, true, first, target, other, outColumns, step, gap, factor, shift);
      other += <usize>outColumns << 4;
    } else anyColumns(kernel, false, first, target, 0, outColumns, step, gap, factor, shift);
    target += <usize>outColumns << 4;
  }
}

/** @file What moves positions: cuts, transposed convolutions, and the ends of segments, which gather displacements. */
import { bytesOf, lists, map, maps, real, rectangle, tableWord, word } from "./layout";

/** A range of positions: words 13 and 18 the first row and column. */
export function cut(record: usize): void {
  const before = rectangle(word(record, 5)), after = rectangle(word(record, 6));
  const bytes = <usize>word(after, 1) << 4;
  let source = map(record, 2) + (<usize>(word(record, 13) * word(before, 1) + word(record, 18)) << 4);
  let target = map(record, 3);
  for (let y = 0; y < word(after, 0); ++y) {
    memory.copy(target, source, bytes);
    target += bytes;
    source += <usize>word(before, 1) << 4;
  }
}

/**
 * The adjoint of a sum over windows: each source goes to all positions of its window; then as the sums of box.ts.
 * Displacements that the stride does not reach have an empty source.
 */
export function spread(record: usize): void {
  const before = rectangle(word(record, 5)), after = rectangle(word(record, 6));
  const target = map(record, 3), other = map(record, 4), factor = real(record, 8), shift = real(record, 9);
  const bytes = bytesOf(after), rows = word(after, 0), columns = word(after, 1);
  for (let x: usize = 0; x < bytes; x += 16) {
    v128.store(target + x, other != 0 ? f32x4.add(v128.load(other + x), shift) : shift);
  }
  let source = map(record, 2);
  for (let y = 0; y < word(before, 0); ++y) {
    for (let x = 0; x < word(before, 1); ++x) {
      const value = f32x4.mul(v128.load(source), factor);
      source += 16;
      for (let j = 0; j < word(record, 10); ++j) {
        const row = y * word(record, 11) + j * word(record, 12) - word(record, 13);
        if (row < 0 || row >= rows) continue;
        for (let i = 0; i < word(record, 15); ++i) {
          const column = x * word(record, 16) + i * word(record, 17) - word(record, 18);
          if (column < 0 || column >= columns) continue;
          const at = target + (<usize>(row * columns + column) << 4);
          v128.store(at, f32x4.add(v128.load(at), value));
        }
      }
    }
  }
}

/** Copies a map to the stack of its displacement, or from it. */
export function keep(record: usize): void {
  const place = tableWord(record);
  if (place >= 0) memory.copy(maps + <usize>place, map(record, 2), bytesOf(rectangle(word(record, 5))));
}

export function fetch(record: usize): void {
  const place = tableWord(record);
  if (place >= 0) memory.copy(map(record, 3), maps + <usize>place, bytesOf(rectangle(word(record, 6))));
}

/**
 * Adds a value to a place that gains many, `behind` bytes before what rounding has taken from it so far (Kahan's sum); 0 where
 * nothing is kept of that.
 */
@inline
function gain(target: usize, value: v128, behind: usize): void {
  const sum = v128.load(target);
  if (behind == 0) {
    v128.store(target, f32x4.add(sum, value));
    return;
  }
  const whole = f32x4.sub(value, v128.load(target + behind));
  const next = f32x4.add(sum, whole);
  v128.store(target + behind, f32x4.sub(f32x4.sub(next, sum), whole));
  v128.store(target, next);
}

/**
 * Adds sums over windows of a map to maps of a stack; word 20: see {@link gain}. The list: how many, then for each the map, its rows and columns, and
 * of both axes kernel, stride and the position that the first window starts at.
 */
export function pool(record: usize): void {
  const offset = tableWord(record);
  if (offset < 0) return;
  const shape = rectangle(word(record, 5)), rows = word(shape, 0), columns = word(shape, 1);
  const source = map(record, 2), behind = <usize>word(record, 20);
  let at = lists + <usize>offset;
  const end = at + 4 + <usize>word(at, 0) * 36;
  for (at += 4; at < end; at += 36) {
    let target = maps + <usize>word(at, 0);
    for (let y = 0; y < word(at, 1); ++y) {
      const top = y * word(at, 4) + word(at, 5), firstRow = max(top, 0), lastRow = min(top + word(at, 3), rows);
      for (let x = 0; x < word(at, 2); ++x) {
        const left = x * word(at, 7) + word(at, 8), first = max(left, 0), last = min(left + word(at, 6), columns);
        gain(target, sumOf(source, columns, firstRow, lastRow, first, last), behind);
        target += 16;
      }
    }
  }
}

/** The sum of a rectangle, in four strands. */
@inline
function sumOf(source: usize, columns: i32, firstRow: i32, lastRow: i32, first: i32, last: i32): v128 {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
  for (let y = firstRow; y < lastRow; ++y) {
    let at = source + (<usize>(y * columns + first) << 4);
    let x = first;
    for (; x + 3 < last; x += 4) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      s2 = f32x4.add(s2, v128.load(at, 32));
      s3 = f32x4.add(s3, v128.load(at, 48));
      at += 64;
    }
    for (; x < last; ++x) {
      s0 = f32x4.add(s0, v128.load(at));
      at += 16;
    }
  }
  return f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
}

/** Adds multiples of positions to positions of a stack; word 20: see {@link gain}. The list: how many, then target and source in bytes, and the factor. */
export function mix(record: usize): void {
  const offset = tableWord(record);
  if (offset < 0) return;
  const source = map(record, 2), behind = <usize>word(record, 20);
  let at = lists + <usize>offset;
  const end = at + 4 + <usize>word(at, 0) * 12;
  for (at += 4; at < end; at += 12) {
    gain(maps + <usize>word(at, 0), f32x4.mul(v128.load(source + <usize>word(at, 1)), real(at, 2)), behind);
  }
}

/** @file Operations on every position alone: ReLU without a sum behind, and sums and products of maps. */
import { bytesOf, map, real, rectangle, slotsOfA, slotsOfB, stepB, tableWord, TINY, vanishes, word } from "./layout";
import { LANES, SELF } from "./modes";
import { hCoefficient, twiceRelu } from "./relu";
import { reluTangent } from "./relu-tangent";
import { firstRow, nextRow, rowA, rowB, rowColumns, rowStart } from "./rows";
import { madd } from "../simd";

@inline
function reluMap(lanes: bool, signed: bool, record: usize, source: usize, target: usize): void {
  const c0 = hCoefficient(0), c1 = hCoefficient(1), c2 = hCoefficient(2);
  const c3 = hCoefficient(3), c4 = hCoefficient(4), c5 = hCoefficient(5);
  const shape = rectangle(word(record, 5));
  const aBytes: usize = lanes ? 32 : 8, bBytes = stepB << 5;
  for (let more = firstRow(shape); more; more = nextRow(shape)) {
    const end = rowStart + (<usize>rowColumns << 4);
    let a = slotsOfA(record, lanes) + rowA * aBytes, b = slotsOfB(record) + rowB * bBytes;
    for (let x = rowStart; x < end; x += 16) {
      const s = lanes ? v128.load(a) : v128.load32_splat(a);
      const r = lanes ? v128.load(a, 16) : v128.load32_splat(a, 4);
      const k = v128.load(source + x);
      v128.store(target + x, twiceRelu(signed, k, s, r, v128.load(b), v128.load(b, 16), c0, c1, c2, c3, c4, c5));
      a += aBytes;
      b += bBytes;
    }
  }
}

/**
 * Keeps s = √v and r = 1/s of four items' variances. K stays: twice the kernel at ρ = 1 is v. Θ is halved, and once
 * more where there is no variance.
 */
function reluSlots(record: usize, source: usize, target: usize): void {
  const zero = f32x4.splat(0), one = f32x4.splat(1), half = f32x4.splat(0.5);
  const from = map(record, 24), to = map(record, 25), bytes = bytesOf(rectangle(word(record, 5)));
  let slots = slotsOfB(record);
  for (let x: usize = 0; x < bytes; x += 16) {
    const v = f32x4.pmax(zero, v128.load(source + x));
    const root = f32x4.sqrt(v);
    const alive = f32x4.ge(root, f32x4.splat(TINY));
    v128.store(slots, v128.and(root, alive));
    v128.store(slots, v128.and(f32x4.div(one, root), alive), 16);
    v128.store(target + x, v);
    if (to != 0) v128.store(to + x, f32x4.mul(v128.load(from + x), v128.bitselect(half, f32x4.splat(0.25), alive)));
    slots += 32;
  }
}

/** ReLU of a map: word 21 its slots, 23 whether k may be negative, 24 and 25 Θ before and after. */
export function relu(record: usize, mode: i32, source: usize, target: usize): void {
  if (mode == SELF) reluSlots(record, source, target);
  else if (word(record, 25) >= 0) reluTangent(record, mode == LANES);
  else if (mode == LANES) reluMap(true, true, record, source, target);
  else if (word(record, 23) != 0) reluMap(false, true, record, source, target);
  else reluMap(false, false, record, source, target);
}

/** target = factor·source + other + shift; word 26 points to a shift of the displacement, instead of word 9. */
export function combine(record: usize): void {
  const source = map(record, 2), target = map(record, 3), other = map(record, 4);
  if (vanishes(record, target)) return;
  const factor = real(record, 8);
  const shift = word(record, 26) < 0 ? real(record, 9) : f32x4.splat(reinterpret<f32>(tableWord(record)));
  const bytes = bytesOf(rectangle(word(record, 5)));
  if (other != 0) {
    for (let x: usize = 0; x < bytes; x += 16) {
      const value = madd(v128.load(source + x), factor, v128.load(other + x));
      v128.store(target + x, f32x4.add(value, shift));
    }
  } else {
    for (let x: usize = 0; x < bytes; x += 16) v128.store(target + x, madd(v128.load(source + x), factor, shift));
  }
}

/** target = source·other. */
export function multiply(record: usize): void {
  const source = map(record, 2), target = map(record, 3), other = map(record, 4);
  const bytes = bytesOf(rectangle(word(record, 5)));
  for (let x: usize = 0; x < bytes; x += 16) {
    v128.store(target + x, f32x4.mul(v128.load(source + x), v128.load(other + x)));
  }
}

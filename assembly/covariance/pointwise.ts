/** @file Operations on every position of a map: the kernel's input, activations that stand alone, and sums of maps. */
import { inputA, inputB, map, real, rectangle, slotsA, slotsB, word } from "./layout";
import { LANES, PAIR, SELF } from "./modes";
import { hCoefficient, twiceRelu } from "./relu";
import { madd } from "../simd";

/** A number of side A: one item's in all lanes, or four items'. */
// @ts-ignore: decorator
@inline
function sideA(lanes: bool, at: usize, i: usize): v128 {
  return lanes ? v128.load(at + (i << 4)) : v128.load32_splat(at + (i << 2));
}

/** Σ_c x_c[p]·x'_c[p + Δ]. Words: 2 target, 3 space, 4 channels, 5 and 6 the steps of positions and channels. */
// @ts-ignore: decorator
@inline
function product(lanes: bool, record: usize): void {
  const target = map(record, 2), shape = rectangle(word(record, 3)), channels = word(record, 4);
  const aShift: usize = lanes ? 4 : 2;
  const step = <usize>word(record, 5), jump = <usize>word(record, 6);
  const width = word(shape, 1), full = word(shape, 2), pieces = word(shape, 4);
  for (let piece = 0; piece < pieces; ++piece) {
    const at = shape + 20 + piece * 20;
    const rows = word(at, 1), columns = word(at, 2);
    for (let y = 0; y < rows; ++y) {
      let out = target + (<usize>(word(at, 0) + y * width) << 4);
      let a = inputA + ((<usize>(word(at, 3) + y * full) * step) << aShift);
      let b = inputB + ((<usize>(word(at, 4) + y * full) * step) << 4);
      for (let x = 0; x < columns; ++x) {
        let sum = f32x4.splat(0);
        for (let c: usize = 0; c < <usize>channels; ++c) {
          sum = madd(sideA(lanes, a + ((c * jump) << aShift), 0), v128.load(b + ((c * jump) << 4)), sum);
        }
        v128.store(out, sum);
        out += 16;
        a += step << aShift;
        b += step << 4;
      }
    }
  }
}

export function input(record: usize, mode: i32): void {
  if (mode == PAIR) product(false, record);
  else product(true, record);
}

// @ts-ignore: decorator
@inline
function reluMap(lanes: bool, signed: bool, source: usize, target: usize, shape: usize, slotA: usize, slotB: usize): void {
  const c0 = hCoefficient(0), c1 = hCoefficient(1), c2 = hCoefficient(2);
  const c3 = hCoefficient(3), c4 = hCoefficient(4), c5 = hCoefficient(5);
  const width = word(shape, 1), full = word(shape, 2), pieces = word(shape, 4);
  const aBytes: usize = lanes ? 32 : 8;
  for (let piece = 0; piece < pieces; ++piece) {
    const at = shape + 20 + piece * 20;
    const rows = word(at, 1);
    const bytes = <usize>word(at, 2) << 4;
    for (let y = 0; y < rows; ++y) {
      const offset = <usize>(word(at, 0) + y * width) << 4;
      let a = slotA + <usize>(word(at, 3) + y * full) * aBytes;
      let b = slotB + (<usize>(word(at, 4) + y * full) << 5);
      for (let x = offset; x < offset + bytes; x += 16) {
        const k = v128.load(source + x);
        v128.store(target + x, twiceRelu(
          signed, k, sideA(lanes, a, 0), sideA(lanes, a, 1), v128.load(b), v128.load(b, 16), c0, c1, c2, c3, c4, c5,
        ));
        a += aBytes;
        b += 32;
      }
    }
  }
}

/** Keeps s = √v and r = 1/s of four items' variances; the map itself stays: twice the kernel at ρ = 1 is v. */
function reluSlots(source: usize, target: usize, positions: i32, slots: usize): void {
  const zero = f32x4.splat(0), one = f32x4.splat(1), tiny = f32x4.splat(1e-15);
  for (let i = 0; i < positions; ++i) {
    const v = f32x4.pmax(zero, v128.load(source));
    const root = f32x4.sqrt(v);
    const alive = f32x4.ge(root, tiny);
    const s = v128.and(root, alive);
    v128.store(slots, s);
    v128.store(slots, v128.and(f32x4.div(one, root), alive), 16);
    v128.store(target, v);
    source += 16;
    target += 16;
    slots += 32;
  }
}

/** ReLU of a map in a record of an activation: words 21 and 22 its slots, 23 whether k may be negative. */
export function relu(record: usize, mode: i32, source: usize, target: usize): void {
  const shape = rectangle(word(record, 5));
  const a = slotsA + <usize>word(record, 21), b = slotsB + <usize>word(record, 22);
  const signed = word(record, 23) != 0;
  if (mode == SELF) reluSlots(source, target, word(shape, 0) * word(shape, 1), b);
  else if (mode == LANES) reluMap(true, true, source, target, shape, slotsA + <usize>word(record, 22), b);
  else if (signed) reluMap(false, true, source, target, shape, a, b);
  else reluMap(false, false, source, target, shape, a, b);
}

/** target = factor·source + other + shift. Words: 2 source, 3 target, 4 other (−1: none), 5 space, 8 factor, 9 shift. */
export function combine(record: usize): void {
  const shape = rectangle(word(record, 5));
  const source = map(record, 2), target = map(record, 3), other = map(record, 4), adds = word(record, 4) >= 0;
  const factor = real(record, 8), shift = real(record, 9);
  const bytes = <usize>(word(shape, 0) * word(shape, 1)) << 4;
  for (let x: usize = 0; x < bytes; x += 16) {
    const value = madd(v128.load(source + x), factor, shift);
    v128.store(target + x, adds ? f32x4.add(value, v128.load(other + x)) : value);
  }
}

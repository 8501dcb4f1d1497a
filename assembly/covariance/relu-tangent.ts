/**
 * @file ReLU of K and Θ together (kernels.md §4): 2k by h and k̇ = ½ − √u·A(u) where k ≥ 0, √u·A(u) elsewhere, of one
 * square root. Where an item has no variance the angle is a right one.
 */
import { arc } from "./forms-math";
import { map, rectangle, slotsOfA, slotsOfB, stepB, word } from "./layout";
import { hCoefficient, polynomial } from "./relu";
import { firstRow, nextRow, rowA, rowB, rowColumns, rowStart } from "./rows";
import { madd } from "../simd";

/**
 * A half, a quarter, and 1 − 2⁻²³: where both items agree at a position, k and S differ by rounding, whose root would be seen in k̇, so
 * that S counts a few roundings less. In memory, since loops would build splats again in every step.
 */
const numbers: usize = memory.data<f32>([0.5, 0.25, 0.99999988]);

/** A run of positions of K and Θ, `bytes` long; slots of sides A and B move by `aBytes` and `bBytes`. */
@inline
export function tangentRun(
  lanes: bool, signed: bool, source: usize, target: usize, from: usize, to: usize, bytes: usize,
  a: usize, aBytes: usize, b: usize, bBytes: usize,
  c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128,
): void {
  const zero = f32x4.splat(0), half = v128.load32_splat(numbers), quarter = v128.load32_splat(numbers, 4);
  const below = v128.load32_splat(numbers, 8);
  for (let x: usize = 0; x < bytes; x += 16) {
    const s = lanes ? v128.load(a) : v128.load32_splat(a);
    const r = lanes ? v128.load(a, 16) : v128.load32_splat(a, 4);
    const R = f32x4.mul(r, v128.load(b, 16));
    const k = v128.load(source + x), theta = v128.load(from + x);
    const limit = f32x4.mul(f32x4.mul(s, v128.load(b)), below);
    const w = f32x4.pmax(zero, f32x4.sub(limit, signed ? f32x4.abs(k) : k));
    const u = f32x4.mul(w, R), root = f32x4.sqrt(u);
    const h = polynomial(u, c0, c1, c2, c3, c4, c5);
    v128.store(target + x, madd(f32x4.mul(w, root), h, signed ? f32x4.pmax(zero, k) : k));
    const angle = f32x4.mul(root, arc(u));
    // Without variance u is 0, and a right angle is a quarter of a turn.
    const turn = v128.bitselect(quarter, angle, f32x4.eq(R, zero));
    const opposite = f32x4.sub(half, turn);
    v128.store(to + x, f32x4.mul(theta, signed ? v128.bitselect(turn, opposite, f32x4.lt(k, zero)) : opposite));
    a += aBytes;
    b += bBytes;
  }
}

@inline
function scan(lanes: bool, signed: bool, record: usize): void {
  const source = map(record, 2), target = map(record, 3), from = map(record, 24), to = map(record, 25);
  const shape = rectangle(word(record, 5));
  const c0 = hCoefficient(0), c1 = hCoefficient(1), c2 = hCoefficient(2);
  const c3 = hCoefficient(3), c4 = hCoefficient(4), c5 = hCoefficient(5);
  const aBytes: usize = lanes ? 32 : 8, bBytes = stepB << 5;
  for (let more = firstRow(shape); more; more = nextRow(shape)) {
    const x = rowStart, bytes = <usize>rowColumns << 4;
    const a = slotsOfA(record, lanes) + rowA * aBytes, b = slotsOfB(record) + rowB * bBytes;
    tangentRun(
      lanes, signed, source + x, target + x, from + x, to + x, bytes, a, aBytes, b, bBytes, c0, c1, c2, c3, c4, c5,
    );
  }
}

/** The record of {@link relu} with Θ: words 24 and 25 its maps before and after. */
export function reluTangent(record: usize, lanes: bool): void {
  if (lanes) scan(true, true, record);
  else if (word(record, 23) != 0) scan(false, true, record);
  else scan(false, false, record);
}

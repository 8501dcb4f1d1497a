/** @file What happens to a sum over a window before it is stored. */
import { madd } from "../simd";

/** `factor·sum + other + shift`; where not `affine`, shift is 0, and without `adds` factor is 1. */
@inline
export function finish(adds: bool, affine: bool, sum: v128, other: usize, factor: v128, shift: v128): v128 {
  if (adds) {
    const total = madd(sum, factor, v128.load(other));
    return affine ? f32x4.add(total, shift) : total;
  }
  return affine ? madd(sum, factor, shift) : sum;
}

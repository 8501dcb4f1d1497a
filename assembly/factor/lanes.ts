/** @file Vectors of float64 (two lanes) or float32 (four), so that one text serves both: `T` is f64 or f32. */
import { madd, madd64 } from "../simd";

/** Numbers in a vector. */
@inline
export function lanes<T>(): i32 {
  return <i32>(16 / sizeof<T>());
}

/** a·b + c, fused in the relaxed build. */
@inline
export function fused<T>(a: v128, b: v128, c: v128): v128 {
  if (sizeof<T>() == 8) return madd64(a, b, c);
  return madd(a, b, c);
}

/** Bytes of so many numbers. */
@inline
export function bytes<T>(count: i32): usize {
  return (<usize>count) * sizeof<T>();
}

/** Columns of a register block: two vectors. */
@inline
export function width<T>(): i32 {
  return 2 * lanes<T>();
}

/** The sum of x_i·y_i of `count` numbers. */
@inline
export function dot<T>(x: usize, y: usize, count: i32): T {
  let sums = i64x2.splat(0);
  let i = 0;
  for (; i + lanes<T>() <= count; i += lanes<T>()) {
    sums = fused<T>(v128.load(x), v128.load(y), sums);
    x += 16;
    y += 16;
  }
  let sum = v128.extract_lane<T>(sums, 0) + v128.extract_lane<T>(sums, 1);
  if (lanes<T>() == 4) sum += v128.extract_lane<T>(sums, 2) + v128.extract_lane<T>(sums, 3);
  for (; i < count; i++) {
    sum += load<T>(x) * load<T>(y);
    x += sizeof<T>();
    y += sizeof<T>();
  }
  return sum;
}

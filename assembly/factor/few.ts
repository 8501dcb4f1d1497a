/**
 * @file Products of a few rows with a tile that is read once, where packing the tile would cost more than the product: four
 * rows of the tile at a time, which the rows of X find in the first cache. Strides are bytes between rows.
 */
import { bytes, dot, fused, lanes } from "./lanes";

/** The sum of a vector's lanes. */
@inline
function total<T>(x: v128): T {
  let sum = v128.extract_lane<T>(x, 0) + v128.extract_lane<T>(x, 1);
  if (lanes<T>() == 4) sum += v128.extract_lane<T>(x, 2) + v128.extract_lane<T>(x, 3);
  return sum;
}

@inline
function reduce<T>(at: usize, amount: T): void {
  store<T>(at, load<T>(at) - amount);
}

/** Four elements of one row of C −= x·Lᵀ. */
function fourDots<T>(k: i32, x: usize, l0: usize, strideL: usize, c: usize): void {
  let l1 = l0 + strideL, l2 = l1 + strideL, l3 = l2 + strideL;
  let s0 = i64x2.splat(0), s1 = i64x2.splat(0), s2 = i64x2.splat(0), s3 = i64x2.splat(0);
  let i = 0;
  for (; i + lanes<T>() <= k; i += lanes<T>()) {
    const v = v128.load(x);
    s0 = fused<T>(v, v128.load(l0), s0);
    s1 = fused<T>(v, v128.load(l1), s1);
    s2 = fused<T>(v, v128.load(l2), s2);
    s3 = fused<T>(v, v128.load(l3), s3);
    x += 16;
    l0 += 16;
    l1 += 16;
    l2 += 16;
    l3 += 16;
  }
  const rest = k - i;
  reduce<T>(c, total<T>(s0) + dot<T>(x, l0, rest));
  reduce<T>(c + sizeof<T>(), total<T>(s1) + dot<T>(x, l1, rest));
  reduce<T>(c + 2 * sizeof<T>(), total<T>(s2) + dot<T>(x, l2, rest));
  reduce<T>(c + 3 * sizeof<T>(), total<T>(s3) + dot<T>(x, l3, rest));
}

/** C [m, n] −= X [m, k]·Lᵀ with L [n, k] as it is. */
export function fewTransposed<T>(m: i32, n: i32, k: i32, x: usize, strideX: usize, l: usize, strideL: usize, c: usize, strideC: usize): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const from = l + (<usize>i) * strideL;
    for (let r = 0; r < m; r++) {
      fourDots<T>(k, x + (<usize>r) * strideX, from, strideL, c + (<usize>r) * strideC + bytes<T>(i));
    }
  }
  for (; i < n; i++) {
    for (let r = 0; r < m; r++) {
      const value = dot<T>(x + (<usize>r) * strideX, l + (<usize>i) * strideL, k);
      reduce<T>(c + (<usize>r) * strideC + bytes<T>(i), value);
    }
  }
}

/** c −= x_0 l_0 + … + x_3 l_3 on `n` columns. */
function fourRows<T>(n: i32, x: usize, l0: usize, strideL: usize, c: usize): void {
  let l1 = l0 + strideL, l2 = l1 + strideL, l3 = l2 + strideL;
  const x0 = -load<T>(x), x1 = -load<T>(x, sizeof<T>());
  const x2 = -load<T>(x, 2 * sizeof<T>()), x3 = -load<T>(x, 3 * sizeof<T>());
  const v0 = v128.splat<T>(x0), v1 = v128.splat<T>(x1), v2 = v128.splat<T>(x2), v3 = v128.splat<T>(x3);
  let j = 0;
  for (; j + lanes<T>() <= n; j += lanes<T>()) {
    let sum = fused<T>(v0, v128.load(l0), v128.load(c));
    sum = fused<T>(v1, v128.load(l1), sum);
    sum = fused<T>(v2, v128.load(l2), sum);
    v128.store(c, fused<T>(v3, v128.load(l3), sum));
    c += 16;
    l0 += 16;
    l1 += 16;
    l2 += 16;
    l3 += 16;
  }
  for (; j < n; j++) {
    const sum = x0 * load<T>(l0) + x1 * load<T>(l1) + x2 * load<T>(l2) + x3 * load<T>(l3);
    store<T>(c, load<T>(c) + sum);
    c += sizeof<T>();
    l0 += sizeof<T>();
    l1 += sizeof<T>();
    l2 += sizeof<T>();
    l3 += sizeof<T>();
  }
}

/** C [m, n] −= X [m, k]·L with L [k, n] as it is. */
export function fewPlain<T>(m: i32, n: i32, k: i32, x: usize, strideX: usize, l: usize, strideL: usize, c: usize, strideC: usize): void {
  let i = 0;
  for (; i + 4 <= k; i += 4) {
    const from = l + (<usize>i) * strideL;
    for (let r = 0; r < m; r++) {
      fourRows<T>(n, x + (<usize>r) * strideX + bytes<T>(i), from, strideL, c + (<usize>r) * strideC);
    }
  }
  for (; i < k; i++) {
    for (let r = 0; r < m; r++) {
      const factor = load<T>(x + (<usize>r) * strideX + bytes<T>(i));
      for (let j = 0; j < n; j++) {
        reduce<T>(c + (<usize>r) * strideC + bytes<T>(j), factor * load<T>(l + (<usize>i) * strideL + bytes<T>(j)));
      }
    }
  }
}

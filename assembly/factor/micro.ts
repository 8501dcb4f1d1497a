/**
 * @file The innermost product: 6 rows times 2 vectors of columns, summed over k in registers (12 sums, 2 vectors of B and
 * one number of A fill the 15 vector registers that the compiler has). Operands come packed: A as [k][6], B as [k][2 vectors].
 */
import { fused } from "./lanes";

/** Rows of a register block. */
export const ROWS: i32 = 6;

/** What becomes of C: C − A·Bᵀ, or A·Bᵀ alone. */
export const SUBTRACT: i32 = 0;
export const REPLACE: i32 = 1;

@inline
function store<T>(mode: i32, at: usize, left: v128, right: v128): void {
  if (mode == SUBTRACT) {
    left = v128.sub<T>(v128.load(at), left);
    right = v128.sub<T>(v128.load(at, 16), right);
  }
  v128.store(at, left);
  v128.store(at, right, 16);
}

/** C [6, 2 vectors] −= A·Bᵀ or = A·Bᵀ over `depth` steps; `stride` is the distance of rows of C in bytes. */
@inline
export function block<T>(mode: i32, depth: i32, a: usize, b: usize, c: usize, stride: usize): void {
  let c00 = i64x2.splat(0), c01 = i64x2.splat(0);
  let c10 = i64x2.splat(0), c11 = i64x2.splat(0);
  let c20 = i64x2.splat(0), c21 = i64x2.splat(0);
  let c30 = i64x2.splat(0), c31 = i64x2.splat(0);
  let c40 = i64x2.splat(0), c41 = i64x2.splat(0);
  let c50 = i64x2.splat(0), c51 = i64x2.splat(0);
  const end = b + (<usize>depth) * 32;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<T>(a);
    c00 = fused<T>(x, b0, c00);
    c01 = fused<T>(x, b1, c01);
    x = v128.load_splat<T>(a, sizeof<T>());
    c10 = fused<T>(x, b0, c10);
    c11 = fused<T>(x, b1, c11);
    x = v128.load_splat<T>(a, 2 * sizeof<T>());
    c20 = fused<T>(x, b0, c20);
    c21 = fused<T>(x, b1, c21);
    x = v128.load_splat<T>(a, 3 * sizeof<T>());
    c30 = fused<T>(x, b0, c30);
    c31 = fused<T>(x, b1, c31);
    x = v128.load_splat<T>(a, 4 * sizeof<T>());
    c40 = fused<T>(x, b0, c40);
    c41 = fused<T>(x, b1, c41);
    x = v128.load_splat<T>(a, 5 * sizeof<T>());
    c50 = fused<T>(x, b0, c50);
    c51 = fused<T>(x, b1, c51);
    a += 6 * sizeof<T>();
    b += 32;
  }
  store<T>(mode, c, c00, c01);
  store<T>(mode, (c += stride), c10, c11);
  store<T>(mode, (c += stride), c20, c21);
  store<T>(mode, (c += stride), c30, c31);
  store<T>(mode, (c += stride), c40, c41);
  store<T>(mode, (c += stride), c50, c51);
}

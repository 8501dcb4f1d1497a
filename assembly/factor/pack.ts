/**
 * @file Operands in the order in which the innermost product reads them: panels of 6 rows of A as [k][6], and panels of
 * 2 vectors of columns of Bᵀ as [k][width]. What a last panel lacks is zero.
 */
import { bytes, width } from "./lanes";
import { ROWS } from "./micro";

/** `depth` columns of `count` (≤ 6) rows of a matrix, as [depth][6]. */
export function packRows<T>(source: usize, stride: usize, count: i32, depth: i32, target: usize): void {
  if (count < ROWS) memory.fill(target, 0, bytes<T>(ROWS * depth));
  for (let row = 0; row < count; row++) {
    let from = source + (<usize>row) * stride;
    let to = target + bytes<T>(row);
    const end = from + bytes<T>(depth);
    while (from < end) {
      store<T>(to, load<T>(from));
      from += sizeof<T>();
      to += bytes<T>(ROWS);
    }
  }
}

/** `depth` columns of `count` rows of B as panels: Bᵀ has these rows as columns. */
export function packTransposed<T>(source: usize, stride: usize, count: i32, depth: i32, target: usize): void {
  for (let first = 0; first < count; first += width<T>()) {
    const present = min(width<T>(), count - first);
    if (present < width<T>()) memory.fill(target, 0, bytes<T>(width<T>() * depth));
    for (let row = 0; row < present; row++) {
      let from = source + (<usize>(first + row)) * stride;
      let to = target + bytes<T>(row);
      const end = from + bytes<T>(depth);
      while (from < end) {
        store<T>(to, load<T>(from));
        from += sizeof<T>();
        to += 32;
      }
    }
    target += (<usize>depth) * 32;
  }
}

/** `depth` rows of `count` columns of B as panels, for A·B. */
export function packColumns<T>(source: usize, stride: usize, count: i32, depth: i32, target: usize): void {
  for (let first = 0; first < count; first += width<T>()) {
    const present = min(width<T>(), count - first);
    let from = source + bytes<T>(first);
    for (let k = 0; k < depth; k++) {
      if (present == width<T>()) {
        v128.store(target, v128.load(from));
        v128.store(target, v128.load(from, 16), 16);
      } else {
        memory.fill(target, 0, 32);
        for (let i = 0; i < present; i++) store<T>(target + bytes<T>(i), load<T>(from + bytes<T>(i)));
      }
      target += 32;
      from += stride;
    }
  }
}

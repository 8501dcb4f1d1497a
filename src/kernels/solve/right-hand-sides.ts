/** @file Right-hand sides [n, c] as rows in shared memory, where a worker finds each of them in one piece, and back. */
import { FathomError, type NdArray, ndarray, showShape } from "../../tensor/index.ts";

type Float64 = NdArray<"float64">;

/**
 * The columns of b as rows.
 * @throws FathomError bad-shape unless b is [n] or [n, c]; bad-input for an entry that is not finite; too-large.
 */
export function rowsOf(b: Float64, n: number): Float64Array {
  const [length, columns = 1] = b.shape;
  if (length !== n || b.shape.length > 2) {
    throw new FathomError({
      code: "bad-shape",
      message: `The right-hand sides have the shape ${showShape(b.shape)}, the matrix has ${n} rows.`,
      where: "b",
      hint: `Give [${n}] or [${n}, columns].`,
    });
  }
  const rows = sharedRows(n * columns);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < columns; c++) {
      const value = b.data[i * columns + c]!;
      if (!Number.isFinite(value)) throw notFinite(value, i, c);
      rows[c * n + i] = value;
    }
  }
  return rows;
}

/** Numbers in shared memory. @throws FathomError too-large. */
export function sharedRows(length: number): Float64Array {
  try {
    return new Float64Array(new SharedArrayBuffer(8 * length));
  } catch (cause) {
    throw new FathomError({
      code: "too-large",
      message: `There is no memory for ${8 * length} bytes of right-hand sides.`,
      where: "b",
      hint: "Solve for fewer columns at a time.",
      cause,
    });
  }
}

/** The array of a shape [n] or [n, c] whose columns are the rows. */
export function columnsOf(rows: Float64Array, { shape }: Pick<Float64, "shape">): Float64 {
  const [n, columns = 1] = shape as [number, number?];
  const data = new Float64Array(n * columns);
  for (let i = 0; i < n; i++) for (let c = 0; c < columns; c++) data[i * columns + c] = rows[c * n + i]!;
  return ndarray("float64", shape, data);
}

function notFinite(value: number, i: number, c: number): FathomError {
  return new FathomError({
    code: "bad-input",
    message: `The right-hand sides hold ${value} at [${i}, ${c}].`,
    where: `b[${i}, ${c}]`,
    hint: "Entries must be finite.",
  });
}

/**
 * @file Sparse matrices in compressed rows (CSR): row i holds `values[k]` in column `indices[k]` for k from `indptr[i]` to
 * `indptr[i + 1] − 1`. Columns of a row may come in any order; repeated ones add up.
 */
import { type FloatDType, type NdArray, zeros } from "./array.ts";
import { FathomError } from "./errors.ts";

/** A sparse matrix [R, C]. Its arrays are kept, not copied: do not change them afterwards. */
export interface SparseMatrix {
  readonly shape: readonly [rows: number, columns: number];
  /** Length R + 1, from 0 to the number of entries, never falling. */
  readonly indptr: Int32Array;
  /** The column of each entry. */
  readonly indices: Int32Array;
  readonly values: Float64Array | Float32Array;
}

const checked = new WeakSet<SparseMatrix>();
const transposes = new WeakMap<SparseMatrix, SparseMatrix>();

/**
 * A sparse matrix from its arrays, checked once.
 * @throws FathomError bad-shape when lengths do not fit, or `indptr` does not rise from 0 to the number of entries; bad-input for
 * a column out of range or a value that is not finite. Each names the array and the element.
 * @example sparseMatrix({ shape: [2, 3], indptr: Int32Array.of(0, 1, 2), indices: Int32Array.of(2, 0), values: Float32Array.of(1, 5) })
 */
export function sparseMatrix(matrix: SparseMatrix): SparseMatrix {
  if (checked.has(matrix)) return matrix;
  const { shape, indptr, indices, values } = matrix;
  checkKinds(matrix);
  const [rows, columns] = shape;
  if (shape.length !== 2 || !shape.every((n) => Number.isSafeInteger(n) && n >= 1)) {
    throw wrongShape("shape", `A sparse matrix has the shape [rows, columns], not [${shape}].`);
  }
  checkRows(indptr, rows, indices.length);
  if (values.length !== indices.length) {
    throw wrongShape("values", `${values.length} values do not belong to ${indices.length} columns.`);
  }
  const outside = indices.findIndex((column) => column < 0 || column >= columns);
  if (outside >= 0) {
    const message = `The column ${indices[outside]} is outside 0 … ${columns - 1}.`;
    throw wrongEntry(`indices[${outside}]`, message, "Columns count from 0.");
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw wrongEntry(`values[${bad}]`, `The matrix holds ${values[bad]}.`, "Values must be finite.");
  checked.add(matrix);
  return matrix;
}

/** Plain arrays would be read as slowly as they are stored, and plain objects may come from a file. */
function checkKinds({ shape, indptr, indices, values }: SparseMatrix): void {
  const float = values instanceof Float64Array || values instanceof Float32Array;
  if (Array.isArray(shape) && indptr instanceof Int32Array && indices instanceof Int32Array && float) return;
  throw wrongEntry(
    "matrix",
    "This is no sparse matrix.",
    "Give {shape: [R, C], indptr: Int32Array, indices: Int32Array, values: Float64Array or Float32Array}.",
  );
}

function checkRows(indptr: Int32Array, rows: number, entries: number): void {
  if (indptr.length !== rows + 1) {
    throw wrongShape("indptr", `${rows} rows need ${rows + 1} row starts, not ${indptr.length}.`);
  }
  if (indptr[0] !== 0) throw wrongShape("indptr[0]", `The first row starts at ${indptr[0]}, not at 0.`);
  for (let row = 0; row < rows; row++) {
    if (indptr[row + 1]! >= indptr[row]!) continue;
    throw wrongShape(`indptr[${row + 1}]`, `Row ${row} ends at ${indptr[row + 1]}, before it starts.`);
  }
  if (indptr[rows] !== entries) {
    throw wrongShape(`indptr[${rows}]`, `The rows end at ${indptr[rows]}, but there are ${entries} entries.`);
  }
}

function wrongShape(where: string, message: string): FathomError {
  return new FathomError({
    code: "bad-shape",
    message,
    where,
    hint: "indptr has one entry a row and one more: the running count of entries.",
  });
}

function wrongEntry(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", message, where, hint });
}

/** Entries of a matrix one by one: `values[k]` at row `rows[k]`, column `columns[k]`, in any order. */
export interface SparseEntries {
  readonly shape: readonly [rows: number, columns: number];
  readonly rows: ArrayLike<number>;
  readonly columns: ArrayLike<number>;
  /** Ones unless given. */
  readonly values?: ArrayLike<number>;
}

/**
 * A sparse matrix from a list of entries (edges). Entries of a row keep their order; repeated ones add up.
 * @throws FathomError as {@link sparseMatrix}; bad-input for a row out of range.
 * @example sparseFromEntries({ shape: [3, 3], rows: [0, 2], columns: [1, 0] })
 */
export function sparseFromEntries({ shape, rows, columns, values }: SparseEntries): SparseMatrix {
  const entries = rows.length;
  for (const [name, list] of Object.entries({ columns, values })) {
    if (list === undefined || list.length === entries) continue;
    throw wrongShape(name, `${list.length} ${name} do not belong to ${entries} rows.`);
  }
  const indptr = new Int32Array(shape[0] + 1);
  for (let k = 0; k < entries; k++) {
    const row = rows[k]!;
    if (!Number.isInteger(row) || row < 0 || row >= shape[0]) {
      throw wrongEntry(`rows[${k}]`, `The row ${row} is outside 0 … ${shape[0] - 1}.`, "Rows count from 0.");
    }
    indptr[row + 1]!++;
  }
  for (let row = 0; row < shape[0]; row++) indptr[row + 1]! += indptr[row]!;
  const next = indptr.slice();
  const indices = new Int32Array(entries);
  const data = new Float64Array(entries);
  for (let k = 0; k < entries; k++) {
    const at = next[rows[k]!]!++;
    indices[at] = columns[k]!;
    data[at] = values === undefined ? 1 : values[k]!;
  }
  return sparseMatrix({ shape, indptr, indices, values: data });
}

/**
 * The transpose [C, R], computed once for each matrix; its transpose is the matrix itself. Rows come out sorted.
 * @example spmm(transposedSparse(matrix), ct)
 */
export function transposedSparse(matrix: SparseMatrix): SparseMatrix {
  const known = transposes.get(sparseMatrix(matrix));
  if (known !== undefined) return known;
  const { indptr, indices, values } = matrix;
  const [rows, columns] = matrix.shape;
  const starts = new Int32Array(columns + 1);
  for (const column of indices) starts[column + 1]!++;
  for (let column = 0; column < columns; column++) starts[column + 1]! += starts[column]!;
  const next = starts.slice();
  const turned = new Int32Array(indices.length);
  const data = values.slice();
  for (let row = 0; row < rows; row++) {
    for (let k = indptr[row]!; k < indptr[row + 1]!; k++) {
      const at = next[indices[k]!]!++;
      turned[at] = row;
      data[at] = values[k]!;
    }
  }
  const transpose: SparseMatrix = { shape: [columns, rows], indptr: starts, indices: turned, values: data };
  checked.add(transpose);
  transposes.set(matrix, transpose);
  transposes.set(transpose, matrix);
  return transpose;
}

/** Dense operand and result of {@link multiplySparse}: matrices one after the other, [count, rows, columns]. */
export interface DenseStack {
  readonly data: Float32Array | Float64Array;
  readonly columns: number;
}

const doubles = new WeakMap<SparseMatrix, Float64Array>();

/** Values as doubles, so that the inner loop sees one kind of array. */
function doubleValues(matrix: SparseMatrix): Float64Array {
  let values = doubles.get(matrix);
  if (values === undefined) {
    values = Float64Array.from(matrix.values);
    doubles.set(matrix, values);
  }
  return values;
}

/**
 * out = matrix · x for each matrix of a stack, summed in double precision and rounded once.
 * @param x [count, C, F]; @param out [count, R, F], overwritten.
 */
export function multiplySparse(matrix: SparseMatrix, x: DenseStack, out: DenseStack["data"]): void {
  const [rows, columns] = matrix.shape;
  const count = out.length / (rows * x.columns);
  for (let i = 0; i < count; i++) {
    multiplyRows(matrix, doubleValues(matrix), x, out, i * columns * x.columns, i * rows * x.columns);
  }
}

/** Eight columns at a time stay in registers while a row's entries are read once for them (graphs.md §12). */
function multiplyRows(
  { shape, indptr, indices }: SparseMatrix,
  values: Float64Array,
  { data: x, columns: width }: DenseStack,
  out: DenseStack["data"],
  fromX: number,
  fromOut: number,
): void {
  const whole = width - (width % 8);
  for (let row = 0; row < shape[0]; row++) {
    const first = indptr[row]!;
    const last = indptr[row + 1]!;
    const to = fromOut + row * width;
    for (let c = 0; c < whole; c += 8) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let s4 = 0;
      let s5 = 0;
      let s6 = 0;
      let s7 = 0;
      for (let k = first; k < last; k++) {
        const value = values[k]!;
        const at = fromX + indices[k]! * width + c;
        s0 += value * x[at]!;
        s1 += value * x[at + 1]!;
        s2 += value * x[at + 2]!;
        s3 += value * x[at + 3]!;
        s4 += value * x[at + 4]!;
        s5 += value * x[at + 5]!;
        s6 += value * x[at + 6]!;
        s7 += value * x[at + 7]!;
      }
      out[to + c] = s0;
      out[to + c + 1] = s1;
      out[to + c + 2] = s2;
      out[to + c + 3] = s3;
      out[to + c + 4] = s4;
      out[to + c + 5] = s5;
      out[to + c + 6] = s6;
      out[to + c + 7] = s7;
    }
    for (let c = whole; c < width; c++) {
      let sum = 0;
      for (let k = first; k < last; k++) sum += values[k]! * x[fromX + indices[k]! * width + c]!;
      out[to + c] = sum;
    }
  }
}

/**
 * The matrix as a dense array [R, C]: for tests and small examples.
 * @example denseOfSparse(matrix, "float64")
 */
export function denseOfSparse<D extends FloatDType>(matrix: SparseMatrix, dtype: D): NdArray<D> {
  const [rows, columns] = sparseMatrix(matrix).shape;
  const dense = zeros(dtype, [rows, columns]);
  for (let row = 0; row < rows; row++) {
    for (let k = matrix.indptr[row]!; k < matrix.indptr[row + 1]!; k++) {
      (dense.data as Float64Array)[row * columns + matrix.indices[k]!]! += matrix.values[k]!;
    }
  }
  return dense;
}

/** @file Sparse matrices: what is refused, the cached transpose, and products against dense ones. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  denseOfSparse,
  Key,
  multiplySparse,
  normal,
  type SparseMatrix,
  sparseFromEntries,
  sparseMatrix,
  transposedSparse,
} from "../../src/tensor/index.ts";
import { refusal } from "../refusal.ts";

const good: SparseMatrix = {
  shape: [2, 3],
  indptr: Int32Array.of(0, 2, 3),
  indices: Int32Array.of(2, 0, 1),
  values: Float64Array.of(1, 2, 3),
};

describe("sparseMatrix refuses", () => {
  it.each<[string, Partial<SparseMatrix>, string, string]>([
    ["row starts that fall", { indptr: Int32Array.of(0, 4, 3) }, "bad-shape", "indptr[2]"],
    ["row starts that do not begin at 0", { indptr: Int32Array.of(1, 2, 3) }, "bad-shape", "indptr[0]"],
    ["row starts that end elsewhere", { indptr: Int32Array.of(0, 1, 2) }, "bad-shape", "indptr[2]"],
    ["too few row starts", { indptr: Int32Array.of(0, 3) }, "bad-shape", "indptr"],
    ["a column out of range", { indices: Int32Array.of(2, 3, 1) }, "bad-input", "indices[1]"],
    ["a negative column", { indices: Int32Array.of(2, 0, -1) }, "bad-input", "indices[2]"],
    ["values that are not finite", { values: Float32Array.of(1, Number.NaN, 3) }, "bad-input", "values[1]"],
    ["too few values", { values: Float32Array.of(1) }, "bad-shape", "values"],
    ["an empty matrix", { shape: [0, 3] }, "bad-shape", "shape"],
    ["plain lists", { indices: [2, 0, 1] as unknown as Int32Array }, "bad-input", "matrix"],
  ])("%s", (_, change, code, where) => {
    const error = refusal(() => sparseMatrix({ ...good, ...change }));
    expect(error).toMatchObject({ code, where });
    expect(error.hint).toBeDefined();
  });

  it("entries outside the matrix, or lists that do not fit together", () => {
    const shape = [2, 2] as const;
    expect(refusal(() => sparseFromEntries({ shape, rows: [0, 2], columns: [0, 0] }))).toMatchObject({
      code: "bad-input",
      where: "rows[1]",
    });
    expect(refusal(() => sparseFromEntries({ shape, rows: [0], columns: [] })).where).toBe("columns");
    expect(refusal(() => sparseFromEntries({ shape, rows: [0], columns: [5] })).where).toBe("indices[0]");
  });
});

describe("the transpose", () => {
  it("is computed once, and its transpose is the matrix itself", () => {
    const turned = transposedSparse(good);
    expect(transposedSparse(good)).toBe(turned);
    expect(transposedSparse(turned)).toBe(good);
    expect(Array.from(denseOfSparse(turned, "float64").data)).toEqual([2, 0, 0, 3, 1, 0]);
  });
});

const entries = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 19 }))
  .chain(([rows, columns, width]) => {
    const entry = fc.tuple(
      fc.nat(rows - 1),
      fc.nat(columns - 1),
      fc.double({ min: -2, max: 2, noNaN: true }),
    );
    return fc.array(entry, { maxLength: 30 }).map((list) => ({ rows, columns, width, list }));
  });

describe("products", () => {
  it("equal the dense product, whatever the order and repetition of entries", () => {
    fc.assert(
      fc.property(entries, ({ rows, columns, width, list }) => {
        const matrix = sparseFromEntries({
          shape: [rows, columns],
          rows: list.map(([row]) => row),
          columns: list.map(([, column]) => column),
          values: list.map(([, , value]) => value),
        });
        const x = normal(Key.fromSeed(1), "float64", [2, columns, width]);
        const out = new Float64Array(2 * rows * width);
        multiplySparse(matrix, { data: x.data, columns: width }, out);
        const dense = denseOfSparse(matrix, "float64").data;
        for (let stack = 0; stack < 2; stack++) {
          for (let i = 0; i < rows; i++) {
            for (let c = 0; c < width; c++) {
              let sum = 0;
              for (let j = 0; j < columns; j++)
                sum += dense[i * columns + j]! * x.data[(stack * columns + j) * width + c]!;
              // Sums of up to 30 products of size 10 in another order.
              expect(out[(stack * rows + i) * width + c]).toBeCloseTo(sum, 11);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

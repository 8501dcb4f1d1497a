/** @file One node for equal expressions, and what is simplified while expressions are built. */
import { describe, expect, it } from "vitest";
import {
  abs,
  add,
  broadcastTo,
  constant,
  div,
  exp,
  input,
  iota,
  matmul,
  mul,
  neg,
  pow,
  reduceMax,
  reduceMean,
  reduceSum,
  reshape,
  Scope,
  slice,
  sqrt,
  square,
  sub,
  type Tensor,
  tanh,
  topologicalOrder,
  transpose,
  vjp,
  withScope,
} from "../../src/expr/index.ts";
import { ndarray, toNumbers } from "../../src/tensor/index.ts";
import { direction, expectClose, value } from "./check.ts";

const x = input("x", [4, 5], "float64");
const y = input("y", [5, 6], "float64");
const row = input("row", [5], "float64");
const feeds = { x: direction("x", x), y: direction("y", y), row: direction("row", row) };

/** How often each operation occurs, leaves left out. */
function operations(...outputs: Tensor[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op, inputs } of topologicalOrder(outputs)) {
    if (inputs.length > 0) counts[op.name] = (counts[op.name] ?? 0) + 1;
  }
  return counts;
}

describe("equal expressions", () => {
  it("are one node", () => {
    expect(add(tanh(x), row)).toBe(add(tanh(x), row));
    expect(
      constant([
        [1, 2],
        [3, 4],
      ]),
    ).toBe(constant(ndarray("float32", [2, 2], [1, 2, 3, 4])));
    expect(mul(x, 0.1)).toBe(mul(x, constant(0.1, "float64")));
    expect(mul(2, x)).toBe(mul(x, 2));
    expect(iota(1000)).toBe(iota(1000));
  });

  it("differ by dtype, shape, attribute, and the sign of zero", () => {
    expect(constant(0)).not.toBe(constant(-0));
    expect(constant(1)).not.toBe(constant(1, "float64"));
    expect(constant([1])).not.toBe(constant(1));
    expect(reduceSum(x, { axes: [0] })).not.toBe(reduceSum(x, { axes: [1] }));
  });

  it("are one node within a scope, and another node in another scope", () => {
    const inner = new Scope();
    const made = withScope(inner, () => tanh(x));
    expect(withScope(inner, () => tanh(x))).toBe(made);
    expect(tanh(x)).not.toBe(made);
    expect(inner.size).toBe(1);
  });

  it("are frozen", () => {
    expect(Object.isFrozen(x) && Object.isFrozen(x.shape) && Object.isFrozen(x.attrs)).toBe(true);
  });
});

describe("arithmetic", () => {
  it("drops neutral numbers and double signs", () => {
    for (const same of [
      add(x, 0),
      sub(x, 0),
      mul(x, 1),
      div(x, 1),
      neg(neg(x)),
      pow(x, 1),
      mul(neg(x), -1),
    ]) {
      expect(same).toBe(x);
    }
    expect(sub(0, x)).toBe(neg(x));
    expect(add(x, neg(tanh(x)))).toBe(sub(x, tanh(x)));
    expect(sub(x, neg(tanh(x)))).toBe(add(x, tanh(x)));
    expect(mul(neg(x), neg(tanh(x)))).toBe(mul(x, tanh(x)));
    expect([pow(x, 2), pow(x, 0.5)]).toEqual([square(x), sqrt(x)]);
  });

  it("keeps the shape that a neutral tensor broadcasts to", () => {
    const zero = broadcastTo(constant(0, "float64"), [4, 5]);
    expect(add(row, zero).shape).toEqual([4, 5]);
    expect(mul(constant([[1]], "float64"), row).shape).toEqual([1, 5]);
    expect(mul(mul(row, constant([[2]], "float64")), 3).shape).toEqual([1, 5]);
  });

  it("folds operations on numbers, and numbers in products", () => {
    expect(add(mul(constant(3, "float64"), 2), 1)).toBe(constant(7, "float64"));
    expect(mul(mul(x, 2), 3)).toBe(mul(x, 6));
    expect(exp(constant(0, "float64"))).toBe(constant(1, "float64"));
    expect(constant(0.1)).toBe(constant(Math.fround(0.1)));
  });

  it("keeps two numbers apart whose product leaves the dtype", () => {
    const z = input("z", [1]);
    const at = (factor: number, size: number) =>
      toNumbers(value(mul(mul(z, factor), factor), { z: ndarray("float32", [1], [size]) }))[0]!;
    expect(at(1e-30, 1e38) / 1e-22).toBeCloseTo(1, 6);
    expect(at(1e30, 1e-38) / 1e22).toBeCloseTo(1, 6);
    const i = input("i", [1], "int32");
    const wrapped = value(mul(mul(i, 2 ** 20), 2 ** 20), { i: ndarray("int32", [1], [1]) });
    expect(toNumbers(wrapped)).toEqual([0]);
  });

  it("does not touch x · 0, which may be NaN", () => {
    expect(operations(mul(x, 0))).toEqual({ mul: 1 });
  });
});

describe("movement", () => {
  it("merges reshapes and transpositions", () => {
    expect(reshape(reshape(x, [20]), [4, 5])).toBe(x);
    expect(transpose(transpose(x))).toBe(x);
    const cube = input("cube", [2, 3, 4], "float64");
    expect(transpose(transpose(cube, [1, 2, 0]), [1, 2, 0])).toBe(transpose(cube, [2, 0, 1]));
    expect(operations(transpose(reshape(row, [1, 5])))).toEqual({ reshape: 1 });
  });

  it("broadcasts after the arithmetic, or not at all", () => {
    const wide = broadcastTo(row, [4, 5]);
    expect(add(x, wide)).toBe(add(x, row));
    expect(tanh(wide)).toBe(broadcastTo(tanh(row), [4, 5]));
    expect(mul(wide, wide)).toBe(broadcastTo(square(row), [4, 5]));
    expect(matmul(broadcastTo(x, [7, 4, 5]), y)).toBe(broadcastTo(matmul(x, y), [7, 4, 6]));
    expect(slice(wide, { starts: [1, 2], ends: [3, 5] })).toBe(
      broadcastTo(slice(reshape(row, [1, 5]), { starts: [0, 2], ends: [1, 5] }), [2, 3]),
    );
    expect(reshape(broadcastTo(constant(2), [4, 5]), [20])).toBe(broadcastTo(constant(2), [20]));
  });

  it("does not reduce over repetitions", () => {
    const wide = broadcastTo(row, [4, 5]);
    expect(reduceSum(wide, { axes: [0] })).toBe(mul(row, 4));
    expect(reduceMean(wide, { axes: [0] })).toBe(row);
    expect(reduceMax(wide)).toBe(reshape(reduceMax(row, { keepDims: true }), []));
  });

  it("does not transpose before a reduction or a product", () => {
    expect(operations(reduceSum(transpose(x), { axes: [0] }))).not.toHaveProperty("transpose");
    const z = input("z", [5, 6], "float64");
    expect(matmul(transpose(z), transpose(x))).toBe(matmul(z, x, { transposeA: true, transposeB: true }));
  });
});

describe("products in disguise", () => {
  const column = (t: Tensor) => reshape(t, [...t.shape, 1]);

  it("a broadcast product that is summed is a matmul", () => {
    const product = reduceSum(mul(column(x), reshape(y, [1, 5, 6])), { axes: [1] });
    expect(operations(product)).toEqual({ matmul: 1 });
    expectClose(value(product, feeds), value(matmul(x, y), feeds), 1e-14);
  });

  it("finds flags instead of transposing", () => {
    const gram = reduceSum(mul(reshape(x, [4, 1, 5]), reshape(x, [1, 4, 5])), { axes: [2] });
    expect(gram).toBe(matmul(x, x, { transposeB: true }));
    const moments = reduceMean(mul(column(x), reshape(x, [4, 1, 5])), { axes: [0] });
    expect(operations(moments)).toEqual({ matmul: 1, mul: 1 });
    expectClose(value(moments, feeds), value(mul(matmul(x, x, { transposeA: true }), 1 / 4), feeds), 1e-14);
  });

  it("a matrix times a row that is summed is a product with a vector", () => {
    expect(operations(reduceSum(mul(x, row), { axes: [1] }))).toEqual({ matmul: 1, reshape: 2 });
  });

  it("takes factors that do not vary out of the sum", () => {
    const factor = input("factor", [4, 1], "float64");
    expect(reduceSum(mul(x, factor), { axes: [1], keepDims: true })).toBe(
      mul(reduceSum(x, { axes: [1], keepDims: true }), factor),
    );
  });

  it("leaves row sums of products of equal shape alone", () => {
    expect(operations(reduceSum(mul(x, abs(x)), { axes: [1] }))).toEqual({ abs: 1, mul: 1, reduceSum: 1 });
  });

  it("an inner axis of length 1 is an outer product", () => {
    const outer = matmul(input("a", [4, 1], "float64"), input("b", [1, 6], "float64"));
    expect(operations(outer)).toEqual({ mul: 1 });
  });
});

describe("gradients", () => {
  it("of a layer on tokens [B, T, K] are one matrix product for the weights", () => {
    const tokens = input("tokens", [7, 4, 5], "float64");
    const [gx, gw] = vjp([reduceSum(square(matmul(tokens, y)))], [tokens, y]);
    const graph = operations(gw!);
    expect(graph).toMatchObject({ matmul: 2 });
    expect(gw!.op.name).toBe("matmul");
    expect(gw!.inputs.map(({ shape }) => shape.length)).toEqual([2, 2]);
    expect(operations(gx!, gw!)).not.toHaveProperty("broadcastTo");
    expect(operations(gx!, gw!)).not.toHaveProperty("transpose");
  });

  it("of a perceptron use only matmuls with flags", () => {
    const h = tanh(add(matmul(x, y), input("b", [6], "float64")));
    const loss = reduceMean(square(h));
    const gradients = vjp([loss], [x, y, input("b", [6], "float64")]) as Tensor[];
    expect(operations(...gradients)).toEqual({ matmul: 3, add: 1, tanh: 1, mul: 3, sub: 1, reduceSum: 1 });
  });
});

/** @file customDerivative: stated rules, rules derived by transposition, and rules over batches. */
import { describe, expect, it } from "vitest";
import {
  add,
  customDerivative,
  input,
  inputName,
  jvp,
  matmul,
  mul,
  reduceSum,
  sign,
  square,
  sub,
  type Tensor,
  tanh,
  topologicalOrder,
  vjp,
  vmap,
} from "../../src/expr/index.ts";
import { type NdArray, ndarray, toNumbers } from "../../src/tensor/index.ts";
import { direction, expectClose, value } from "./check.ts";

const x = input("x", [2, 3], "float64");
const w = input("w", [3, 3], "float64");
const t = input("t", [2, 3], "float64");
const feeds = { x: direction("x", x), w: direction("w", w), t: direction("t", t) };
const numbers = (tensor: Tensor) => toNumbers(value(tensor, feeds));

const straightThrough = customDerivative((z) => sign(z), { vjp: (ct) => [ct] });

/** tanh with its derivative stated from the result. */
const byResult = customDerivative((z) => tanh(z), {
  jvp: ([dz], _, y) => dz && mul(dz, sub(1, square(y))),
});

/** matmul with both rules stated. */
const product = customDerivative((a, b) => matmul(a, b), {
  jvp: ([da, db], [a, b]) => {
    const parts = [da && matmul(da, b!), db && matmul(a!, db)].filter((part) => part !== undefined);
    return parts.length === 2 ? add(parts[0]!, parts[1]!) : parts[0];
  },
  vjp: (ct, [a, b]) => [matmul(ct, b!, { transposeB: true }), matmul(a!, ct, { transposeA: true })],
});

describe("customDerivative", () => {
  it("has the value of its function and the derivative of its rule", () => {
    expect(numbers(straightThrough(x))).toEqual(numbers(sign(x)));
    expect(numbers(vjp([reduceSum(mul(straightThrough(x), t))], [x])[0]!)).toEqual(numbers(t));
  });

  it("derives jvp from vjp and vjp from jvp", () => {
    expect(numbers(jvp([straightThrough(x)], [x], [t])[0]!)).toEqual(numbers(t));
    const [backward] = vjp([byResult(x)], [x], [t]);
    expectClose(value(backward!, feeds), value(vjp([tanh(x)], [x], [t])[0]!, feeds), 1e-15);
  });

  it("differentiates twice", () => {
    const gradient = (f: (z: Tensor) => Tensor) => vjp([reduceSum(square(f(x)))], [x])[0]!;
    const [twice] = jvp([gradient(byResult)], [x], [t]);
    const [reference] = jvp([gradient(tanh)], [x], [t]);
    expectClose(value(twice!, feeds), value(reference!, feeds), 1e-13);
  });

  it("is one node for equal arguments", () => {
    expect(straightThrough(x)).toBe(straightThrough(x));
  });

  it("holds tensors that the function captures constant", () => {
    const scaled = customDerivative((z) => mul(z, w), { vjp: (ct) => [mul(ct, w)] });
    const z = input("z", [3, 3], "float64");
    expect(vjp([reduceSum(scaled(z))], [w])).toEqual([undefined]);
  });

  it("refuses an empty rule, a rule that is not linear where it must be transposed, and results that do not fit", () => {
    expect(() => customDerivative(tanh, {})).toThrow(/neither jvp nor vjp/);
    const crooked = customDerivative((z) => z, { jvp: ([dz]) => dz && square(dz) });
    expect(() => vjp([crooked(x)], [x], [t])).toThrow(/not linear/);
    const narrow = customDerivative((z) => z, { vjp: (ct) => [reduceSum(ct)] });
    expect(() => vjp([narrow(x)], [x], [t])).toThrow(/does not fit \[2, 3\]/);
  });
});

describe("customDerivative under vmap", () => {
  const size = 4;
  const many = (name: string, shape: readonly number[]) =>
    direction(`many ${name}`, { shape: [size, ...shape] });
  const example = (array: NdArray, i: number) => {
    const [, ...shape] = array.shape;
    const length = array.data.length / size;
    return ndarray("float64", shape, toNumbers(array).slice(i * length, (i + 1) * length));
  };
  const f = (a: Tensor, b: Tensor) => reduceSum(square(product(byResult(a), b)));

  it.each([
    ["x", [x]],
    ["w", [w]],
    ["x and w", [x, w]],
  ])("vmap of derivatives over %s is a loop", (_, over) => {
    const outputs = [f(x, w), ...vjp([f(x, w)], [x, w]), jvp([f(x, w)], [x], [t])[0]].map((node) => node!);
    const drawn = Object.fromEntries(
      over.map((node) => [inputName(node), many(inputName(node), node.shape)] as const),
    );
    vmap(outputs, { over, size }).forEach((mapped, k) => {
      const all = value(mapped, { ...feeds, ...drawn });
      for (let i = 0; i < size; i++) {
        const one = Object.fromEntries(
          Object.entries(drawn).map(([name, array]) => [name, example(array, i)] as const),
        );
        expectClose(example(all, i), value(outputs[k]!, { ...feeds, ...one }), 1e-12);
      }
    });
  });

  it.each([
    ["x", [x]],
    ["w", [w]],
    ["x and w", [x, w]],
  ])("derivatives of a vmap over %s are those of the batched function", (_, over) => {
    const sum = (build: typeof f) => {
      const [mapped] = vmap([build(x, w)], { over, size });
      return reduceSum(mapped!);
    };
    const plain = (a: Tensor, b: Tensor) => reduceSum(square(matmul(tanh(a), b)));
    const operands = [x, w].map((node) =>
      over.includes(node) ? input(inputName(node), [size, ...node.shape], "float64") : node,
    );
    const drawn = Object.fromEntries(
      over.map((node) => [inputName(node), many(inputName(node), node.shape)] as const),
    );
    const values = { ...feeds, ...drawn };
    const [ours, theirs] = [vjp([sum(f)], operands), vjp([sum(plain)], operands)];
    ours.forEach((g, i) => {
      expectClose(value(g!, values), value(theirs[i]!, values), 1e-12);
    });
    const moving = operands.map((node) => tanh(node));
    const forward = (build: typeof f) => jvp([sum(build)], operands, moving)[0]!;
    expectClose(value(forward(f), values), value(forward(plain), values), 1e-11);
  });

  it("batches straight-through rules, nested", () => {
    const z = input("z", [3], "float64");
    const y = reduceSum(mul(straightThrough(z), z));
    const [once] = vmap([vjp([y], [z])[0]!], { over: [z], size: 2 });
    const inner = topologicalOrder([once!]).find((node) => node.attrs.name === "z")!;
    const [twice] = vmap([once!], { over: [inner], size: 5 });
    const values = direction("z", { shape: [5, 2, 3] });
    const big = input("z", [5, 2, 3], "float64");
    expectClose(value(twice!, { z: values }), value(add(sign(big), big), { z: values }), 1e-14);
  });
});

/** @file vjp, jvp, vmap, substitute, evaluate: what they mean, symbolic zeros, inner nodes, and what they refuse. */
import { describe, expect, it } from "vitest";
import {
  abs,
  add,
  argmax,
  cast,
  evaluate,
  floor,
  greater,
  input,
  inputsOf,
  jvp,
  matmul,
  mul,
  orZeros,
  reduceSum,
  relu,
  sort,
  square,
  stopGradient,
  substitute,
  type Tensor,
  tanh,
  topologicalOrder,
  vjp,
  vmap,
  where,
} from "../../src/expr/index.ts";
import { ndarray, toNumbers } from "../../src/tensor/index.ts";
import { direction, expectClose, value } from "./check.ts";

const x = input("x", [2, 3], "float64");
const w = input("w", [3, 3], "float64");
const feeds = { x: direction("x", x), w: direction("w", w) };
const numbers = (tensor: Tensor, values = {}) => toNumbers(value(tensor, { ...feeds, ...values }));

describe("vjp", () => {
  it("uses the cotangent 1 for scalars and sums over several results", () => {
    const a = reduceSum(x);
    const b = reduceSum(square(x));
    const [both] = vjp([a, b, a], [x]);
    expectClose(value(both!, feeds), value(add(mul(x, 2), 2), feeds), 1e-15);
  });

  it("is undefined where nothing depends on x, and stops at stopGradient, floor, argmax and comparisons", () => {
    const y = reduceSum(mul(w, w));
    expect(vjp([y], [x, w]).map((g) => g === undefined)).toEqual([true, false]);
    const barred = [
      stopGradient(x),
      floor(x),
      cast(argmax(x, { axis: 0 }), "float64"),
      cast(greater(x, 0), "float64"),
      cast(cast(x, "int32"), "float64"),
    ];
    expect(
      vjp(
        barred.map((node) => reduceSum(node)),
        [x],
      ),
    ).toEqual([undefined]);
    expect(jvp(barred, [x], [x])).toEqual(barred.map(() => undefined));
  });

  it("does not reach whole numbers, in reverse or in forward mode", () => {
    const whole = input("whole", [3], "int32");
    const y = cast(mul(whole, whole), "float64");
    expect(vjp([reduceSum(y)], [whole])).toEqual([undefined]);
    expect(jvp([y], [whole], [input("tangent", [3], "int32")])).toEqual([undefined]);
  });

  it("of an inner node is total: changes travel through everything computed from it", () => {
    const inner = tanh(x);
    const later = mul(inner, 3);
    const y = reduceSum(add(square(later), inner));
    const [gInner, gLater] = vjp([y], [inner, later]);
    expectClose(value(gLater!, feeds), value(mul(later, 2), feeds), 1e-14);
    expectClose(value(gInner!, feeds), value(add(mul(later, 6), 1), feeds), 1e-14);
  });

  it("is transposed to jvp for inner nodes, too", () => {
    const inner = tanh(x);
    const outer = matmul(inner, w);
    const xs = [x, inner, outer];
    const y = square(outer);
    const ts = [tanh(mul(x, 2)), square(x), matmul(x, w)];
    const [dy] = jvp([y], xs, ts);
    const left = numbers(reduceSum(mul(dy!, x)))[0]!;
    const right = vjp([y], xs, [x]).map((g, i) => numbers(reduceSum(mul(g!, ts[i]!)))[0]!);
    expect(left).toBeCloseTo(
      right.reduce((a, b) => a + b),
      10,
    );
  });

  it("takes a cotangent of undefined as zero", () => {
    expect(vjp([reduceSum(x), reduceSum(w)], [x, w], [undefined, undefined])).toEqual([undefined, undefined]);
    const [gx, gw] = vjp([square(x), square(w)], [x, w], [undefined, w]);
    expect(gx).toBeUndefined();
    expect(numbers(gw!)).toEqual(numbers(mul(square(w), 2)));
  });

  it("asks for cotangents of results that are no scalars, and refuses those that do not fit", () => {
    expect(() => vjp([square(x)], [x])).toThrow(/shape \[2, 3\] needs a cotangent/);
    expect(() => vjp([square(x)], [x], [w])).toThrow(/\[3, 3\] does not fit \[2, 3\]/);
    expect(() => jvp([square(x)], [x], [input("t", [2, 3], "float32")])).toThrow(/float32 direction/);
    expect(() => vjp([square(x), tanh(x)], [x], [x])).toThrow(/1 directions do not belong to 2 tensors/);
    expect(() => jvp([matmul(x, w)], [x, w], [x])).toThrow(/1 directions do not belong to 2 tensors/);
  });

  it("leaves relu and abs without slope at 0, and follows what where chooses", () => {
    const z = input("z", [3], "float64");
    const at = { z: ndarray("float64", [3], [-1, 0, 2]) };
    const slopes = (y: Tensor) =>
      toNumbers(value(vjp([reduceSum(y)], [z])[0]!, at)).map((slope) => slope + 0);
    expect(slopes(relu(z))).toEqual([0, 0, 1]);
    expect(slopes(abs(z))).toEqual([-1, 0, 1]);
    expect(slopes(where(greater(z, 0), square(z), 0))).toEqual([0, 0, 4]);
  });
});

describe("orZeros", () => {
  it("gives zeros of the right shape for a symbolic zero, and the derivative otherwise", () => {
    expect(numbers(orZeros(undefined, x))).toEqual([0, 0, 0, 0, 0, 0]);
    const [g] = vjp([reduceSum(x)], [x]);
    expect(orZeros(g, x)).toBe(g);
  });
});

describe("vmap", () => {
  it("gives an input of the same name with a leading axis, and repeats what does not vary", () => {
    const [mapped, same] = vmap([matmul(x, w), square(w)], { over: [x], size: 5 });
    expect(inputsOf([mapped!])).toContain(input("x", [5, 2, 3], "float64"));
    expect([mapped!.shape, same!.shape]).toEqual([
      [5, 2, 3],
      [5, 3, 3],
    ]);
    expect(inputsOf([same!])).toEqual([w]);
  });

  it("nests: a table of all pairs", () => {
    const a = input("a", [1, 3], "float64");
    const b = input("b", [1, 3], "float64");
    const similarity = matmul(a, tanh(b), { transposeB: true });
    const [rows] = vmap([similarity], { over: [b], size: 4 });
    const [table] = vmap([rows!], { over: [a], size: 2 });
    const values = { a: direction("a", { shape: [2, 1, 3] }), b: direction("b", { shape: [4, 1, 3] }) };
    const flat = { a: { ...values.a, shape: [2, 3] }, b: { ...values.b, shape: [4, 3] } };
    const all = matmul(input("a", [2, 3], "float64"), tanh(input("b", [4, 3], "float64")), {
      transposeB: true,
    });
    expectClose({ ...value(table!, values), shape: [2, 4] }, value(all, flat), 1e-14);
  });

  it("gives per-example gradients whose sum is the gradient", () => {
    const one = input("one", [1, 3], "float64");
    const loss = reduceSum(square(tanh(matmul(one, w))));
    const [perExample] = vmap([vjp([loss], [w])[0]!], { over: [one], size: 6 });
    const batch = input("batch", [6, 3], "float64");
    const [total] = vjp([reduceSum(square(tanh(matmul(batch, w))))], [w]);
    const rows = direction("rows", { shape: [6, 1, 3] });
    const values = { w: feeds.w, one: rows, batch: { ...rows, shape: [6, 3] } };
    expectClose(value(reduceSum(perExample!, { axes: [0] }), values), value(total!, values), 1e-12);
  });

  it("keeps large products whole: batched rows times one matrix is one matmul, with no transposition", () => {
    const hidden = tanh(matmul(x, w));
    const t = input("t", [2, 3], "float64");
    const [dy] = jvp([matmul(hidden, w)], [x], [t]);
    const [probes] = vmap([dy!], { over: [t], size: 64 });
    const ops = topologicalOrder([probes!]).map(({ op }) => op.name);
    expect(ops.filter((name) => name === "matmul").length).toBe(3);
    expect(ops).not.toContain("broadcastTo");
    expect(ops).not.toContain("transpose");
  });

  it("maps host operations", () => {
    const [sorted] = vmap([sort(x)], { over: [x], size: 2 });
    const both = direction("both", { shape: [2, 2, 3] });
    const rows = Array.from({ length: 4 }, (_, i) =>
      [...both.data.slice(3 * i, 3 * i + 3)].sort((a, b) => a - b),
    );
    expect(toNumbers(value(sorted!, { x: both }))).toEqual(rows.flat());
  });

  it("refuses to batch over anything but inputs", () => {
    expect(() => vmap([square(x)], { over: [tanh(x)], size: 2 })).toThrow(/cannot batch over a tanh/);
  });
});

describe("substitute", () => {
  it("rebuilds what depends on a replaced node and keeps the rest", () => {
    const kept = square(w);
    const [moved, same] = substitute([matmul(tanh(x), kept), kept], new Map([[tanh(x), x]]));
    expect(moved).toBe(matmul(x, kept));
    expect(same).toBe(kept);
  });

  it("refuses another shape or dtype", () => {
    expect(() => substitute([x], new Map([[x, w]]))).toThrow(/\[2, 3\] cannot become \[3, 3\]/);
    expect(() => substitute([x], new Map([[x, input("x", [2, 3])]]))).toThrow(
      /float64 cannot become float32/,
    );
  });
});

describe("evaluate", () => {
  it("computes several results, also inputs and the same result twice", () => {
    const y = square(x);
    const [a, b, c] = evaluate([y, x, y], feeds);
    expect(a).toEqual(c);
    expect(b).toBe(feeds.x);
  });

  it("names the input that is missing, or fed with another shape or dtype", () => {
    expect(() => evaluate([square(x)], {})).toThrow(/No value was fed for the input "x"/);
    expect(() => evaluate([square(x)], { x: feeds.w })).toThrow(/"x" has the shape \[2, 3\], but \[3, 3\]/);
    expect(() => evaluate([square(x)], { x: ndarray("float32", [2, 3], new Float32Array(6)) })).toThrow(
      /"x" is float64, but float32/,
    );
    const poisoned = input("toString", [1]);
    expect(() => evaluate([poisoned], {})).toThrow(/No value was fed/);
  });
});

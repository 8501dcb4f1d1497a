/** @file What is refused, with which code, and what the message names. */
import { describe, expect, it } from "vitest";
import { add, argsort, constant, gather, input, matmul, mul, reduceSum, tanh } from "../../src/expr/index.ts";
import { compile, compileLoop, lower } from "../../src/runtime/index.ts";
import { FathomError, filled, ndarray, zeros } from "../../src/tensor/index.ts";

const x = input("x", [2, 3]);
const w = input("w", [3, 4]);
const outputs = { y: matmul(x, w) };
const good = { x: zeros("float32", [2, 3]), w: zeros("float32", [3, 4]) };

/** The error of a promise, as the parts that the caller sees. */
async function refusal(work: () => Promise<unknown>) {
  const error = await work().then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(error).toBeInstanceOf(FathomError);
  const { code, message, where } = error as FathomError;
  return { code, message, where };
}

describe("wrong feeds are refused:", () => {
  it.each([
    ["a missing one", { x: good.x }, "bad-input", "feed w"],
    ["an unknown one", { ...good, v: good.x }, "bad-input", "feed v"],
    ["another dtype", { ...good, w: zeros("float64", [3, 4]) }, "bad-input", "feed w"],
    ["another shape", { ...good, w: zeros("float32", [4, 3]) }, "bad-shape", "feed w"],
    [
      "data that do not fill the shape",
      { ...good, x: { ...good.x, data: new Float32Array(5) } },
      "bad-shape",
      "feed x",
    ],
    ["a name of Object.prototype", { x: good.x, toString: good.w }, "bad-input", "feed w"],
  ] as const)("%s", async (_, feeds, code, where) => {
    await using executable = await compile({ inputs: [x, w], outputs });
    expect(await refusal(() => executable.run(feeds))).toMatchObject({ code, where });
  });

  it("numbers that are not finite, where that was asked for", async () => {
    await using executable = await compile({ inputs: [x, w], outputs, options: { checkFinite: ["w"] } });
    const bad = filled("float32", [3, 4], 1);
    bad.data[7] = Number.NaN;
    const { code, message } = await refusal(() => executable.run({ ...good, w: bad }));
    expect(code).toBe("bad-input");
    expect(message).toContain('"w" holds NaN at element 7');
    await executable.run({ ...good, x: filled("float32", [2, 3], Number.NaN) });
  });
});

describe("graphs are refused:", () => {
  it("an output that needs an input not listed", async () => {
    const error = await refusal(() => compile({ inputs: [x], outputs }));
    expect(error).toMatchObject({ code: "bad-input", where: "inputs w" });
  });

  it("an input that is none, and two inputs of one name", async () => {
    expect(await refusal(() => compile({ inputs: [x, w, tanh(x)], outputs }))).toMatchObject({
      code: "bad-input",
      where: "inputs[2]",
    });
    expect(await refusal(() => compile({ inputs: [x, w, input("x", [1])], outputs }))).toMatchObject({
      code: "bad-input",
      where: "inputs x",
    });
  });

  it("more memory than the bound, before a session exists", async () => {
    const big = input("big", [100_000, 100_000]);
    const error = await refusal(() =>
      compile({ inputs: [big], outputs: { y: tanh(big) }, options: { memory: 1e9 } }),
    );
    expect(error).toMatchObject({ code: "too-large", where: "memory" });
    expect(error.message).toContain("80.0 GB");
    expect(await refusal(() => compile({ inputs: [big], outputs: { y: tanh(big) } }))).toMatchObject({
      code: "too-large",
    });
  });

  it.each([
    [{ device: "tpu" }, "device"],
    [{ threads: 0 }, "threads"],
    [{ threads: 1.5 }, "threads"],
    [{ memory: -1 }, "memory"],
  ])("the option %o", async (options, where) => {
    expect(
      await refusal(() => compile({ inputs: [x, w], outputs, options: options as never })),
    ).toMatchObject({
      code: "bad-input",
      where,
    });
  });

  it("host operations in a model for export", () => {
    expect(() => lower({ inputs: [x], outputs: { y: argsort(x) } })).toThrow(FathomError);
  });

  it("devices that this machine lacks", async () => {
    const error = await refusal(() => compile({ inputs: [x, w], outputs, options: { device: "cuda" } }));
    expect(error.code).toBe("unsupported");
  });
});

describe("failures of the runtime", () => {
  it("name the primitive and the reason", async () => {
    const i = input("i", [1], "int32");
    await using executable = await compile({ inputs: [x, i], outputs: { y: gather(x, i, { axis: 0 }) } });
    const error = await refusal(() => executable.run({ x: good.x, i: ndarray("int32", [1], [7]) }));
    expect(error).toMatchObject({ code: "failed", where: "gather" });
    expect(error.message).toMatch(/idx=7/);
    expect(error.message).not.toMatch(/\.cc|onnxruntime_src/);
  });
});

describe("loops are refused:", () => {
  const s = input("s", [2]);

  it("carried values that change their shape or dtype, or are too few", async () => {
    expect(await refusal(() => compileLoop({ carry: [s], next: [reduceSum(s)] }))).toMatchObject({
      code: "bad-shape",
      where: "next[0]",
    });
    expect(await refusal(() => compileLoop({ carry: [s], next: [] }))).toMatchObject({ code: "bad-input" });
  });

  it("inputs not listed, or listed twice", async () => {
    const r = input("r", [2]);
    expect(await refusal(() => compileLoop({ carry: [s], next: [add(s, r)] }))).toMatchObject({
      code: "bad-input",
    });
    expect(
      await refusal(() => compileLoop({ carry: [s], next: [add(s, r)], perStep: [r], shared: [r] })),
    ).toMatchObject({ code: "bad-input" });
  });

  it("per-step feeds that do not have one row a step, and counts that are none", async () => {
    const r = input("r", [2]);
    await using loop = await compileLoop({ carry: [s], next: [add(s, r)], perStep: [r] });
    const carry = { s: zeros("float32", [2]) };
    const perStep = { r: zeros("float32", [3, 2]) };
    expect(await refusal(() => loop.run({ carry, perStep, steps: 2 }))).toMatchObject({ code: "bad-shape" });
    expect(await refusal(() => loop.run({ carry, perStep, steps: -1 }))).toMatchObject({ where: "steps" });
    expect(await refusal(() => loop.run({ carry, steps: 3 }))).toMatchObject({ where: "per-step feed r" });
  });

  it("more memory than the bound", async () => {
    const big = input("big", [20_000, 20_000]);
    const error = await refusal(() =>
      compileLoop({ carry: [big], next: [mul(big, 2)], options: { memory: 1e9 } }),
    );
    expect(error.code).toBe("too-large");
  });
});

it("constants of more than 2 GB are refused with a way out", () => {
  const data = { length: 6e8 } as unknown as Float32Array;
  const huge = { dtype: "float32", shape: [6e8], data: Object.assign(data, { byteLength: 2.4e9 }) } as const;
  expect(() => lower({ inputs: [], outputs: { y: tanh(constant(huge as never)) } })).toThrow(
    /2 GB|constants/,
  );
});

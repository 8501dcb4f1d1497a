/** @file Executables: what may be an input or an output, dtypes, host operations between sessions, the life of a handle. */
import { describe, expect, it } from "vitest";
import {
  add,
  argsort,
  cast,
  constant,
  evaluate,
  gather,
  input,
  less,
  logicalNot,
  matmul,
  mul,
  reduceSum,
  slice,
  sort,
  sub,
  type Tensor,
  tanh,
  vjp,
} from "../../src/expr/index.ts";
import { type CompileOptions, compile } from "../../src/runtime/index.ts";
import { FathomError, type NdArray, ndarray, toNumbers } from "../../src/tensor/index.ts";
import { expectClose } from "../expr/check.ts";
import { bits } from "./networks.ts";

const x = input("x", [2, 3]);
const x0 = ndarray("float32", [2, 3], [3, 1, 2, 0.5, -1, 4]);

async function run(
  outputs: Record<string, Tensor>,
  feeds: Record<string, NdArray>,
  options?: CompileOptions,
) {
  const inputs = Object.entries(feeds).map(([name, { shape, dtype }]) => input(name, shape, dtype));
  await using executable = await compile({ inputs, outputs, ...(options && { options }) });
  return { results: await executable.run(feeds), info: executable.info };
}

describe.each(["cpu", "wasm", "interpreter"] as const)("an executable on %s", (device) => {
  const options = { device };

  it("computes named outputs, the same one under two names, inputs and constants themselves", async () => {
    const y = tanh(x);
    const { results } = await run({ y, again: y, x, two: constant(2) }, { x: x0 }, options);
    expectClose(results["y"]!, evaluate([y], { x: x0 })[0]!, 2e-6);
    expect(toNumbers(results["again"]!)).toEqual(toNumbers(results["y"]!));
    expect(toNumbers(results["x"]!)).toEqual(toNumbers(x0));
    expect(toNumbers(results["two"]!)).toEqual([2]);
  });

  it("gives storage of its own to every output", async () => {
    const y = tanh(x);
    const { results } = await run({ y, again: y, x }, { x: x0 }, options);
    const buffers = [results["y"]!, results["again"]!, results["x"]!, x0].map(({ data }) => data.buffer);
    expect(new Set(buffers).size).toBe(4);
  });

  it("hands out many small outputs, joined on the way, as they are", async () => {
    const rows = input("rows", [12, 3]);
    const many = Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => {
        const some = slice(rows, { starts: [i, 0], ends: [Math.min(12, 2 * i + 1), 3] });
        return [`y${i}`, i % 3 === 0 ? mul(some, i) : reduceSum(mul(some, i))] as const;
      }),
    );
    const feeds = {
      rows: ndarray(
        "float32",
        [12, 3],
        Array.from({ length: 36 }, (_, i) => i),
      ),
    };
    const { results } = await run(many, feeds, options);
    evaluate(Object.values(many), feeds).forEach((expected, i) => {
      expectClose(results[`y${i}`]!, expected, 2e-6, `y${i}`);
    });
  });

  it("takes inputs that no output needs, and names that are outputs elsewhere", async () => {
    const { results } = await run({ z: mul(x, 2), x: add(x, 1) }, { x: x0, z: x0, unused: x0 }, options);
    expect(toNumbers(results["z"]!)).toEqual(toNumbers(x0).map((value) => 2 * value));
    expect(toNumbers(results["x"]!)).toEqual(toNumbers(x0).map((value) => value + 1));
  });

  it("takes and gives bool, int64, int32 and float64, and takes uint8", async () => {
    const flags = input("flags", [3], "bool");
    const long = input("long", [3], "int64");
    const short = input("short", [3], "int32");
    const double = input("double", [3], "float64");
    const pixels = input("pixels", [3], "uint8");
    const { results } = await run(
      {
        not: logicalNot(flags),
        long: add(long, cast(flags, "int64")),
        short: sub(short, cast(pixels, "int32")),
        double: mul(double, cast(pixels, "float64")),
        less: less(double, cast(short, "float64")),
      },
      {
        flags: ndarray("bool", [3], [1, 0, 1]),
        long: ndarray("int64", [3], BigInt64Array.of(2n ** 52n, -1n, 5n)),
        short: ndarray("int32", [3], [300, -2, 7]),
        double: ndarray("float64", [3], [0.1, 0.2, 1e-300]),
        pixels: ndarray("uint8", [3], [255, 0, 128]),
      },
      options,
    );
    expect(toNumbers(results["not"]!)).toEqual([0, 1, 0]);
    expect(results["long"]!.data).toEqual(BigInt64Array.of(2n ** 52n + 1n, -1n, 6n));
    expect(toNumbers(results["short"]!)).toEqual([45, -2, -121]);
    expect(toNumbers(results["double"]!)).toEqual([0.1 * 255, 0, 1e-300 * 128]);
    expect(toNumbers(results["less"]!)).toEqual([1, 0, 1]);
  });

  it("computes nothing when every output is given", async () => {
    const { info, results } = await run({ x }, { x: x0 }, options);
    expect(bits({ x: results["x"]! })).toBe(bits({ x: x0 }));
    expect(info.device).toBe(device);
  });
});

describe("host operations", () => {
  it("run between sessions, where the graph is cut", async () => {
    const scores = tanh(x);
    const y = mul(sort(scores), 2);
    const { info, results } = await run({ y }, { x: x0 });
    expect(info.stages).toBe(2);
    expectClose(results["y"]!, evaluate([y], { x: x0 })[0]!, 2e-6);
  });

  it("may come first, last, twice in a row and one after the other", async () => {
    const first = argsort(x);
    const rank = argsort(first);
    const picked = gather(reduceSum(cast(rank, "float32"), { axes: [0] }), constant([2, 0], "int32"), {
      axis: 0,
    });
    const last = argsort(picked);
    const outputs = { first, rank, picked, last, doubled: mul(x, 2) };
    const { info, results } = await run(outputs, { x: x0 });
    expect(info.stages).toBe(2);
    const expected = evaluate(Object.values(outputs), { x: x0 });
    Object.keys(outputs).forEach((name, i) => {
      expectClose(results[name]!, expected[i]!, 0, name);
    });
  });

  it("are differentiated through", async () => {
    const [gradient] = vjp([reduceSum(mul(sort(x), constant([1, 10, 100])))], [x]);
    const { results } = await run({ g: gradient! }, { x: x0 });
    expect(toNumbers(results["g"]!)).toEqual([100, 1, 10, 10, 1, 100]);
  });
});

describe("the life of an executable", () => {
  it("ends with dispose; a second dispose does nothing", async () => {
    const executable = await compile({ inputs: [x], outputs: { y: tanh(x) } });
    await executable.dispose();
    await executable.dispose();
    await expect(executable.run({ x: x0 })).rejects.toThrow(FathomError);
  });

  it("allows overlapping runs", async () => {
    for (const device of ["cpu", "wasm"] as const) {
      await using executable = await compile({ inputs: [x], outputs: { y: mul(x, 3) }, options: { device } });
      const both = await Promise.all([executable.run({ x: x0 }), executable.run({ x: x0 })]);
      expect(bits(both[0]!)).toBe(bits(both[1]!));
    }
  });

  it("sums views at any offset as it sums the same numbers elsewhere", async () => {
    const long = input("long", [5003]);
    await using executable = await compile({ inputs: [long], outputs: { sum: reduceSum(long) } });
    const values = Float32Array.from({ length: 5003 }, (_, i) => Math.sin(i));
    const sums = [0, 1, 2, 3].map(async (offset) => {
      const buffer = new Float32Array(5010);
      buffer.set(values, offset);
      return bits(
        await executable.run({ long: ndarray("float32", [5003], buffer.subarray(offset, offset + 5003)) }),
      );
    });
    expect(new Set(await Promise.all(sums)).size).toBe(1);
  });

  it("tells its nodes and an upper estimate of its memory", async () => {
    const w = input("w", [3, 500]);
    await using executable = await compile({ inputs: [x, w], outputs: { y: tanh(matmul(x, w)) } });
    // x, w, and two results of 2·500 numbers alive together.
    expect(executable.info).toEqual({ nodes: 2, stages: 1, peakBytes: 4 * (6 + 1500 + 2000), device: "cpu" });
  });
});

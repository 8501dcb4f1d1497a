/** @file Compiled loops: bit-identical to single steps however they are divided, on any thread count. */
import { describe, expect, it } from "vitest";
import {
  add,
  argsort,
  cast,
  gather,
  gelu,
  input,
  layerNorm,
  less,
  logicalNot,
  matmul,
  mul,
  reduceSum,
  relu,
  sub,
  type Tensor,
  tanh,
} from "../../src/expr/index.ts";
import { compile, compileLoop, type LoopExecutable } from "../../src/runtime/index.ts";
import { ndarray, toNumbers } from "../../src/tensor/index.ts";
import { bits, digitsFeeds, digitsLoop, rowsOf } from "./networks.ts";

type LoopFeeds = ReturnType<typeof digitsFeeds>;

async function trainingLoop(options = {}, activation = relu): Promise<LoopExecutable> {
  const { step, perStep, shared } = digitsLoop(activation);
  const { carry, next, loss } = step;
  return compileLoop({ carry, next, perStep, shared, collect: { loss }, options });
}

/** Runs the steps in parts of the given lengths, each part going on from the carried values of the one before. */
async function runInParts(loop: LoopExecutable, feeds: LoopFeeds, parts: readonly number[]) {
  let carry: LoopFeeds["carry"] = feeds.carry;
  const losses: number[] = [];
  let start = 0;
  for (const steps of parts) {
    const perStep = rowsOf(feeds.perStep, start, start + steps);
    const result = await loop.run({ carry, perStep, shared: feeds.shared, steps });
    carry = result.carry;
    losses.push(...toNumbers(result.collected["loss"]!));
    start += steps;
  }
  return { bits: bits(carry), losses };
}

describe("a compiled loop", () => {
  const feeds = digitsFeeds(digitsLoop(), 12);

  it("gives the same bits for any division of its steps, and its loss falls", async () => {
    await using loop = await trainingLoop();
    const whole = await runInParts(loop, feeds, [12]);
    for (const parts of [[5, 7], [1, 10, 1], new Array<number>(12).fill(1)]) {
      expect(await runInParts(loop, feeds, parts)).toEqual(whole);
    }
    expect(whole.losses.at(-1)).toBeLessThan(whole.losses[0]!);
  });

  it.each([
    ["relu", relu],
    ["tanh", tanh],
    ["layer norm and GELU", (h: Tensor) => layerNorm(gelu(h), { epsilon: 1e-5 })],
  ])("gives the bits of single runs of its step (%s)", async (_, activation) => {
    const { step, perStep, shared } = digitsLoop(activation);
    const { carry, next, loss } = step;
    const names = carry.map((tensor) => String(tensor.attrs["name"]));
    const outputs = { ...Object.fromEntries(names.map((name, i) => [name, next[i]!])), loss };
    await using single = await compile({ inputs: [...carry, ...perStep, ...shared], outputs });
    await using loop = await trainingLoop({}, activation);
    let state: LoopFeeds["carry"] = feeds.carry;
    const losses: number[] = [];
    for (let i = 0; i < 12; i++) {
      const rows = ndarray("int32", [16], feeds.perStep.rows.data.slice(16 * i, 16 * (i + 1)));
      const rate = ndarray("float32", [], feeds.perStep.rate.data.slice(i, i + 1));
      const { loss, ...moved } = await single.run({ ...state, ...feeds.shared, rows, rate });
      losses.push(...toNumbers(loss!));
      state = moved;
    }
    expect({ bits: bits(state), losses }).toEqual(await runInParts(loop, feeds, [12]));
  });

  it("gives the same bits on 1, 2 and 4 threads, and again when repeated", async () => {
    const results = new Set<string>();
    for (const threads of [1, 2, 4]) {
      await using loop = await trainingLoop({ threads });
      for (let repeat = 0; repeat < 3; repeat++) results.add((await runInParts(loop, feeds, [12])).bits);
    }
    expect(results.size).toBe(1);
  });

  it("agrees with the interpreter's loop to 1e-5 of the values", async () => {
    await using loop = await trainingLoop();
    await using plain = await trainingLoop({ device: "interpreter" });
    const [fast, slow] = [await runInParts(loop, feeds, [3]), await runInParts(plain, feeds, [3])];
    fast.losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(slow.losses[i]!, 5);
    });
  });

  it("takes no step when steps is 0", async () => {
    await using loop = await trainingLoop();
    const { carry, collected } = await loop.run({
      ...feeds,
      perStep: { rows: ndarray("int32", [0, 16], []), rate: ndarray("float32", [0], []) },
      steps: 0,
    });
    expect(bits(carry)).toBe(bits(feeds.carry));
    expect(collected["loss"]!.shape).toEqual([0]);
  });
});

describe("a loop's parts", () => {
  const x = input("x", [2]);
  const x0 = ndarray("float32", [2], [1, 2]);

  async function run(
    request: Parameters<typeof compileLoop>[0],
    steps: number,
    feeds = {},
    perStep = {},
    shared = {},
  ) {
    await using loop = await compileLoop(request);
    return loop.run({ carry: { x: x0, ...feeds }, perStep, shared, steps });
  }

  it("may hand on, exchange, repeat or replace carried values", async () => {
    const y = input("y", [2]);
    const y0 = ndarray("float32", [2], [10, 20]);
    const exchanged = await run({ carry: [x, y], next: [y, x] }, 3, { y: y0 });
    expect(toNumbers(exchanged.carry["x"]!)).toEqual([10, 20]);
    const repeated = await run({ carry: [x, y], next: [y, y] }, 2, { y: y0 });
    expect(toNumbers(repeated.carry["x"]!)).toEqual([10, 20]);
    const kept = await run({ carry: [x, y], next: [add(x, y), y] }, 2, { y: y0 });
    expect(toNumbers(kept.carry["x"]!)).toEqual([21, 42]);
    expect(toNumbers(kept.carry["y"]!)).toEqual([10, 20]);
    const still = await run({ carry: [x], next: [x] }, 5);
    expect(toNumbers(still.carry["x"]!)).toEqual([1, 2]);
  });

  it("may be of several dtypes", async () => {
    const count = input("count", [], "int64");
    const flags = input("flags", [2], "bool");
    const exact = input("exact", [2], "float64");
    const { carry } = await run(
      {
        carry: [x, count, flags, exact],
        next: [mul(x, 2), add(count, 1), logicalNot(flags), add(exact, cast(x, "float64"))],
      },
      3,
      {
        count: ndarray("int64", [], [2 ** 40]),
        flags: ndarray("bool", [2], [1, 0]),
        exact: ndarray("float64", [2], [0.5, 0]),
      },
    );
    expect(toNumbers(carry["x"]!)).toEqual([8, 16]);
    expect(carry["count"]!.data).toEqual(BigInt64Array.of(2n ** 40n + 3n));
    expect(toNumbers(carry["flags"]!)).toEqual([0, 1]);
    expect(toNumbers(carry["exact"]!)).toEqual([7.5, 14]);
  });

  it("collect carried values, per-step values, constants and the same value twice", async () => {
    const r = input("r", []);
    const unused = input("unused", [3]);
    const { collected } = await run(
      {
        carry: [x],
        next: [add(x, r)],
        perStep: [r, unused],
        shared: [input("s", [2])],
        collect: { before: x, r, again: r, fixed: mul(input("s", [2]), 2), after: add(x, r) },
      },
      2,
      {},
      { r: ndarray("float32", [2], [1, 2]), unused: ndarray("float32", [2, 3], new Float32Array(6)) },
      { s: ndarray("float32", [2], [3, 4]) },
    );
    expect(
      Object.fromEntries(Object.entries(collected).map(([name, array]) => [name, toNumbers(array)])),
    ).toEqual({
      before: [1, 2, 2, 3],
      r: [1, 2],
      again: [1, 2],
      fixed: [6, 8, 6, 8],
      after: [2, 3, 4, 5],
    });
  });

  it("may collect without carrying", async () => {
    const r = input("r", [2]);
    await using loop = await compileLoop({
      carry: [],
      next: [],
      perStep: [r],
      collect: { sum: reduceSum(r) },
    });
    const { collected } = await loop.run({
      carry: {},
      perStep: { r: ndarray("float32", [2, 2], [1, 2, 3, 4]) },
      steps: 2,
    });
    expect(toNumbers(collected["sum"]!)).toEqual([3, 7]);
  });

  it("compute what does not change once, before the loop", async () => {
    const w = input("w", [2, 2]);
    const m = tanh(matmul(w, w));
    const state = input("state", [2, 2]);
    await using loop = await compileLoop({ carry: [state], next: [matmul(state, m)], shared: [w] });
    await using once = await compileLoop({ carry: [state], next: [matmul(state, w)], shared: [w] });
    expect(loop.info.nodes).toBe(once.info.nodes + 2);
  });

  it("with host operations run step by step", async () => {
    const order = argsort(x, { order: "descending" });
    const next = sub(gather(x, order, { axis: 0 }), cast(less(x, 1.5), "float32"));
    const { carry } = await run({ carry: [x], next: [next as Tensor] }, 3);
    await using plain = await compileLoop({ carry: [x], next: [next], options: { device: "interpreter" } });
    expect(bits(carry)).toBe(bits((await plain.run({ carry: { x: x0 }, steps: 3 })).carry));
  });
});

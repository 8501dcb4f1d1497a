/** @file Every primitive: its derivatives, and its batch rule, against plain definitions (engine.md §4). */
import { describe, expect, it } from "vitest";
import {
  input,
  jvp,
  orZeros,
  primitives,
  type Tensor,
  topologicalOrder,
  vjp,
  vmap,
} from "../../src/expr/index.ts";
import { type NdArray, ndarray, sizeOf, toNumbers } from "../../src/tensor/index.ts";
import { type Case, cases, feedsOfCase, inputsOfCase } from "./cases.ts";
import { centralDifference, direction, expectClose, type Feeds, inner, value } from "./check.ts";

function built(example: Case): { xs: Tensor[]; y: Tensor; feeds: Record<string, NdArray> } {
  const xs = inputsOfCase(example, "float64");
  return { xs, y: example.build(...xs), feeds: feedsOfCase(example, "float64") };
}

function named(xs: readonly Tensor[], arrays: readonly NdArray[], prefix = ""): Record<string, NdArray> {
  return Object.fromEntries(xs.map((x, i) => [`${prefix}${x.attrs.name}`, arrays[i]!]));
}

describe("the table of examples", () => {
  it("has an example of every primitive", () => {
    const covered = new Set(["input", ...cases.map(({ primitive }) => primitive)]);
    expect(primitives.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
  });

  it("names each primitive once in the registry", () => {
    expect(new Set(primitives.map(({ name }) => name)).size).toBe(primitives.length);
  });

  it.each(cases)("$name uses its primitive", (example) => {
    const { y } = built(example);
    expect(topologicalOrder([y]).map(({ op }) => op.name)).toContain(example.primitive);
  });
});

describe("evaluation", () => {
  it.each(cases)("$name gives the stated shape and dtype", (example) => {
    const { y, feeds } = built(example);
    const result = value(y, feeds);
    expect([result.shape, result.dtype, result.data.length]).toEqual([y.shape, y.dtype, sizeOf(y.shape)]);
  });
});

describe("derivatives", () => {
  const smooth = cases.filter(({ rough }) => rough !== true);

  it.each(smooth)("$name: jvp is the central difference to 1e-6", (example) => {
    const { xs, y, feeds } = built(example);
    const moving = xs.filter((x) => x.dtype === "float64");
    const tangents = moving.map((x) => input(`d${x.attrs.name}`, x.shape, "float64"));
    const arrays = moving.map((x, i) => direction(`${example.name} ${i}`, x));
    const dy = jvp([y], moving, tangents)[0]!;
    const exact = value(dy, { ...feeds, ...named(moving, arrays, "d") });
    expectClose(exact, centralDifference(y, feeds, named(moving, arrays)), 1e-6, example.name);
  });

  it.each(smooth)("$name: vjp is the transpose of jvp to 1e-10, operand by operand", (example) => {
    const { xs, y, feeds } = built(example);
    const moving = xs.filter((x) => x.dtype === "float64");
    const ct = input("ct", y.shape, "float64");
    const ctArray = direction(`${example.name} ct`, y);
    const cotangents = vjp([y], moving, [ct]);
    moving.forEach((x, i) => {
      const t = input("t", x.shape, "float64");
      const tArray = direction(`${example.name} ${i}`, x);
      const dy = jvp([y], [x], [t])[0]!;
      const forward = inner(ctArray, value(dy, { ...feeds, t: tArray }));
      const backward = inner(value(cotangents[i]!, { ...feeds, ct: ctArray }), tArray);
      expect(Math.abs(forward - backward)).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(forward)));
    });
  });

  it("comparisons, positions and integers have none", () => {
    for (const example of cases.filter(({ rough }) => rough === true)) {
      const { xs, y } = built(example);
      if (["constant", "custom"].includes(example.primitive)) continue;
      const float = xs.filter((x) => x.dtype === "float64");
      const ct = input("ct", y.shape, y.dtype);
      expect(vjp([y], float, [ct]), example.name).toEqual(float.map(() => undefined));
      const tangents = float.map((x) => input("t", x.shape, x.dtype));
      expect(jvp([y], float, tangents), example.name).toEqual([undefined]);
    }
  });
});

/** All ways to batch some of n operands, but not none. */
function choices(count: number): boolean[][] {
  return Array.from({ length: 2 ** count - 1 }, (_, bits) =>
    Array.from({ length: count }, (_, i) => ((bits + 1) >> i) % 2 === 1),
  );
}

const size = 3;

/** Feeds where the chosen inputs hold `size` independent draws, and the feeds of each example. */
function batchedFeeds(example: Case, chosen: readonly boolean[]): { all: Feeds; each: Feeds[] } {
  const shared = feedsOfCase(example, "float64");
  const draws = Array.from({ length: size }, (_, i) => feedsOfCase(example, "float64", `example ${i}`));
  const name = (i: number) => `x${i}`;
  const each = draws.map((own) =>
    Object.fromEntries(chosen.map((varies, i) => [name(i), (varies ? own : shared)[name(i)]!])),
  );
  const all = Object.fromEntries(
    chosen.map((varies, i) => [
      name(i),
      varies ? stacked(draws.map((own) => own[name(i)]!)) : shared[name(i)]!,
    ]),
  );
  return { all, each };
}

function stacked(arrays: readonly NdArray[]): NdArray {
  const { dtype, shape } = arrays[0]!;
  return ndarray(dtype, [arrays.length, ...shape], arrays.flatMap(toNumbers));
}

/** A batched graph equals the graph run example by example, for every way of batching. */
function expectBatches(
  example: Case,
  outputs: readonly Tensor[],
  xs: readonly Tensor[],
  extra: Feeds = {},
): void {
  for (const chosen of choices(xs.length)) {
    const over = xs.filter((_, i) => chosen[i]);
    const { all, each } = batchedFeeds(example, chosen);
    vmap(outputs, { over, size }).forEach((mapped, i) => {
      const looped = stacked(each.map((feeds) => value(outputs[i]!, { ...feeds, ...extra })));
      expectClose(value(mapped, { ...all, ...extra }), looped, 1e-12, `${example.name} ${chosen}`);
    });
  }
}

describe("vmap", () => {
  it.each(cases)("$name over a batch is a loop over examples", (example) => {
    const { xs, y } = built(example);
    expectBatches(example, [y], xs);
  });

  it.each(cases.filter(({ rough }) => rough !== true))("the derivatives of $name batch, too", (example) => {
    const { xs, y } = built(example);
    const moving = xs.filter((x) => x.dtype === "float64");
    const ct = input("ct", y.shape, "float64");
    const tangents = moving.map((x, i) => input(`t${i}`, x.shape, "float64"));
    const outputs = [
      ...vjp([y], moving, [ct]).map((g, i) => orZeros(g, moving[i]!)),
      orZeros(jvp([y], moving, tangents)[0], y),
    ];
    const extra = {
      ct: direction("batch ct", y),
      ...Object.fromEntries(moving.map((x, i) => [`t${i}`, direction(`batch ${i}`, x)])),
    };
    expectBatches(example, outputs, xs, extra);
  });
});

/** @file Every primitive, and the graphs of its derivatives: ONNX Runtime computes what the interpreter computes. */
import { describe, expect, it } from "vitest";
import { evaluate, input, type Tensor, vjp } from "../../src/expr/index.ts";
import { primitives } from "../../src/expr/primitives/index.ts";
import { compile } from "../../src/runtime/index.ts";
import type { FloatDType, NdArray } from "../../src/tensor/index.ts";
import { Key } from "../../src/tensor/index.ts";
import { type Case, cases, draw, feedsOfCase, inputsOfCase } from "../expr/cases.ts";
import { expectClose } from "../expr/check.ts";

/** engine.md §4, relative to max(1, |reference|). */
const tolerance = { float32: 2e-6, float64: 1e-12 } as const;

interface Compared {
  readonly inputs: Tensor[];
  readonly outputs: Record<string, Tensor>;
  readonly feeds: Record<string, NdArray>;
}

/** The value of a case and, where it is smooth, the cotangents of its float operands. */
function comparedGraph(example: Case, dtype: FloatDType): Compared {
  const inputs = inputsOfCase(example, dtype);
  const value = example.build(...inputs);
  const feeds = feedsOfCase(example, dtype);
  if (example.rough) return { inputs, outputs: { value }, feeds };
  const ct = input("ct", value.shape, dtype);
  const floats = inputs.filter((x) => x.dtype === dtype);
  const cotangents = vjp([value], floats, [ct]).flatMap((g, i) =>
    g ? [[`cotangent ${i}`, g] as const] : [],
  );
  return {
    inputs: [...inputs, ct],
    outputs: { value, ...Object.fromEntries(cotangents) },
    feeds: { ...feeds, ct: draw({ shape: value.shape, draw: "normal" }, Key.fromSeed(5), dtype) },
  };
}

async function compare({ inputs, outputs, feeds }: Compared, dtype: FloatDType): Promise<void> {
  await using executable = await compile({ inputs, outputs, options: { threads: 1 } });
  const results = await executable.run(feeds);
  const expected = evaluate(Object.values(outputs), feeds);
  Object.keys(outputs).forEach((name, i) => {
    expect(results[name]!.dtype).toBe(outputs[name]!.dtype);
    expectClose(results[name]!, expected[i]!, tolerance[dtype], name);
  });
}

describe.each(["float32", "float64"] as const)(
  "in %s, ONNX Runtime agrees with the interpreter on",
  (dtype) => {
    it.each(cases.filter(({ only }) => only === undefined || only === dtype))("$name", async (example) => {
      await compare(comparedGraph(example, dtype), dtype);
    });
  },
);

it("the cases cover every primitive", () => {
  const covered = new Set(cases.map(({ primitive }) => primitive));
  const missing = primitives.map(({ name }) => name).filter((name) => !covered.has(name) && name !== "input");
  expect(missing).toEqual([]);
});

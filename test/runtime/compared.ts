/** @file An example of a primitive, with its derivatives, run on a device and by the interpreter. */
import { expect } from "vitest";
import { evaluate, input, jvp, type Tensor, vjp } from "../../src/expr/index.ts";
import { compile, type Device } from "../../src/runtime/index.ts";
import { type FloatDType, Key, type NdArray } from "../../src/tensor/index.ts";
import { type Case, draw, feedsOfCase, inputsOfCase } from "../expr/cases.ts";
import { expectClose } from "../expr/check.ts";

/** engine.md §4, relative to max(1, |reference|). */
const tolerance = { float32: 2e-6, float64: 1e-12 } as const;

export interface Compared {
  readonly inputs: Tensor[];
  readonly outputs: Record<string, Tensor>;
  readonly feeds: Record<string, NdArray>;
}

const key = Key.fromSeed(5);

/** The value of a case and, where it is smooth, the cotangents and tangents of its float operands. */
export function firstOrder(example: Case, dtype: FloatDType): Compared {
  const inputs = inputsOfCase(example, dtype);
  const value = example.build(...inputs);
  const feeds = feedsOfCase(example, dtype);
  if (example.rough) return { inputs, outputs: { value }, feeds };
  const floats = inputs.filter((x) => x.dtype === dtype);
  const ct = input("ct", value.shape, dtype);
  const tangents = floats.map((x, i) => input(`t${i}`, x.shape, dtype));
  const directions = [ct, ...tangents];
  const drawn = directions.map((x) => [
    x.attrs.name,
    draw({ shape: x.shape, draw: "normal" }, x === ct ? key : key.split(String(x.attrs.name)), dtype),
  ]);
  // Tangents one by one: their sum may cancel, and a float32 bar would then say nothing.
  const pushed = floats.map((x, i) => jvp([value], [x], [tangents[i]])[0]);
  const derivatives = [...vjp([value], floats, [ct]), ...pushed];
  return {
    inputs: [...inputs, ...directions],
    outputs: { value, ...named("derivative", derivatives) },
    feeds: { ...feeds, ...Object.fromEntries(drawn) },
  };
}

function named(what: string, tensors: readonly (Tensor | undefined)[]): Record<string, Tensor> {
  return Object.fromEntries(tensors.flatMap((x, i) => (x ? [[`${what} ${i}`, x] as const] : [])));
}

/** The tangents of the cotangents of a smooth case: its second derivatives. */
export function secondOrder(example: Case, dtype: FloatDType): Compared {
  const { inputs, outputs, feeds } = firstOrder(example, dtype);
  const floats = inputsOfCase(example, dtype).filter((x) => x.dtype === dtype);
  const tangents = inputs.filter((x) => String(x.attrs.name).startsWith("t"));
  const cotangents = floats.flatMap((_, i) => outputs[`derivative ${i}`] ?? []);
  return { inputs, outputs: named("second", jvp(cotangents, floats, tangents)), feeds };
}

/** Both give the same, to the bars of engine.md §4. */
export async function compare({ inputs, outputs, feeds }: Compared, dtype: FloatDType, device: Device) {
  await using executable = await compile({ inputs, outputs, options: { threads: 1, device } });
  const results = await executable.run(feeds);
  const expected = evaluate(Object.values(outputs), feeds);
  Object.keys(outputs).forEach((name, i) => {
    expect(results[name]!.dtype).toBe(outputs[name]!.dtype);
    expectClose(results[name]!, expected[i]!, tolerance[dtype], name);
  });
}

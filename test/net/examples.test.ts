/** @file The example networks are what their names say. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { buildModel, countParameters, meanFieldPlaces, parseNetText } from "../../src/net/index.ts";
import { propagate } from "../../src/theory/index.ts";

/** Theory by layer for inputs of second moment 0.1, as strokes on black have. */
function layersOf(name: string) {
  const text = readFileSync(new URL(`../../examples/${name}.json`, import.meta.url), "utf8");
  const model = buildModel(parseNetText(text));
  expect(model.inputShape).toEqual([1, 28, 28]);
  expect(model.outputShape).toEqual([10]);
  expect(countParameters(model)).toBeLessThan(1_000_000);
  expect(model.taps).toHaveLength(31);
  return propagate(meanFieldPlaces(model), { K: 0.1, mean: 0.13 });
}

it("tanh-mlp is chaotic: its Jacobian grows a hundredfold over 30 layers", () => {
  expect(layersOf("tanh-mlp").at(-1)!.logJ).toBeGreaterThan(Math.log(100));
});

it("critical-erf-mlp stays within a factor of two from the first to the last layer", () => {
  expect(Math.abs(layersOf("critical-erf-mlp").at(-1)!.logJ)).toBeLessThan(Math.LN2);
});

it("pre-ln-residual-mlp grows as a power of depth, not exponentially", () => {
  const hidden = layersOf("pre-ln-residual-mlp").slice(0, -1);
  const late = hidden.slice(-11);
  expect(late.at(-1)!.logJ - late[0]!.logJ).toBeLessThan(0.6);
  expect(late.at(-2)!.chiJ).toBeLessThan(1.06);
});

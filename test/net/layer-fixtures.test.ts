/** @file Every layer computes what PyTorch computes: outputs, gradients, running statistics. */
import { describe, expect, it } from "vitest";
import { layerRecords } from "../../src/net/index.ts";
import { expectAsPyTorch, layerFixtures } from "./layer-fixture.ts";

// Float64 on both sides: sums in another order, and reference values of twelve digits.
const tolerance = 1e-9;

describe.each(layerFixtures())("the $family layers", ({ cases, source }) => {
  it("have reference values of a named source", () => {
    expect(source).toMatch(/^PyTorch \d+/);
    expect(cases.length).toBeGreaterThan(0);
  });

  it.each(cases)("$name", (fixture) => {
    expectAsPyTorch(fixture, tolerance);
  });
});

it("no layer is left out", () => {
  const text = JSON.stringify(layerFixtures().flatMap(({ cases }) => cases.map(({ net }) => net)));
  const missing = layerRecords.map(({ kind }) => kind).filter((kind) => !text.includes(`"kind":"${kind}"`));
  expect(missing).toEqual([]);
});

/** @file The dual kernels of kernels.md §3 as networks of one activation show them: k in K, and k̇ in Θ. */
import { describe, expect, it } from "vitest";
import { ndarray } from "../../src/tensor/index.ts";
import { pairs, unitPairs } from "../oracles/activations.ts";
import { netOf } from "./networks.ts";
import { entriesOf } from "./public.ts";

/** Two inputs whose first layer has the covariances (c, v1, v2): division by 2, the size of an input. */
function inputs(c: number, v1: number, v2: number) {
  const [x, y] = [Math.sqrt(2 * v1), (2 * c) / Math.sqrt(2 * v1)];
  return ndarray("float64", [2, 2], [x, 0, y, Math.sqrt(2 * v2 - y * y)]);
}

const points = { A: [0.5, 1, 1.5], B: [-0.7, 2, 0.6] } as const;

/** k and k̇: a plain layer, the activation, a plain readout give K = k and Θ = k + c k̇. */
async function dualOf(
  activation: unknown,
  [c, v1, v2]: readonly [number, number, number],
  precision: "float32" | "float64",
) {
  const dense = { kind: "dense", width: 4, sw2: 1 };
  const net = netOf("vector", [2], dense, { kind: "activation", activation }, dense);
  const { nngp, ntk } = await entriesOf({ net, x: inputs(c, v1, v2), precision, get: ["nngp", "ntk"] });
  return { k: nngp[0]![1]!, kdot: (ntk[0]![1]! - nngp[0]![1]!) / c };
}

/** The references have ten digits; float32 rounds inputs and sums, and k̇ is a difference over c. */
const precisions = [
  ["float64", 1e-9],
  ["float32", 4e-6],
] as const;

const near = (value: number, reference: number, tolerance: number) =>
  expect(Math.abs(value - reference)).toBeLessThan(tolerance * Math.max(1, Math.abs(reference)));

describe.each(precisions)("in %s", (precision, tolerance) => {
  const cases = pairs.flatMap(({ spec, A, B }) =>
    Object.entries({ A, B })
      .filter(([, reference]) => reference !== undefined)
      .map(([point, reference]) => ({ name: JSON.stringify(spec), spec, point, reference: reference! })),
  );

  it.each(cases)("$name has the k and k̇ of the reference at $point", async ({ spec, point, reference }) => {
    const found = await dualOf(spec, points[point as "A" | "B"], precision);
    near(found.k, reference[0], tolerance);
    near(found.kdot, reference[1], tolerance);
  });

  it.each(Object.entries(unitPairs))("%s at unit variances", async (name, [half, most]) => {
    near((await dualOf(name, [0.5, 1, 1], precision)).k, half, tolerance);
    if (most !== undefined) near((await dualOf(name, [0.95, 1, 1], precision)).k, most, tolerance);
  });
});

/** @file A survey of a network on token ids: what acts on numbers starts behind the embedding. */
import { expect, it } from "vitest";
import { survey } from "../../src/analyses/index.ts";
import type { Dataset, Split } from "../../src/data/index.ts";
import { parseNet } from "../../src/net/index.ts";
import { Key, ndarray, uniform } from "../../src/tensor/index.ts";
import { nonFinite } from "./non-finite.ts";

/** Five random ids below 12; the class is whether the first is at least 6. */
function split(name: string, rows: number): Split {
  const { data } = uniform(Key.fromSeed(0).split(name), "float64", [rows, 5], { high: 12 });
  const ids = Int32Array.from(data, Math.floor);
  const labels = Int32Array.from({ length: rows }, (_, row) => Number(ids[5 * row]! >= 6));
  return { inputs: ndarray("int32", [rows, 5], ids), labels: ndarray("int32", [rows], labels) };
}

const dataset: Dataset = {
  name: "ids",
  kind: "ids",
  inputShape: [5],
  classes: 2,
  scale: 1,
  train: split("train", 400),
  test: split("test", 100),
  source: "drawn by this test",
};

it("answers every question that one hidden layer has, and learns what the ids say", async () => {
  const layers = [
    { kind: "embedding", vocabulary: 12, width: 8 },
    { kind: "flatten" },
    { kind: "dense", width: 32, sw2: 2 },
    { kind: "activation", activation: "relu" },
    { kind: "dense", width: 2 },
  ];
  const { json } = await survey({
    net: parseNet({ fathom: 1, layers }),
    dataset,
    seed: 0,
    seconds: 3,
    command: "",
  });
  // One hidden layer has no Jacobian between hidden layers.
  expect(json.notApplicable.map(({ id }) => id)).toEqual(["spectrum"]);
  expect(nonFinite(json)).toEqual([]);
  const { best } = json.analyses["training"] as { best: { before: number } };
  expect(best.before).toBeLessThan(0.25);
});

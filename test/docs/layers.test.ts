/** @file The formulas that the guide gives for the rules of layers are what the rules compute. */
import { describe, expect, it } from "vitest";
import { layerNotes } from "../../scripts/docs/layer-notes.ts";
import { exampleModel } from "../../scripts/docs/layer-tables.ts";
import { layerRecords, meanFieldPlaces } from "../../src/net/index.ts";
import { preactivationState } from "../../src/theory/index.ts";

const moments = { K: 1.7, mean: 0.4, batch: 0.3 };

it("every layer of the registry is described, and nothing else is", () => {
  expect(Object.keys(layerNotes).sort()).toEqual(layerRecords.map(({ kind }) => kind).sort());
});

describe("the mean-field formula of the guide", () => {
  const stated = Object.entries(layerNotes).flatMap(([kind, { meanField }]) =>
    meanField === undefined ? [] : [[kind, meanField] as const],
  );

  it.each(stated)("for %s is its rule", (kind, { K, gain }) => {
    const [place] = meanFieldPlaces(exampleModel(kind));
    const after = place!.step.single({ ...preactivationState(moments.K), ...moments });
    expect(after.K).toBeCloseTo(K(moments), 12);
    expect(Math.exp(after.logJ)).toBeCloseTo(gain(moments), 12);
  });

  it.each(layerRecords.filter(({ meanField }) => meanField === undefined).map(({ kind }) => kind))(
    "is missing for %s, and the error says why",
    (kind) => {
      const { noMeanField } = layerRecords.find((record) => record.kind === kind)!;
      expect(() => meanFieldPlaces(exampleModel(kind))).toThrow(noMeanField);
    },
  );
});

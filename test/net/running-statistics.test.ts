/** @file Running statistics: arrays that are kept with the weights and not trained. */
import { describe, expect, it } from "vitest";
import { buildModel, countParameters, initialise, parseNet } from "../../src/net/index.ts";
import { decodeSafetensors, encodeSafetensors, Key, toNumbers } from "../../src/tensor/index.ts";

const key = Key.fromSeed(21);

describe("running statistics", () => {
  const model = buildModel(
    parseNet({
      fathom: 1,
      input: { kind: "vector", shape: [3] },
      layers: [
        { kind: "batchNorm", affine: true },
        { kind: "dense", width: 2 },
      ],
    }),
  );

  it("are fed like parameters, are not trained, and start at mean 0 and variance 1", () => {
    expect(model.parameters.map(({ name, role, trainable }) => [name, role, trainable])).toEqual([
      ["0.gain", "parameter", true],
      ["0.shift", "parameter", true],
      ["0.runningMean", "buffer", false],
      ["0.runningVariance", "buffer", false],
      ["1.weight", "parameter", true],
      ["1.bias", "parameter", true],
    ]);
    const values = initialise(model, key);
    expect(toNumbers(values["0.runningMean"]!)).toEqual([0, 0, 0]);
    expect(toNumbers(values["0.runningVariance"]!)).toEqual([1, 1, 1]);
    expect(countParameters(model)).toBe(6 + 8);
  });

  it("go through a weights file and back", () => {
    const values = initialise(model, key);
    expect(decodeSafetensors(encodeSafetensors(values), "weights").tensors).toEqual(values);
  });
});

import { expect, it } from "vitest";
import { loadDataset } from "../../src/data/index.ts";
import { buildModel, parseNet } from "../../src/net/index.ts";
import { Key } from "../../src/tensor/index.ts";
import { train } from "../../src/train/index.ts";

const relu = { kind: "activation", activation: "relu" };

// Logistic regression stays below 92 % (test/data/digits.test.ts): the generated digits tell the two apart.
it("a small convolutional network reads more than 97 % of the generated digits", async () => {
  const model = buildModel(
    parseNet({
      fathom: 1,
      input: { kind: "image", shape: [1, 28, 28] },
      layers: [
        { kind: "conv", channels: 16, kernel: 5, stride: 2, sw2: 2 },
        relu,
        { kind: "conv", channels: 32, kernel: 3, stride: 2, sw2: 2 },
        relu,
        { kind: "flatten" },
        { kind: "dense", width: 64, sw2: 2 },
        relu,
        { kind: "dense", width: 10 },
      ],
    }),
  );
  const { test } = await train({
    model,
    dataset: await loadDataset("digits"),
    optimizer: { kind: "adam" },
    learningRate: 0.003,
    schedule: "cosine",
    batch: 64,
    epochs: 6,
    key: Key.fromSeed(0),
  });
  expect(1 - test.error).toBeGreaterThan(0.97);
}, 60_000);

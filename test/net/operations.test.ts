/** @file Multiplications of the forward pass, counted by hand. */
import { expect, it } from "vitest";
import {
  buildModel,
  countMultiplications,
  countParameters,
  parseNet,
  parseNetText,
} from "../../src/net/index.ts";

function countOn(kind: string, shape: number[], ...layers: object[]) {
  return countMultiplications(buildModel(parseNet({ fathom: 1, input: { kind, shape }, layers })));
}

it("counts one a parameter where layers act on vectors", () => {
  const model = buildModel(parseNetText("mlp:depth=3,width=16,in=8,mu=0.5"));
  expect(countMultiplications(model)).toEqual({ matrices: countParameters(model), windows: 0 });
});

it.each([
  ["conv", { kind: "conv", channels: 4, kernel: 3, stride: 2 }, 4 * 4 * (4 * 3 * 9 + 4)],
  ["conv in groups", { kind: "conv", channels: 3, kernel: 3, groups: 3 }, 8 * 8 * (3 * 9 + 3)],
  ["convTranspose", { kind: "convTranspose", channels: 2, kernel: 4, stride: 2 }, 8 * 8 * 3 * 2 * 16],
  ["convLocal", { kind: "convLocal", channels: 2, kernel: 3 }, 8 * 8 * 2 * 3 * 9],
  ["pooling", { kind: "maxPool", window: 2 }, 0],
])("counts a kernel at every position: %s", (_, layer, windows) => {
  expect(countOn("image", [3, 8, 8], layer)).toEqual({ matrices: 0, windows });
});

it("counts the projections of attention, and the products of all pairs of tokens", () => {
  const attention = { kind: "selfAttention", heads: 2, width: 6 };
  const matrices = 5 * (3 * 4 * 6 + 6 * 6) + 2 * 5 * 5 * 6;
  expect(countOn("tokens", [5, 4], attention)).toEqual({ matrices, windows: 0 });
});

it("counts dense layers once a token, inside branches too, and look-ups not at all", () => {
  const layers = [
    { kind: "embedding", vocabulary: 100, width: 4 },
    { kind: "residual", branch: [{ kind: "dense", width: 4 }] },
  ];
  expect(countOn("ids", [5], ...layers)).toEqual({ matrices: 5 * (4 * 4 + 4), windows: 0 });
});

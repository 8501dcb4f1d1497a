/** @file What theory makes of layers without a rule, and of parameters that are not fresh, random and trained. */
import { describe, expect, it } from "vitest";
import { buildModel, meanFieldPlaces, parseNet } from "../../src/net/index.ts";
import { propagate } from "../../src/theory/index.ts";
import { refusal } from "../refusal.ts";

const vector = { kind: "vector", shape: [6] };
const image = { kind: "image", shape: [2, 6, 6] };
const dense = { kind: "dense", width: 6, sw2: 1.5, sb2: 0.1 };
const tanh = { kind: "activation", activation: "tanh" };
const conv = { kind: "conv", channels: 3, kernel: 3 };

const placesOf = (input: object, layers: object[]) =>
  meanFieldPlaces(buildModel(parseNet({ fathom: 1, input, layers })));
const theoryOf = (input: object, layers: object[]) => propagate(placesOf(input, layers), { K: 0.8 });

describe("layers without a mean-field rule", () => {
  it.each([
    ["avgPool", { kind: "avgPool", window: 2 }, "averages positions"],
    ["maxPool", { kind: "maxPool", window: 2 }, "takes the largest"],
    ["globalAvgPool", { kind: "globalAvgPool" }, "averages positions"],
    ["resize", { kind: "resize", size: 3 }, "averages positions"],
  ])("%s says why, and where it stands", (kind, layer, why) => {
    const error = refusal(() => placesOf(image, [conv, layer]));
    expect(error).toMatchObject({ code: "unsupported", where: "layers[1]" });
    expect(error.message).toContain(`layers[1] (${kind})`);
    expect(error.message).toContain(why);
  });

  it("resize by nearest values copies positions", () => {
    const layers = theoryOf(image, [conv, { kind: "resize", size: [12, 12], method: "nearest" }, tanh, conv]);
    expect(layers[1]!.positions).toHaveLength(144);
  });
});

describe("parameters that are not fresh", () => {
  it("shared weights have no rule", () => {
    const shared = { ...dense, parameters: { weight: { shareWith: "0.weight" } } };
    const error = refusal(() => placesOf(vector, [dense, tanh, shared]));
    expect(error).toMatchObject({ code: "unsupported", where: "layers[2]" });
    expect(error.message).toContain("shares 0.weight");
  });

  it("nor have fixed signs; weights that start at zero have variance 0", () => {
    const init = (weight: string) => ({ ...dense, parameters: { weight: { init: weight } } });
    expect(refusal(() => placesOf(vector, [init("signs")])).message).toContain("signs");
    expect(theoryOf(vector, [dense, tanh, init("zeros")]).at(-1)!.K).toBe(0.1);
    expect(theoryOf(vector, [init("uniform")]).at(-1)!.K).toBe(theoryOf(vector, [dense]).at(-1)!.K);
  });

  it("frozen weights and trained gains leave K and J, but no tangent kernel", () => {
    const frozen = { ...dense, parameters: { weight: { trainable: false } } };
    const [plain, still] = [theoryOf(vector, [dense]), theoryOf(vector, [frozen])];
    expect(still[0]).toMatchObject({ K: plain[0]!.K, theta: Number.NaN });
    const gained = theoryOf(vector, [dense, { kind: "gain", initial: 2 }, dense]);
    expect(gained[1]!.K).toBeCloseTo(1.5 * 4 * plain[0]!.K + 0.1, 12);
    expect(gained[1]!.theta).toBeNaN();
    const normalised = (affine: boolean) =>
      theoryOf(vector, [dense, { kind: "layerNorm", affine }, dense])[1]!;
    expect(normalised(true).K).toBe(normalised(false).K);
    expect([normalised(true).theta, normalised(false).theta].map(Number.isNaN)).toEqual([true, false]);
  });
});

describe("layers with positions", () => {
  it("flatten, toTokens and slices follow them", () => {
    const first = theoryOf(image, [conv])[0]!;
    expect(first.positions).toHaveLength(36);
    const flat = theoryOf(image, [conv, { kind: "flatten" }, dense])[1]!;
    expect(flat.positions).toBeUndefined();
    expect(flat.K).toBeCloseTo(1.5 * first.K + 0.1, 12);
    const tokens = theoryOf(image, [conv, { kind: "toTokens" }, dense])[1]!;
    expect(tokens.positions).toHaveLength(36);
    const cut = theoryOf(image, [
      conv,
      { kind: "slice", axis: "H", start: 1, end: 3 },
      { ...conv, kernel: 1 },
    ])[1]!;
    expect(cut.positions).toEqual(first.positions!.slice(6, 18));
  });
});

import { describe, expect, it } from "vitest";
import { buildModel, meanFieldPlaces, parseNet } from "../../src/net/index.ts";
import { culprit, measureJacobians, type Segment } from "../../src/probes/index.ts";
import { Key, normal } from "../../src/tensor/index.ts";
import { propagate } from "../../src/theory/index.ts";
import { inputsOf, modelOf } from "./nets.ts";

function segments(lnJ: readonly number[], se = 0.02): Segment[] {
  return lnJ.map((value, i) => ({ index: i + 2, name: `layers[${2 * i + 2}] (dense)`, lnJ: value, se }));
}

/** tanh network at sw2 = 1 with one layer of another sw2. */
function withOneLayer(depth: number, at: number, sw2: number) {
  const layers = Array.from({ length: depth }, (_, l) => [
    { kind: "dense", width: 64, sw2: l === at ? sw2 : 1, sb2: 0 },
    { kind: "activation", activation: "tanh" },
  ]).flat();
  return buildModel(parseNet({ fathom: 1, input: { kind: "vector", shape: [16] }, layers }));
}

describe("the layer to blame", () => {
  it("is the one whose J stands out, at either end or in the middle, up or down", () => {
    const noise = normal(Key.fromSeed(2), "float64", [20], { std: 0.03 }).data;
    for (const at of [0, 1, 9, 18, 19]) {
      for (const by of [1, -1]) {
        const values = Array.from(noise, (value, i) => value + (i === at ? by : 0));
        expect(culprit(segments(values))).toMatchObject({ verdict: "culprit", segment: { index: at + 2 } });
      }
    }
  });

  it("is nobody in a uniform network, whose layers all explode alike", () => {
    const noise = normal(Key.fromSeed(3), "float64", [30], { std: 0.05 }).data;
    expect(culprit(segments(Array.from(noise, (value) => 0.4 + value))).verdict).toBe("all alike");
  });

  it("is nobody while K runs to its fixed point: a drift is not an outlier", () => {
    for (const sw2 of [0.5, 1, 2.5, 4]) {
      const layers = propagate(
        meanFieldPlaces(modelOf(`mlp:depth=30,width=8,activation=tanh,sw2=${sw2},sb2=0.05,in=8,out=8`)),
        { K: 0.1 },
      );
      const local = layers.slice(0, -1).map(({ chiJ }) => Math.log(chiJ!));
      expect(culprit(segments(local)).verdict, `sw2 = ${sw2}`).toBe("all alike");
    }
  });

  it("is nobody when one layer is merely uncertain", () => {
    const values = segments(Array.from({ length: 12 }, () => 0));
    const uncertain = values.map((segment, i) => (i === 5 ? { ...segment, lnJ: 0.9, se: 0.5 } : segment));
    expect(culprit(uncertain).verdict).toBe("all alike");
  });

  it("is a dead layer", () => {
    const values = Array.from({ length: 10 }, (_, i) => (i === 6 ? Number.NEGATIVE_INFINITY : 0));
    expect(culprit(segments(values))).toMatchObject({ verdict: "culprit", segment: { index: 8 } });
  });

  it("is found in a measured network: the one layer with sw2 = 12 among layers with sw2 = 1", async () => {
    const model = withOneLayer(16, 8, 12);
    const { layers } = await measureJacobians({ model, inputs: inputsOf(model, 4, "float32"), seeds: 5 });
    const measured = layers.flatMap(({ index, name, local }) =>
      local ? [{ index, name, lnJ: local.lnMedian, se: local.se! }] : [],
    );
    expect(culprit(measured)).toMatchObject({ verdict: "culprit", segment: { name: "layers[16] (dense)" } });
  });

  it("cannot be told among two", () => {
    expect(() => culprit(segments([1, 2]))).toThrow(/outlier among 2/);
  });
});

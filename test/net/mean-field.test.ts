/**
 * @file The mean-field places of networks reproduce the rows of criticality.md §4. Formulas A, B, V are those of its §2,
 * stated here again; reference numbers are marked [V] there.
 */
import { describe, expect, it } from "vitest";
import {
  buildModel,
  covarianceProgram,
  meanFieldPlaces,
  parseNet,
  parseNetText,
} from "../../src/net/index.ts";
import { propagate } from "../../src/theory/index.ts";

import { refusal } from "../refusal.ts";

interface Moments {
  A(K: number): number;
  B(K: number): number;
  m(K: number): number;
}
const moments: Record<string, Moments> = {
  relu: { A: () => 1 / 2, B: (K) => K / 2, m: (K) => Math.sqrt(K / (2 * Math.PI)) },
  erf: {
    A: (K) => 4 / Math.PI / Math.sqrt(1 + 4 * K),
    B: (K) => (2 / Math.PI) * Math.asin((2 * K) / (1 + 2 * K)),
    m: () => 0,
  },
  gelu: {
    A: (K) =>
      1 / 4 +
      (1 / (2 * Math.PI)) * (Math.asin(K / (1 + K)) + (K * (3 + 5 * K)) / ((1 + K) * (1 + 2 * K) ** 1.5)),
    B: (K) =>
      K *
      (1 / 4 + (1 / (2 * Math.PI)) * (Math.asin(K / (1 + K)) + (2 * K) / ((1 + K) * Math.sqrt(1 + 2 * K)))),
    m: (K) => K / Math.sqrt(2 * Math.PI * (1 + K)),
  },
};

/** Layers of theory for `block` repeated after a first layer that passes K = K1 on. */
function layersOf(block: readonly object[], times: number, K1: number) {
  const first = { kind: "dense", width: 50, sw2: 1, sb2: 0 };
  const net = parseNet({
    fathom: 1,
    input: { kind: "vector", shape: [50] },
    layers: [first, { kind: "repeat", times, layers: block }],
  });
  return propagate(meanFieldPlaces(buildModel(net)), { K: K1, mean: 0 });
}

const [sw2, sb2] = [1.44, 0.09];
const dense = { kind: "dense", width: 50, sw2, sb2 };
const ln = { kind: "layerNorm" };

/** chiJ and K' of each row of the table, from K and mu. */
interface Row {
  layers(phi: object, mu: number): object[];
  chiJ(f: Moments, K: number, mu: number): number;
  next(f: Moments, K: number, mu: number): number;
}
const skip = (mu: number, branch: object[]) => [{ kind: "residual", mu, branch }];
const rows: Record<string, Row> = {
  plain: {
    layers: (phi, mu) => skip(mu, [phi, dense]),
    chiJ: ({ A }, K, mu) => sw2 * A(K) + mu ** 2,
    next: ({ B }, K, mu) => sw2 * B(K) + sb2 + mu ** 2 * K,
  },
  "ln-pre": {
    layers: (phi, mu) => skip(mu, [ln, phi, dense]),
    chiJ: ({ A }, K, mu) => (sw2 * A(1)) / K + mu ** 2,
    next: ({ B }, K, mu) => sw2 * B(1) + sb2 + mu ** 2 * K,
  },
  "ln-act": {
    layers: (phi, mu) => skip(mu, [phi, ln, dense]),
    chiJ: ({ A, B, m }, K, mu) => (sw2 * A(K)) / (B(K) - m(K) ** 2) + mu ** 2,
    next: (_, K, mu) => sw2 + sb2 + mu ** 2 * K,
  },
  "ln-skip": {
    layers: (phi, mu) => [ln, ...skip(mu, [phi, dense])],
    chiJ: ({ A }, K, mu) => (sw2 * A(1) + mu ** 2) / K,
    next: ({ B }, _, mu) => sw2 * B(1) + sb2 + mu ** 2,
  },
  "ln block of two layers": {
    layers: (phi, mu) => skip(mu, [ln, dense, phi, dense]),
    chiJ: ({ A }, K, mu) => (sw2 ** 2 * A(sw2 + sb2)) / K + mu ** 2,
    next: ({ B }, K, mu) => sw2 * B(sw2 + sb2) + sb2 + mu ** 2 * K,
  },
};

describe.each(Object.entries(rows))("the row %s", (_, row) => {
  it.each(
    Object.entries(moments).flatMap(([activation, f]) =>
      [0, 0.9, 1].map((mu) => [activation, mu, f] as const),
    ),
  )("with %s and mu = %d", (activation, mu, f) => {
    const layers = layersOf(row.layers({ kind: "activation", activation }, mu), 6, 0.8);
    let K = 0.8;
    for (const [l, layer] of layers.entries()) {
      // Closed forms on both sides, a few roundings a layer.
      expect(Math.abs(layer.K / K - 1)).toBeLessThan(1e-12);
      if (l + 1 < layers.length) expect(layer.chiJ! / row.chiJ(f, K, mu)).toBeCloseTo(1, 12);
      K = row.next(f, K, mu);
    }
    expect(layers).toHaveLength(7);
  });
});

describe("reference values", () => {
  it("erf at its critical point from K = 1, after 10 layers (§3)", () => {
    const erf = { kind: "activation", activation: "erf" };
    const last = layersOf([erf, { ...dense, sw2: Math.PI / 4, sb2: 0 }], 10, 1).at(-1)!;
    expect(last.K).toBeCloseTo(0.04967364865057, 13);
    expect(Math.exp(last.logJ)).toBeCloseTo(0.071319946202351, 13);
  });

  it("relu, ln-pre, mu = 1: the power law of §4.4", () => {
    const relu = { kind: "activation", activation: "relu" };
    const block = skip(1, [ln, relu, { ...dense, sw2: 1.96, sb2: 0.09 }]);
    const layers = layersOf(block, 100, 1);
    expect(Math.exp(layers[10]!.logJ)).toBeCloseTo(9.8201363413, 9);
    expect(Math.exp(layers[100]!.logJ)).toBeCloseTo(75.424422798, 8);
  });

  it("gelu, two-layer block, mu = 1, eight layers (§4)", () => {
    const gelu = { kind: "activation", activation: "gelu" };
    const last = layersOf(skip(1, [ln, dense, gelu, dense]), 8, 1).at(-1)!;
    expect(last.K).toBeCloseTo(9.632, 3);
    expect(Math.exp(last.logJ)).toBeCloseTo(8.277, 3);
  });

  it("erf on the critical line of ln-act: K = 2 at once, chiJ = 1 (§4.5)", () => {
    const erf = { kind: "activation", activation: "erf" };
    const layers = layersOf([erf, ln, { ...dense, sw2: 1.390942827, sb2: 0.609057173 }], 5, 0.3);
    expect(layers[2]!.K).toBeCloseTo(2, 9);
    expect(layers[2]!.chiJ).toBeCloseTo(1, 8);
  });
});

describe("places", () => {
  it("bear the names of the taps, in their order", () => {
    const model = buildModel(parseNetText("mlp:depth=4,width=8,in=1x2x2,norm=ln-pre,mu=0.5"));
    const layers = propagate(meanFieldPlaces(model), { K: 1, mean: 0.2 });
    expect(layers.map(({ name, index }) => [name, index])).toEqual(
      model.taps.map(({ name, index }) => [name, index]),
    );
  });

  it("know the fan-in, which the standard tangent kernel needs", () => {
    const model = buildModel(parseNetText("mlp:depth=1,width=8,in=5,out=1,activation=linear,sw2=1,sb2=0"));
    // Two linear layers from K = 1: 8 K¹ + 1 of the readout, and 5 K + 1 of the first layer through sw2 = 1.
    expect(propagate(meanFieldPlaces(model), { K: 1 }).at(-1)!.thetaStandard).toBeCloseTo(8 + 1 + 5 + 1, 12);
  });

  it("name the residual whose branch has no dense layer: theory has no rule for it", () => {
    const layers = [dense, { kind: "residual", branch: [{ kind: "activation", activation: "tanh" }] }];
    const model = buildModel(parseNet({ fathom: 1, input: { kind: "vector", shape: [5] }, layers }));
    expect(refusal(() => meanFieldPlaces(model))).toMatchObject({ code: "unsupported", where: "layers[1]" });
  });

  it("scale: K' = factor² K", () => {
    const layers = [{ kind: "scale", factor: -3 }, dense];
    const model = buildModel(parseNet({ fathom: 1, input: { kind: "vector", shape: [5] }, layers }));
    expect(propagate(meanFieldPlaces(model), { K: 2 })[0]!.K).toBeCloseTo(sw2 * 9 * 2 + sb2, 12);
  });
});

describe("the covariance program", () => {
  it("is plain data, one operation a layer", () => {
    const program = covarianceProgram(
      buildModel(parseNetText("mlp:depth=2,width=8,in=1x2x2,norm=ln-act,mu=0.5,activation=leakyRelu(0.1)")),
    );
    const phi = { op: "activation", activation: { kind: "leakyRelu", alpha: 0.1 } };
    const norm = { op: "layerNorm", epsilon: 0, affine: false };
    const affine = { op: "affine", scale: 1, shift: 0 };
    expect(JSON.parse(JSON.stringify(program))).toMatchObject([
      { op: "flatten", from: { kind: "image", shape: [1, 2, 2] } },
      affine,
      { op: "residual", mu: 0.5, branch: [phi, norm, affine] },
      phi,
      norm,
      affine,
    ]);
  });
});

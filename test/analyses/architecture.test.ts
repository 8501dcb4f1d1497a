/** @file Uniform networks are recognised as rows of criticality.md §4, and others are not. */
import { describe, expect, it } from "vitest";
import { recogniseArchitecture } from "../../src/analyses/index.ts";
import { buildModel, meanFieldPlaces, parseNet, parseNetText } from "../../src/net/index.ts";
import { norms, propagate, propagateUniform, scalarActivation } from "../../src/theory/index.ts";

describe("recognising an architecture", () => {
  it.each(norms)("finds every option of a one-line network with norm %s", (norm) => {
    // Without a skip there is none to normalise: ln-skip is ln-pre.
    for (const mu of norm === "ln-skip" ? [0.5, 1] : [0, 0.5, 1]) {
      const net = parseNetText(
        `mlp:depth=5,width=16,activation=leakyRelu(0.1),sw2=1.5,sb2=0.2,norm=${norm},mu=${mu}`,
      );
      expect(recogniseArchitecture(net)).toEqual({
        affine: "dense",
        activation: { kind: "leakyRelu", alpha: 0.1 },
        norm,
        mu,
        sw2: 1.5,
        sb2: 0.2,
        depth: 5,
        width: 16,
        ...(norm === "batchnorm" ? { epsilon: 1e-5 } : {}),
      });
    }
  });

  it("describes each row as theory's own composition of it: K and J by layer are equal", () => {
    for (const norm of norms) {
      const net = parseNetText(
        `mlp:depth=6,width=16,in=16,activation=gelu,sw2=1.5,sb2=0.2,mu=0.5,norm=${norm}`,
      );
      const { sw2, sb2, mu } = recogniseArchitecture(net)!;
      const layer = { activation: scalarActivation("gelu"), norm, mu, sw2, sb2 };
      const layers = propagate(meanFieldPlaces(buildModel(net)), { K: 1, batch: 0 });
      const own = propagateUniform(layer, { K1: layers[0]!.K, depth: 6 });
      // BatchNorm divides by V + 1e-5, and its first layer by the covariance of unlike inputs.
      const [from, tolerance] = norm === "batchnorm" ? [2, 1e-4] : [1, 1e-12];
      for (let l = from; l < 6; l++) {
        expect(layers[l]!.K / own[l]!.K).toBeCloseTo(1, -Math.log10(tolerance) - 1);
        const step = (one: typeof own) => one[l]!.logJ - one[l - 1]!.logJ;
        if (l > from)
          expect(Math.abs(step(layers) - step(own))).toBeLessThan(norm === "batchnorm" ? 0.05 : 1e-12);
      }
    }
  });

  const signal = { kind: "signal", shape: [4, 8] } as const;
  const convolutions = (options: object, between: readonly object[] = []) => {
    const conv = { kind: "conv", channels: 4, kernel: 3, sw2: 2, ...options };
    const block = [...between, { kind: "activation", activation: "relu" }, conv];
    const layers = [conv, { kind: "repeat", times: 3, layers: block }, { kind: "globalAvgPool" }];
    return parseNet({ fathom: 1, input: signal, layers: [...layers, { kind: "dense", width: 2 }] });
  };

  it("takes convolutions whose windows are all full for dense layers of their channels", () => {
    for (const options of [{ padding: "circular" }, { padding: "valid", kernel: 1 }, { kernel: 1 }]) {
      expect(recogniseArchitecture(convolutions(options))).toMatchObject({
        affine: "conv",
        sw2: 2,
        depth: 4,
        width: 4,
      });
    }
    const images = { kind: "image", shape: [4, 6, 6] };
    const net = { ...convolutions({ padding: "circular" }), input: images };
    expect(recogniseArchitecture(parseNet(net))).toMatchObject({ affine: "conv", norm: "none" });
    const normalised = convolutions({ padding: "circular" }, [{ kind: "batchNorm", epsilon: 0 }]);
    expect(recogniseArchitecture(normalised)).toMatchObject({ norm: "batchnorm" });
    expect(recogniseArchitecture(convolutions({ padding: "same" }))).toBeUndefined();
  });

  it("takes trained gains that start at 1, and small epsilons, but no array with a law of its own", () => {
    const withNorm = (norm: object) => {
      const block = [norm, { kind: "activation", activation: "tanh" }, { kind: "dense", width: 8 }];
      const layers = [
        { kind: "dense", width: 8 },
        { kind: "repeat", times: 3, layers: block },
        { kind: "dense", width: 2 },
      ];
      return recogniseArchitecture(parseNet({ fathom: 1, input: { kind: "vector", shape: [8] }, layers }));
    };
    expect(withNorm({ kind: "layerNorm", affine: true })).toMatchObject({ norm: "ln-pre" });
    expect(withNorm({ kind: "layerNorm", epsilon: 1e-5 })).toMatchObject({ norm: "ln-pre", epsilon: 1e-5 });
    expect(withNorm({ kind: "layerNorm", epsilon: 0.1 })).toBeUndefined();
    expect(
      withNorm({ kind: "layerNorm", affine: true, parameters: { gain: { init: "zeros" } } }),
    ).toBeUndefined();
  });

  it("lets the first layer and the readout have variances of their own", () => {
    const net = parseNetText("mlp:depth=4,width=8,activation=erf,sw2=2,readout=1:0.5");
    const layers = net.layers.map((layer, i) =>
      i === 1 && layer.kind === "dense" ? { ...layer, sw2: 9 } : layer,
    );
    expect(recogniseArchitecture({ ...net, layers })).toMatchObject({ sw2: 2, depth: 4 });
  });

  it("refuses a network whose hidden layers differ", () => {
    const dense = (sw2: number) => ({ kind: "dense", width: 8, sw2 });
    const tanh = { kind: "activation", activation: "tanh" };
    const relu = { kind: "activation", activation: "relu" };
    const mixed = [dense(1), tanh, dense(1), relu, dense(1), tanh, dense(1)];
    const scaled = [dense(1), tanh, dense(1), tanh, dense(4), tanh, dense(1)];
    for (const layers of [mixed, scaled]) {
      expect(
        recogniseArchitecture(parseNet({ fathom: 1, input: { kind: "vector", shape: [8] }, layers })),
      ).toBeUndefined();
    }
  });

  it("says nothing of a network without hidden layers between dense ones", () => {
    expect(recogniseArchitecture(parseNetText("mlp:depth=0,in=8"))).toBeUndefined();
    expect(recogniseArchitecture(parseNetText("mlp:depth=1,in=8"))).toBeUndefined();
  });
});

/** @file Uniform networks are recognised as rows of criticality.md §4, and others are not. */
import { describe, expect, it } from "vitest";
import { recogniseArchitecture } from "../../src/analyses/index.ts";
import { parseNet, parseNetText } from "../../src/net/index.ts";

describe("recognising an architecture", () => {
  it.each(["none", "ln-pre", "ln-act"])("finds every option of a one-line network with norm %s", (norm) => {
    for (const mu of [0, 0.5, 1]) {
      const net = parseNetText(
        `mlp:depth=5,width=16,activation=leakyRelu(0.1),sw2=1.5,sb2=0.2,norm=${norm},mu=${mu}`,
      );
      expect(recogniseArchitecture(net)).toEqual({
        activation: { kind: "leakyRelu", alpha: 0.1 },
        norm,
        mu,
        sw2: 1.5,
        sb2: 0.2,
        depth: 5,
        width: 16,
      });
    }
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

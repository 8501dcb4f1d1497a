/** @file The one-line form writes out the architectures of criticality.md §4. */
import { describe, expect, it } from "vitest";
import { type LayerSpec, parseNetText, printNet } from "../../src/net/index.ts";
import { refusal } from "../refusal.ts";

/** `dense:8` for dense layers, `residual(…)` for blocks, kinds for the rest. */
function outline(layers: readonly LayerSpec[]): string {
  const names = layers.map((layer) => {
    if (layer.kind === "dense") return `dense:${layer.width}`;
    if (layer.kind === "residual") return `residual:${layer.mu}(${outline(layer.branch)})`;
    return layer.kind === "activation" ? layer.activation.kind : layer.kind;
  });
  return names.join(" ");
}
const of = (text: string) => outline(parseNetText(`mlp:width=8,out=2,in=4,activation=relu,${text}`).layers);

describe("mlp", () => {
  it("has depth hidden layers and depth + 1 affine layers", () => {
    expect(of("depth=3")).toBe("dense:8 relu dense:8 relu dense:8 relu dense:2");
    expect(of("depth=1")).toBe("dense:8 relu dense:2");
    expect(of("depth=0")).toBe("dense:2");
  });

  it("normalises preactivations (ln-pre) or activations (ln-act)", () => {
    expect(of("depth=2,norm=ln-pre")).toBe("dense:8 layerNorm relu dense:8 layerNorm relu dense:2");
    expect(of("depth=2,norm=ln-act")).toBe("dense:8 relu layerNorm dense:8 relu layerNorm dense:2");
  });

  it("has skips between hidden layers only", () => {
    expect(of("depth=3,mu=0.9")).toBe(
      "dense:8 residual:0.9(relu dense:8) residual:0.9(relu dense:8) relu dense:2",
    );
    expect(of("depth=2,mu=1,norm=ln-pre")).toBe(
      "dense:8 residual:1(layerNorm relu dense:8) layerNorm relu dense:2",
    );
    expect(of("depth=2,mu=1,norm=ln-act")).toBe(
      "dense:8 residual:1(relu layerNorm dense:8) relu layerNorm dense:2",
    );
    expect(of("depth=1,mu=1")).toBe("dense:8 relu dense:2");
  });

  it("flattens images and inputs left open, not vectors", () => {
    expect(parseNetText("mlp:in=1x28x28").layers[0]).toEqual({ kind: "flatten" });
    expect(parseNetText("mlp:").layers[0]).toEqual({ kind: "flatten" });
    expect(parseNetText("mlp:in=784").layers[0]).toMatchObject({ kind: "dense" });
  });

  it("gives every affine layer sw2 and sb2, the readout its own where stated", () => {
    const variances = (text: string) =>
      parseNetText(`mlp:depth=2,sw2=1.5,sb2=0.25,${text}`)
        .layers.filter((layer) => layer.kind === "dense")
        .map(({ sw2, sb2 }) => [sw2, sb2]);
    expect(variances("")).toEqual([
      [1.5, 0.25],
      [1.5, 0.25],
      [1.5, 0.25],
    ]);
    expect(variances("readout=1")[2]).toEqual([1, 0.25]);
    expect(variances("readout=1:0")[2]).toEqual([1, 0]);
  });

  it("takes parametric activations, parameterisation and init", () => {
    const net = parseNetText("mlp:depth=1,activation=leakyRelu(0.1),parameterisation=ntk,init=haar");
    expect(net).toMatchObject({ parameterisation: "ntk", init: "haar" });
    expect(net.layers[2]).toEqual({ kind: "activation", activation: { kind: "leakyRelu", alpha: 0.1 } });
  });

  it("without options is the network of cli.md", () => {
    const stated = "depth=30,width=128,activation=tanh,sw2=1.0,sb2=0,norm=none,mu=0,out=10";
    expect(parseNetText("mlp")).toEqual(parseNetText(`mlp:${stated}`));
  });

  it("survives printing", () => {
    const net = parseNetText("mlp:depth=4,width=8,norm=ln-pre,mu=0.9,in=3x2x2,readout=1:0.5");
    expect(parseNetText(printNet(net))).toEqual(net);
  });
});

describe("a one-line network that is wrong", () => {
  it.each([
    ["mlp:widht=3", "mlp:widht", /Did you mean "width"/],
    ["mlp:foo=3", "mlp:foo", /^Known: depth, width/],
    ["mlp:__proto__=3", "mlp:__proto__", /^Known/],
    ["mlp:width", "mlp:width", /Write width=/],
    ["mlp:width=", "mlp:width", /whole number/],
    ["mlp:width=0", "mlp:width", /whole number, 1 or more/],
    ["mlp:width=1.5", "mlp:width", /whole number/],
    ["mlp:depth=-1", "mlp:depth", /whole number, 0 or more/],
    ["mlp:sw2=NaN", "mlp:sw2", /finite number, 0 or more/],
    ["mlp:sb2=-1", "mlp:sb2", /finite number, 0 or more/],
    ["mlp:mu=-1", "mlp:mu", /number from 0 to 1/],
    ["mlp:mu=1.1", "mlp:mu", /number from 0 to 1/],
    ["mlp:in=1x2x3x4", "mlp:in", /784, or 1x28x28/],
    ["mlp:in=0", "mlp:in", /784, or 1x28x28/],
    ["mlp:readout=1:2:3", "mlp:readout", /sw2, or sw2:sb2/],
    ["mlp:norm=ln", "mlp:norm", /none or ln-pre or ln-act/],
    ["mlp:activation=tahn", "mlp:activation", /Did you mean "tanh"/],
    ["mlp:width=1,width=2", "mlp:width", /Keep one/],
    ["cnn:depth=3", "network", /mlp:depth=30/],
  ])("%s is refused at %s", (text, where, hint) => {
    const error = refusal(() => parseNetText(text));
    expect(error).toMatchObject({ code: "bad-input", where });
    expect(error.hint).toMatch(hint);
  });
});

/** @file Layers that do not meet are refused with both names; withInput fits networks to data. */
import { describe, expect, it } from "vitest";
import { buildModel, parseNet, parseNetText, withInput } from "../../src/net/index.ts";
import { refusal } from "../refusal.ts";

const dense = (width: number) => ({ kind: "dense", width });
const tanh = { kind: "activation", activation: "tanh" };
const image = { kind: "image", shape: [1, 28, 28] };
const on = (input: object, ...layers: object[]) => ({ fathom: 1, input, layers });

describe("layers that do not meet", () => {
  it("names the end of a branch and the layer before a residual of another width", () => {
    const block = { kind: "residual", branch: [{ kind: "layerNorm" }, tanh, dense(64)] };
    const error = refusal(() => parseNet(on(image, { kind: "flatten" }, dense(128), block)));
    expect(error).toMatchObject({ code: "bad-shape", where: "layers[2].branch[2]" });
    expect(error.message).toBe(
      "The branch ends with layers[2].branch[2] (dense), which gives vector [64], but the skip carries vector [128] from layers[1] (dense).",
    );
  });

  it("names the input where the residual comes first", () => {
    const error = refusal(() =>
      parseNet(on({ kind: "vector", shape: [5] }, { kind: "residual", branch: [dense(4)] })),
    );
    expect(error.message).toContain("vector [5] from the input");
  });

  it("asks for flatten between an image and a dense or layerNorm layer, naming both", () => {
    expect(refusal(() => parseNet(on(image, dense(10))))).toMatchObject({
      code: "bad-shape",
      where: "layers[0]",
      message: "layers[0] (dense) acts on vectors or tokens, but the input gives image [1, 28, 28].",
      hint: 'Put {"kind": "flatten"} before it.',
    });
    expect(refusal(() => parseNet(on(image, tanh, { kind: "layerNorm" }))).message).toContain(
      "layers[0] (activation) gives image [1, 28, 28]",
    );
  });

  it("refuses normalisation over fewer than three units, which loses the input", () => {
    expect(
      refusal(() => parseNet(on(image, { kind: "flatten" }, dense(2), { kind: "layerNorm" }))),
    ).toMatchObject({
      code: "bad-shape",
      where: "layers[2]",
    });
  });

  it("points into repetitions as they are written", () => {
    const block = { kind: "residual", branch: [tanh, dense(64)] };
    const repeated = { kind: "repeat", times: 5, layers: [block] };
    const error = refusal(() => parseNet(on({ kind: "vector", shape: [8] }, dense(128), repeated)));
    expect(error.where).toBe("layers[1].layers[0].branch[1]");
  });
});

describe("shapes through layers", () => {
  it("dense acts on the last axis of vectors and tokens; flatten makes a vector", () => {
    const model = buildModel(parseNet(on({ kind: "tokens", shape: [7, 5] }, dense(3), { kind: "flatten" })));
    expect(model.layers.map(({ output }) => output)).toEqual([
      { kind: "tokens", shape: [7, 3] },
      { kind: "vector", shape: [21] },
    ]);
    expect(model.parameters.map(({ name, shape }) => [name, shape])).toEqual([
      ["0.weight", [3, 5]],
      ["0.bias", [3]],
    ]);
  });
});

describe("withInput", () => {
  it("fits an open one-line network to images, signals and vectors", () => {
    const open = parseNetText("mlp:depth=1,width=8");
    for (const shape of [[784], [1, 28, 28], [2, 392]]) {
      expect(buildModel(withInput(open, shape)).parameters[0]!.shape).toEqual([8, 784]);
    }
    expect(refusal(() => buildModel(open))).toMatchObject({ code: "bad-input", where: "input" });
  });

  it("keeps a network that already takes the input", () => {
    const net = parseNetText("mlp:depth=1,in=1x28x28");
    expect(withInput(net, [1, 28, 28])).toBe(net);
  });

  it("keeps a network on tokens, graphs, signals or ids for data of its sizes", () => {
    for (const kind of ["tokens", "graph", "signal"]) {
      const net = parseNet(on({ kind, shape: [7, 5] }, tanh));
      expect(withInput(net, [7, 5])).toBe(net);
      expect(refusal(() => withInput(net, [5, 7])).code).toBe("bad-shape");
    }
    const net = parseNet(on({ kind: "ids", shape: [7] }, { kind: "embedding", vocabulary: 3, width: 2 }));
    expect(withInput(net, [7])).toBe(net);
  });

  it("lets a network on vectors take images of the same size", () => {
    const net = withInput(parseNetText("mlp:depth=1,width=8,in=784"), [1, 28, 28]);
    expect(net.layers[0]).toEqual({ kind: "flatten" });
    expect(buildModel(net).inputShape).toEqual([1, 28, 28]);
  });

  it("refuses other sizes with both shapes, and shapes of too many axes", () => {
    const net = parseNetText("mlp:depth=1,in=784");
    expect(refusal(() => withInput(net, [3, 32, 32])).message).toBe(
      "The network takes vector [784], but the data give image [3, 32, 32].",
    );
    expect(refusal(() => withInput(net, [1, 2, 3, 4])).code).toBe("bad-shape");
  });

  it("refuses sizes that no input has", () => {
    const open = parseNetText("mlp:depth=1");
    for (const size of [0, -3, 1.5, Number.NaN])
      expect(refusal(() => withInput(open, [1, size, 28]))).toMatchObject({
        code: "bad-input",
        where: "input.shape[1]",
      });
  });

  it("refuses an input that the layers cannot take", () => {
    const open = parseNet({ fathom: 1, layers: [dense(3)] });
    expect(refusal(() => withInput(open, [1, 28, 28])).hint).toContain("flatten");
  });
});

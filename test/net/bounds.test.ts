/** @file Networks beyond the bounds are refused before they cost time or memory. */
import { describe, expect, it } from "vitest";
import { MAX_LAYERS, MAX_NESTING, MAX_PARAMETERS, parseNet, parseNetText } from "../../src/net/index.ts";
import { refusal } from "../refusal.ts";

const dense = (width: number) => ({ kind: "dense", width });
const net = (...layers: unknown[]) => ({ fathom: 1, input: { kind: "vector", shape: [4] }, layers });

function nested(depth: number): object {
  let layer: object = dense(4);
  for (let i = 0; i < depth; i++) layer = { kind: "residual", branch: [layer] };
  return layer;
}

describe("the bound on layers", () => {
  it("refuses a million layers spelled out, with the bound", () => {
    const layers = new Array(1_000_000).fill(dense(4));
    const error = refusal(() => parseNet({ fathom: 1, layers }));
    expect(error).toMatchObject({ code: "too-large", where: "layers" });
    expect(error.message).toContain(String(MAX_LAYERS));
  });

  it("counts repetitions as often as they are written out, also repetitions of repetitions", () => {
    const thousand = (layer: object) => ({ kind: "repeat", times: 1000, layers: [layer] });
    expect(refusal(() => parseNet(net(thousand(thousand(dense(4))))))).toMatchObject({
      code: "too-large",
      where: "layers[0].layers[0].layers",
    });
    expect(refusal(() => parseNet(net({ kind: "repeat", times: 1e12, layers: [dense(4)] }))).code).toBe(
      "too-large",
    );
    expect(refusal(() => parseNetText("mlp:depth=1000000"))).toMatchObject({
      code: "too-large",
      where: "mlp:depth",
    });
  });

  it("lets 10,000 layers through", () => {
    expect(parseNetText("mlp:depth=10000,width=4,in=4").layers).toHaveLength(20_001);
  });
});

describe("the bound on nesting", () => {
  it("lets the deepest allowed network through and refuses the next", () => {
    expect(parseNet(net(nested(MAX_NESTING))).layers).toHaveLength(1);
    expect(refusal(() => parseNet(net(nested(MAX_NESTING + 1))))).toMatchObject({ code: "too-large" });
  });

  it("does not exhaust the stack on a very deep network", () => {
    expect(refusal(() => parseNet(net(nested(200_000)))).message).toContain(`deeper than ${MAX_NESTING}`);
  });
});

describe("the bound on parameters", () => {
  it("names the parameter that goes beyond it and the bound", () => {
    const error = refusal(() => parseNet(net(dense(100_000), dense(100_000))));
    expect(error).toMatchObject({ code: "too-large", where: "1.weight" });
    expect(error.message).toContain(String(MAX_PARAMETERS));
  });
});

describe("the bound on one example", () => {
  it("names the layer whose output goes beyond it, though it has no parameters", () => {
    const doubled = { kind: "concat", branches: [[], []] };
    const error = refusal(() => parseNet(net({ kind: "repeat", times: 1000, layers: [doubled] })));
    expect(error).toMatchObject({ code: "too-large", where: "layers[0].layers[0]" });
    expect(error.message).toContain(String(2 ** 28));
  });
});

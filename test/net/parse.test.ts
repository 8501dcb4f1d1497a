/** @file The network language accepts what conventions.md shows, and says what is wrong with everything else. */
import { describe, expect, it } from "vitest";
import { parseNet, parseNetText, printNet } from "../../src/net/index.ts";
import { refusal } from "../refusal.ts";

const vector = { kind: "vector", shape: [4] };
const dense = (width: unknown, rest: object = {}) => ({ kind: "dense", width, ...rest });
const net = (...layers: unknown[]) => ({ fathom: 1, input: vector, layers });
const refused = (...layers: unknown[]) => refusal(() => parseNet(net(...layers)));

describe("a network in JSON", () => {
  it("receives its defaults", () => {
    expect(parseNet({ fathom: 1, layers: [dense(3)] })).toEqual({
      fathom: 1,
      parameterisation: "standard",
      init: "gaussian",
      layers: [{ kind: "dense", width: 3, sw2: 1, sb2: 0 }],
    });
  });

  it("takes activations by name, by text and by object, and knows swish as silu", () => {
    const forms = ["tanh", " leakyRelu( 0.1 ) ", { kind: "leakyRelu", alpha: 0.1 }, "swish", "leakyRelu"];
    const { layers } = parseNet(net(...forms.map((activation) => ({ kind: "activation", activation }))));
    expect(layers.map((layer) => layer.kind === "activation" && layer.activation)).toEqual([
      { kind: "tanh" },
      { kind: "leakyRelu", alpha: 0.1 },
      { kind: "leakyRelu", alpha: 0.1 },
      { kind: "silu" },
      { kind: "leakyRelu", alpha: 0.01 },
    ]);
  });

  it("writes repetitions out, inside branches too", () => {
    const block = { kind: "residual", branch: [{ kind: "repeat", times: 2, layers: [dense(4)] }] };
    const { layers } = parseNet(net({ kind: "repeat", times: 3, layers: [block, { kind: "layerNorm" }] }));
    expect(layers.map(({ kind }) => kind)).toEqual([
      ...["residual", "layerNorm"],
      ...["residual", "layerNorm"],
      ...["residual", "layerNorm"],
    ]);
    expect(layers[4]).toMatchObject({ mu: 1, branch: [{ width: 4 }, { width: 4 }] });
  });

  it("is read back from its printed form", () => {
    const parsed = parseNet(net(dense(8), { kind: "residual", branch: [dense(8)] }, dense(2)));
    expect(parseNetText(printNet(parsed))).toEqual(parsed);
  });

  it("holds no minus zero, which JSON text would lose", () => {
    const [layer] = parseNet(net({ kind: "scale", factor: -0 })).layers;
    expect(Object.is(layer?.kind === "scale" && layer.factor, 0)).toBe(true);
  });

  it("may start with a byte order mark and blanks", () => {
    expect(parseNetText(`\uFEFF \n${printNet(parseNet(net(dense(3))))}`)).toEqual(parseNet(net(dense(3))));
  });
});

describe("a misspelt name", () => {
  it("from another library is answered with the layer that it is here", () => {
    expect(refused({ kind: "Linear" }).hint).toBe('Did you mean "dense"?');
    expect(refused({ kind: "ReLU" }).hint).toBe(
      'relu is an activation: {"kind": "activation", "activation": "relu"}.',
    );
  });

  it("of a layer is answered with the nearest one", () => {
    expect(refused({ kind: "dnse", width: 3 })).toMatchObject({
      code: "bad-input",
      where: "layers[0]",
      hint: 'Did you mean "dense"?',
    });
    expect(refused({ kind: "wormhole" }).hint).toMatch(/^Known: dense, activation, layerNorm/);
  });

  it("of an option is answered with the nearest one, even where a required option is missing for it", () => {
    expect(refused(dense(4), { kind: "residual", branch: [{ kind: "dense", widht: 4 }] })).toMatchObject({
      where: "layers[1].branch[0].widht",
      hint: 'Did you mean "width"?',
    });
    expect(refused({ kind: "flatten", axis: 1 }).hint).toBe("It has no options.");
  });

  it("of an activation or its parameter is answered with the nearest one", () => {
    expect(refused({ kind: "activation", activation: "tahn" })).toMatchObject({
      message: 'There is no activation "tahn".',
      where: "layers[0].activation",
      hint: 'Did you mean "tanh"?',
    });
    const alpha = { kind: "activation", activation: { kind: "leakyRelu", alhpa: 0.1 } };
    expect(refused(alpha)).toMatchObject({
      where: "layers[0].activation.alhpa",
      hint: 'Did you mean "alpha"?',
    });
  });

  it("of a network's field or of a choice is answered with the nearest one", () => {
    expect(refusal(() => parseNet({ ...net(dense(3)), parametrisation: "ntk" })).hint).toBe(
      'Did you mean "parameterisation"?',
    );
    expect(refusal(() => parseNet({ ...net(dense(3)), init: "har" })).hint).toBe('Did you mean "haar"?');
  });
});

describe("a value out of range", () => {
  it.each([
    [dense(0), "layers[0].width", "width is 0; it must be 1 or more."],
    [dense(1.5), "layers[0].width", "width is 1.5; it must be a whole number."],
    [dense("3"), "layers[0].width", 'width is "3"; it must be a finite number.'],
    [dense(undefined), "layers[0].width", "width is missing; it must be a finite number."],
    [dense(3, { sw2: Number.NaN }), "layers[0].sw2", "sw2 is NaN; it must be a finite number."],
    [dense(3, { sw2: -0.5 }), "layers[0].sw2", "sw2 is -0.5; it must be 0 or more."],
    [dense(3, { sb2: Infinity }), "layers[0].sb2", "sb2 is Infinity; it must be a finite number."],
    [{ kind: "residual", mu: -1, branch: [dense(4)] }, "layers[0].mu", "mu is -1; it must be 0 or more."],
    [{ kind: "residual", branch: [] }, "layers[0].branch", "branch is empty."],
    [{ kind: "sum", branches: [[]] }, "layers[0].branches", "branches has length 1; it must be 2 or more."],
    [
      { kind: "residual", branch: [dense(0)] },
      "layers[0].branch[0].width",
      "width is 0; it must be 1 or more.",
    ],
    [{ kind: "scale", factor: Number.NaN }, "layers[0].factor", "factor is NaN; it must be a finite number."],
    [{ kind: "layerNorm", epsilon: -1 }, "layers[0].epsilon", "epsilon is -1; it must be 0 or more."],
    [
      { kind: "repeat", times: 2, layers: [dense(-1)] },
      "layers[0].layers[0].width",
      "width is -1; it must be 1 or more.",
    ],
    [{}, "layers[0]", "This layer has no kind."],
    [7, "layers[0]", "This entry is 7; it must be an object."],
    [null, "layers[0]", "This entry is null; it must be an object."],
  ])("%j is refused at %s", (layer, where, message) => {
    expect(refused(layer)).toMatchObject({ code: "bad-input", where, message });
    expect(refused(layer).hint).toBeTruthy();
  });

  it("in the text of an activation is refused", () => {
    expect(refused({ kind: "activation", activation: "leakyRelu(x)" }).message).toMatch(
      /"x" is not a number/,
    );
    expect(refused({ kind: "activation", activation: "tanh(1)" }).message).toMatch(/tanh takes none/);
    expect(refused({ kind: "activation", activation: "leakyRelu(1" }).message).toMatch(
      /is not an activation/,
    );
  });

  it("in the input is refused", () => {
    const withInput = (input: unknown) => refusal(() => parseNet({ ...net(dense(3)), input }));
    expect(withInput({ kind: "image", shape: [28, 28] })).toMatchObject({ where: "input.shape" });
    expect(withInput({ kind: "vector", shape: [0] })).toMatchObject({ where: "input.shape[0]" });
    expect(withInput({ kind: "img", shape: [3] })).toMatchObject({ where: "input.kind" });
    expect(withInput({ kind: "image", shape: [3, 1e5, 1e5] }).message).toMatch(/the bound is/);
  });
});

describe("what is not a network", () => {
  it.each([
    ["", /not JSON/],
    ["{", /not JSON/],
    ["[]", /is a JSON object/],
    ["3", /is a JSON object/],
    ['"mlp"', /is a JSON object/],
    ['{"fathom": 2, "layers": []}', /fathom is 2; it must be 1/],
    ['{"layers": []}', /fathom is missing/],
    ['{"fathom": 1}', /layers is missing/],
    ['{"fathom": 1, "layers": {}}', /layers is .*; it must be a list/],
    ['{"fathom": 1, "layers": []}', /layers is empty/],
    ['{"fathom": 1, "layers": [{"kind": "dense", "width": NaN}]}', /not JSON/],
    ['{"fathom": 1, "layers": [{"kind": "dense", "width": 1e999}]}', /width is Infinity/],
  ])("%s is refused", (text, message) => {
    const error = refusal(() => parseNetText(text));
    expect(error.code).toBe("bad-input");
    expect(error.message).toMatch(message);
    expect(error.where).toBeTruthy();
    expect(error.hint).toBeTruthy();
  });
});

describe("keys that reach object prototypes", () => {
  const text = (key: string) =>
    `{"fathom": 1, "layers": [{"kind": "residual", "branch": [{"kind": "dense", "width": 3, "${key}": {"polluted": 1}}]}]}`;

  it.each(["__proto__", "constructor", "prototype"])("%s is refused anywhere", (key) => {
    expect(refusal(() => parseNetText(text(key)))).toMatchObject({
      code: "bad-input",
      where: `layers[0].branch[0].${key}`,
    });
    expect(refusal(() => parseNetText(`{"${key}": 1}`))).toMatchObject({ where: key });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("are no kinds of layers or activations", () => {
    for (const kind of ["__proto__", "constructor", "toString"]) {
      expect(refused({ kind }).message).toBe(`There is no layer "${kind}".`);
      expect(refused({ kind: "activation", activation: { kind } }).code).toBe("bad-input");
    }
  });
});

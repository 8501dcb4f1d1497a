/** @file Any well-typed composition of layers parses, runs and is read back; any ill-typed one names its layer. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { evaluate, input } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  covarianceProgram,
  initialise,
  type Model,
  meanFieldPlaces,
  parameterInputs,
  parseNet,
  parseNetText,
  printNet,
} from "../../src/net/index.ts";
import { FathomError, Key, normal, toNumbers } from "../../src/tensor/index.ts";
import { refusal } from "../refusal.ts";
import { plainActivations, runPlain } from "./plain-network.ts";

const width = fc.integer({ min: 3, max: 6 });
const variance = fc.double({ min: 0, max: 2, noNaN: true });
const dense = fc.record({ kind: fc.constant("dense"), width, sw2: variance, sb2: variance });
const activation = fc.record({
  kind: fc.constant("activation"),
  activation: fc.constantFrom(...plainActivations, "leakyRelu(0.3)", { kind: "silu" }),
});
const norm = fc.record({
  kind: fc.constant("layerNorm"),
  epsilon: fc.double({ min: 0.01, max: 1, noNaN: true }),
});
const scale = fc.record({ kind: fc.constant("scale"), factor: fc.double({ min: -2, max: 2, noNaN: true }) });
const simple = fc.oneof(dense, activation, norm, scale, fc.constant({ kind: "flatten" }));

interface Layer {
  readonly kind: string;
  readonly width?: number;
  readonly branch?: readonly Layer[];
  readonly layers?: readonly Layer[];
}

const { list } = fc.letrec<{ list: Layer[]; layer: Layer }>((tie) => ({
  list: fc.array(tie("layer"), { minLength: 1, maxLength: 4 }),
  layer: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    simple,
    fc.record({
      kind: fc.constant("residual"),
      mu: fc.double({ min: 0, max: 1, noNaN: true }),
      branch: tie("list"),
    }),
    fc.record({ kind: fc.constant("repeat"), times: fc.integer({ min: 1, max: 2 }), layers: tie("list") }),
  ),
}));

function endWidth(layers: readonly Layer[], from: number): number {
  return layers.reduce(
    (w, layer) => layer.width ?? (layer.layers === undefined ? w : endWidth(layer.layers, w)),
    from,
  );
}

/** Ends every branch in the width it starts from, by a dense layer where needed; drops no layer. */
function mended(layers: readonly Layer[], from: number): Layer[] {
  let w = from;
  return layers.map((layer) => {
    const fixed = mendedLayer(layer, w);
    w = endWidth([fixed], w);
    return fixed;
  });
}

function mendedLayer(layer: Layer, w: number): Layer {
  if (layer.branch !== undefined) {
    const branch = mended(layer.branch, w);
    return {
      ...layer,
      branch: endWidth(branch, w) === w ? branch : [...branch, { kind: "dense", width: w }],
    };
  }
  if (layer.layers === undefined) return layer;
  // A repetition starts again from its own end, so it must end where it starts.
  const inner = mended(layer.layers, w);
  return { ...layer, layers: endWidth(inner, w) === w ? inner : [...inner, { kind: "dense", width: w }] };
}

/** Mean-field places in the number of taps, or the layer that theory has no rule for. */
function placesOrReason(model: Model): boolean {
  try {
    return meanFieldPlaces(model).filter(({ tap }) => tap).length === model.taps.length;
  } catch (error) {
    return (
      error instanceof FathomError && error.code === "unsupported" && /^layers\[/.test(error.where ?? "")
    );
  }
}

const inputWidth = 4;
const wellTyped = list.map((layers) => ({
  fathom: 1,
  input: { kind: "vector", shape: [inputWidth] },
  layers: mended(layers, inputWidth),
}));

it("a well-typed network parses, initialises and computes what plain loops compute", () => {
  fc.assert(
    fc.property(wellTyped, fc.constantFrom("standard", "ntk"), (json, parameterisation) => {
      const net = parseNet({ ...json, parameterisation });
      const model = buildModel(net);
      const params = initialise(model, Key.fromSeed(1), { dtype: "float64" });
      const x = normal(Key.fromSeed(2), "float64", [1, inputWidth]);
      const { output } = applyModel(model, parameterInputs(model, "float64"), input("x", x.shape, "float64"));
      const [result] = evaluate([output], { ...params, x });
      const plain = Object.entries(params).map(([name, array]) => [name, toNumbers(array)]);
      const reference = runPlain(model.layers, toNumbers(x), Object.fromEntries(plain)).at(-1)!;
      for (const [i, value] of toNumbers(result!).entries()) {
        expect(Math.abs(value - reference[i]!)).toBeLessThanOrEqual(
          1e-9 * Math.max(1, Math.abs(reference[i]!)),
        );
      }
      expect(placesOrReason(model)).toBeTruthy();
      expect(covarianceProgram(model)).toHaveLength(net.layers.length);
    }),
    { numRuns: 150 },
  );
});

it("a well-typed network is read back from its printed form", () => {
  fc.assert(
    fc.property(wellTyped, (json) => {
      const net = parseNet(json);
      expect(parseNetText(printNet(net))).toEqual(net);
    }),
    { numRuns: 150 },
  );
});

it("a residual whose branch changes the width names the branch's last layer, and its own predecessor", () => {
  fc.assert(
    fc.property(wellTyped, fc.integer({ min: 1, max: 3 }), ({ layers, ...head }, extra) => {
      const w = endWidth(layers, inputWidth);
      const bad = { kind: "residual", branch: [{ kind: "dense", width: w + extra }] };
      const error = refusal(() => parseNet({ ...head, layers: [...layers, bad] }));
      expect(error.where).toBe(`layers[${layers.length}].branch[0]`);
      expect(error.message).toContain(`vector [${w + extra}]`);
      expect(error.message).toMatch(new RegExp(`vector \\[${w}\\] from layers\\[`));
    }),
  );
});

it("a wrong value anywhere is named by its path", () => {
  fc.assert(
    fc.property(wellTyped, fc.nat(), ({ layers, ...head }, seed) => {
      const at = seed % (layers.length + 1);
      const wrong = [...layers.slice(0, at), { kind: "dense", width: 0 }, ...layers.slice(at)];
      expect(refusal(() => parseNet({ ...head, layers: wrong })).where).toBe(`layers[${at}].width`);
      const nested = [...layers.slice(0, at), { kind: "residual", branch: wrong }, ...layers.slice(at)];
      expect(refusal(() => parseNet({ ...head, layers: nested })).where).toBe(
        `layers[${at}].branch[${at}].width`,
      );
    }),
  );
});

it("no JSON value makes the parser fail with anything but a FathomError", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      refusal(() => parseNetText(text));
    }),
  );
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (layer, value) => {
      refusal(() => parseNet({ fathom: 1, layers: [layer] }));
      refusal(() => parseNet({ fathom: 1, layers: [{ kind: "dense", width: 3, sw2: [value] }] }));
    }),
  );
});

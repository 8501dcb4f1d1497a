/** @file What is refused, and that the refusal names the field and the mend. */
import { describe, expect, it } from "vitest";
import {
  activation,
  affine,
  criticalInitialisation,
  decayLaw,
  fixedPoints,
  inputPairState,
  inputState,
  layerMap,
  layerNorm,
  linePoint,
  type Norm,
  nearestName,
  preactivationState,
  propagateUniform,
  residual,
  scalarActivation,
  scale,
  uniformStep,
} from "../../src/theory/index.ts";
import { refusal } from "../refusal.ts";

const tanh = scalarActivation("tanh");
const branch = [activation(tanh), affine({ sw2: 1, sb2: 0 })];

describe("activations", () => {
  it("an unknown one is refused with the nearest name and the list", () => {
    const error = refusal(() => scalarActivation("tahn"));
    expect(error).toMatchObject({ code: "bad-input", where: "activation" });
    expect(error.hint).toContain('Did you mean "tanh"?');
    expect(error.hint).toContain("leakyRelu");
    expect(refusal(() => scalarActivation("RELU")).hint).toContain('"relu"');
    expect(refusal(() => scalarActivation("zzzzzzzz")).hint).not.toContain("Did you mean");
  });

  it("names that only look like properties are unknown", () => {
    for (const kind of ["constructor", "__proto__", "toString"])
      expect(refusal(() => scalarActivation(kind)).code).toBe("bad-input");
  });

  it("parameters must exist and be finite", () => {
    expect(refusal(() => scalarActivation({ kind: "leakyRelu", alpa: 0.1 })).hint).toContain('"alpha"');
    expect(refusal(() => scalarActivation({ kind: "tanh", alpha: 0.1 })).where).toBe("activation.alpha");
    for (const alpha of [Number.NaN, Number.POSITIVE_INFINITY, "0.1"]) {
      expect(refusal(() => scalarActivation({ kind: "leakyRelu", alpha })).where).toBe("activation.alpha");
    }
  });

  it("swish is silu", () => {
    expect(scalarActivation("swish")).toBe(scalarActivation("silu"));
  });
});

describe("numbers", () => {
  const bad = [-1e-9, Number.NaN, Number.POSITIVE_INFINITY];
  const places: Readonly<Record<string, (value: number) => unknown>> = {
    sw2: (sw2) => affine({ sw2, sb2: 0 }),
    sb2: (sb2) => affine({ sw2: 1, sb2 }),
    K: (K) => inputState({ K }),
    Ka: (Ka) => inputPairState({ Ka, Kb: 1, C: 0 }),
    epsilon: (epsilon) => layerNorm({ epsilon }),
    K1: (K1) => fixedPoints({ activation: tanh, sw2: 1, sb2: 0 }, { K1 }),
    parameter: (parameter) => linePoint({ activation: tanh }, parameter),
  };
  for (const [where, make] of Object.entries(places)) {
    it(`${where} must be a finite variance`, () => {
      for (const value of bad) expect(refusal(() => make(value))).toMatchObject({ code: "bad-input", where });
    });
  }

  it("variances of uniform layers are checked wherever they enter", () => {
    for (const use of [uniformStep, layerMap, decayLaw, fixedPoints] as const) {
      for (const value of bad) {
        expect(refusal(() => use({ activation: tanh, sw2: value, sb2: 0 })).where).toBe("sw2");
        expect(refusal(() => use({ activation: tanh, sw2: 1, sb2: value })).where).toBe("sb2");
      }
      for (const mu of [-0.1, 1.1, Number.NaN]) {
        expect(refusal(() => use({ activation: tanh, sw2: 1, sb2: 0, mu })).where).toBe("mu");
      }
      expect(refusal(() => use({ activation: tanh, sw2: 1, sb2: 0, norm: "ln-per" as Norm })).hint).toContain(
        '"ln-pre"',
      );
    }
    expect(refusal(() => criticalInitialisation({ activation: tanh, mu: 2 })).where).toBe("mu");
    expect(refusal(() => criticalInitialisation({ activation: tanh, sb2: -1 })).where).toBe("sb2");
  });

  it("mu of a residual layer lies in [0, 1]", () => {
    for (const mu of [-0.1, 1.0001, Number.NaN]) {
      const error = refusal(() => residual({ mu, branch }));
      expect(error).toMatchObject({ code: "bad-input", where: "residual.mu" });
      expect(error.hint).toContain("mu²");
    }
  });

  it("scale factors, fan-ins, depths and means are checked", () => {
    expect(refusal(() => scale({ factor: Number.NaN })).where).toBe("factor");
    expect(refusal(() => affine({ sw2: 1, sb2: 0, fanIn: 0 })).where).toBe("fanIn");
    expect(refusal(() => affine({ sw2: 1, sb2: 0, fanIn: 2.5 })).where).toBe("fanIn");
    expect(
      refusal(() => propagateUniform({ activation: tanh, sw2: 1, sb2: 0 }, { K1: 1, depth: 0 })).where,
    ).toBe("depth");
    expect(refusal(() => inputState({ K: 1, mean: Number.NaN })).where).toBe("mean");
    expect(refusal(() => preactivationState(Number.NaN)).where).toBe("K");
  });
});

describe("nearest name", () => {
  it("is the one a slip away, and none when nothing is near", () => {
    expect(nearestName("wdith", ["width", "depth"])).toBe("width");
    expect(nearestName("x", ["activation"])).toBeUndefined();
  });
});

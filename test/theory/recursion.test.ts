/** @file Signals through depth: references of criticality.md §3-5 and kernels.md §12, logarithms, statuses, pairs. */
import { describe, expect, it } from "vitest";
import {
  activation,
  affine,
  gramTopEigenvalue,
  type Place,
  preactivationState,
  propagate,
  propagatePair,
  propagateUniform,
  scalarActivation,
  uniformStep,
} from "../../src/theory/index.ts";
import { erfRecursion, mlpKernels, ntkDiagonal, stretched, twoLayerBlock } from "../oracles/criticality.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

interface Mlp {
  readonly activation: string;
  readonly sw2: number;
  readonly sb2: number;
  readonly hidden: number;
}

/** Input, hidden layers, readout, with a tap at every preactivation. */
function mlp({ activation: kind, sw2, sb2, hidden }: Mlp, fanIn?: number): Place[] {
  const dense = (l: number, inputs?: number): Place => ({
    name: `dense${l}`,
    step: affine({ sw2, sb2, ...(inputs === undefined ? {} : { fanIn: inputs }) }),
    tap: true,
  });
  const act: Place = { name: kind, step: activation(scalarActivation(kind)), tap: false };
  const blocks = Array.from({ length: hidden }, (_, l) => [act, dense(l + 2, fanIn)]);
  return [dense(1, fanIn === undefined ? undefined : 2), ...blocks.flat()];
}

describe("one input", () => {
  it("erf at its critical point has the reference K and J (12 digits)", () => {
    const layers = propagateUniform(
      { activation: scalarActivation("erf"), sw2: Math.PI / 4, sb2: 0 },
      { K1: 1, depth: 51 },
    );
    for (const { steps, K, J } of erfRecursion) {
      expectClose(layers[steps]!.K / K, 1, 1e-12);
      expectClose(Math.exp(layers[steps]!.logJ) / J, 1, 1e-12);
    }
  });

  it("erf with mu = 1 has the reference ln J at depth 1e4 and 4e4 (printed digits)", () => {
    const layer = { activation: scalarActivation("erf"), sw2: 1, sb2: 0.1, mu: 1 };
    const layers = propagateUniform(layer, { K1: 1, depth: 40001 });
    for (const { depth, logJ } of stretched)
      expect(Math.abs(layers[depth]!.logJ - logJ)).toBeLessThan(5.1e-4);
  });

  it("the two-layer block has the reference K and J after eight blocks (printed digits)", () => {
    const layer = {
      activation: scalarActivation("gelu"),
      sw2: 1.44,
      sb2: 0.09,
      mu: 1,
      norm: "ln-block",
    } as const;
    const last = propagateUniform(layer, { K1: 1, depth: 9 }).at(-1)!;
    expect(Math.abs(last.K - twoLayerBlock.K)).toBeLessThan(5.1e-4);
    expect(Math.abs(Math.exp(last.logJ) - twoLayerBlock.J)).toBeLessThan(5.1e-4);
  });

  it("J(1, l) and J(l, L) are products of the chi_J between", () => {
    const layers = propagate(mlp({ activation: "tanh", sw2: 1.8, sb2: 0.1, hidden: 6 }), { K: 0.7 });
    expect(layers.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    layers.forEach((layer, l) => {
      const factors = layers.slice(0, -1).map(({ chiJ }) => Math.log(chiJ!));
      const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
      expectClose(layer.logJ, sum(factors.slice(0, l)), 1e-13);
      expectClose(layer.logToOutput, sum(factors.slice(l)), 1e-13);
    });
    expect(layers.at(-1)!.chiJ).toBeUndefined();
  });

  it("chi_K is the slope of the next K by this one", () => {
    const at = (K1: number) =>
      propagateUniform(
        { activation: scalarActivation("silu"), sw2: 1.5, sb2: 0.2, mu: 0.7 },
        { K1, depth: 2 },
      );
    expectClose(at(1)[0]!.chiK!, (at(1 + 1e-4)[1]!.K - at(1 - 1e-4)[1]!.K) / 2e-4, 1e-7);
  });

  it("J stays exact when K overflows or underflows, and the status says so", () => {
    const relu = scalarActivation("relu");
    const grown = propagateUniform({ activation: relu, sw2: 4, sb2: 0 }, { K1: 1, depth: 2001 }).at(-1)!;
    expect(grown).toMatchObject({ status: "infinite", K: Number.POSITIVE_INFINITY });
    expectClose(grown.logJ, 2000 * Math.LN2, 1e-12);
    const died = propagateUniform({ activation: relu, sw2: 1, sb2: 0 }, { K1: 1, depth: 2001 }).at(-1)!;
    expect(died).toMatchObject({ status: "dead", K: 0 });
    expectClose(died.logJ, -2000 * Math.LN2, 1e-12);
  });

  it("weights of variance 0 give J = 0, not NaN", () => {
    const last = propagateUniform(
      { activation: scalarActivation("tanh"), sw2: 0, sb2: 0.5 },
      { K1: 1, depth: 3 },
    ).at(-1)!;
    expect(last).toMatchObject({ K: 0.5, logJ: Number.NEGATIVE_INFINITY, theta: 0.5 });
  });

  it("an error in a rule names the place", () => {
    const places = mlp({ activation: "tanh", sw2: 1, sb2: 0, hidden: 1 }).slice(1);
    expect(refusal(() => propagate(places, { K: 1 })).where).toContain("tanh");
  });

  it("a network without taps is refused", () => {
    expect(refusal(() => propagate([], { K: 1 })).code).toBe("bad-input");
    expect(refusal(() => propagatePair([], { Ka: 1, Kb: 1, C: 0 })).code).toBe("bad-input");
  });

  it("a recursion may begin at the first preactivations", () => {
    const step = uniformStep({ activation: scalarActivation("relu"), sw2: 2, sb2: 0 });
    const layers = propagate([{ name: "2", step, tap: true }], preactivationState(3));
    expect(layers.map(({ K }) => K)).toEqual([3, 3]);
  });
});

describe("neural tangent kernel", () => {
  for (const { activation: kind, sw2, sb2, depth, theta } of ntkDiagonal) {
    it(`of ${kind} at depth ${depth} is the reference (criticality.md §5)`, () => {
      const layers = propagateUniform({ activation: scalarActivation(kind), sw2, sb2 }, { K1: 1, depth });
      expectClose(layers.at(-1)!.theta, theta, 1e-6);
    });
  }

  it("is sum_l K^l J(l, L)", () => {
    const layers = propagateUniform(
      { activation: scalarActivation("gelu"), sw2: 1.4, sb2: 0.1, mu: 0.8, norm: "none" },
      { K1: 0.6, depth: 9 },
    );
    // A residual layer's own kernel contribution is that of its dense layer: K^l less the skip's part.
    const own = layers.map(({ K }, l) => (l === 0 ? K : K - 0.64 * layers[l - 1]!.K));
    const sum = layers.reduce((total, { logToOutput }, l) => total + own[l]! * Math.exp(logToOutput), 0);
    expectClose(layers.at(-1)!.theta, sum, 1e-12);
  });

  for (const reference of mlpKernels) {
    it(`and kernel between two inputs, ${reference.activation} with ${reference.hidden} hidden layers (1e-9)`, () => {
      const places = mlp(reference);
      const diagonal = propagate(places, { K: 0.5 }).at(-1)!;
      const pair = propagatePair(places, { Ka: 0.5, Kb: 0.5, C: 0.3 }).at(-1)!;
      expectClose(diagonal.theta, reference.T11, 1e-9);
      expectClose(pair.C, reference.K12, 1e-9);
      expectClose(pair.theta, reference.T12, 1e-9);
    });
  }

  it("in the standard parameterisation counts fan-in times activations, and ones for biases", () => {
    // One hidden layer by hand: Θ = N B + 1 + sw2 A (n K0 + 1).
    const [n, N, sw2, sb2, K0] = [2, 50, 1.3, 0.2, 0.4];
    const places = mlp({ activation: "relu", sw2, sb2, hidden: 1 }, N);
    const last = propagate(places, { K: K0 }).at(-1)!;
    const K1 = sw2 * K0 + sb2;
    expectClose(last.thetaStandard, (N * K1) / 2 + 1 + (sw2 / 2) * (n * K0 + 1), 1e-12);
    expectClose(
      propagatePair(places, { Ka: K0, Kb: K0, C: K0 }).at(-1)!.thetaStandard,
      last.thetaStandard,
      1e-12,
    );
    expect(
      propagate(mlp({ activation: "relu", sw2, sb2, hidden: 1 }), { K: K0 }).at(-1)!.thetaStandard,
    ).toBeNaN();
  });

  it("of many inputs has its top eigenvalue estimated from mean entries", () => {
    expect(gramTopEigenvalue({ diagonal: 3, offDiagonal: 2, n: 5 })).toBe(11);
    expect(gramTopEigenvalue({ diagonal: 3, offDiagonal: -0.5, n: 5 })).toBe(3.5);
  });
});

describe("two inputs", () => {
  it("relu pulls them together with depth; chaotic tanh pushes them to a correlation below 1", () => {
    const relu = propagatePair(mlp({ activation: "relu", sw2: 2, sb2: 0, hidden: 30 }), {
      Ka: 1,
      Kb: 1,
      C: 0,
    });
    expect(relu.at(-1)!.c).toBeGreaterThan(0.95);
    const tanh = propagatePair(mlp({ activation: "tanh", sw2: 4, sb2: 0.05, hidden: 120 }), {
      Ka: 1,
      Kb: 1,
      C: 0.99,
    });
    expect(tanh.at(-1)!.c).toBeLessThan(0.5);
    expectClose(tanh.at(-1)!.c, tanh.at(-2)!.c, 1e-3);
  });

  it("equal inputs keep correlation 1 to rounding", () => {
    const layers = propagatePair(mlp({ activation: "tanh", sw2: 2.5, sb2: 0.05, hidden: 20 }), {
      Ka: 0.1,
      Kb: 0.1,
      C: 0.1,
    });
    for (const { c } of layers) expectClose(c, 1, 1e-10);
  });

  it("equal inputs stay equal however deep the chaos, which would turn any rounding into another input", () => {
    for (const [kind, sw2] of [
      ["tanh", 4],
      ["sin", 1.9],
      ["erf", 4],
    ] as const) {
      const start = { Ka: 0.1, Kb: 0.1, C: 0.1 };
      const layers = propagatePair(mlp({ activation: kind, sw2, sb2: 0.05, hidden: 300 }), start);
      for (const { c } of layers) expect(c).toBe(1);
    }
  });

  it("correlations follow signals that grow or shrink by any factor, until they over- or underflow", () => {
    // The integrals of silu take milliseconds a layer: there the signal grows faster.
    for (const { kind, sw2, overflows } of [
      { kind: "relu", sw2: 8, overflows: 482 },
      { kind: "gelu", sw2: 8, overflows: 482 },
      { kind: "silu", sw2: 512, overflows: 121 },
    ]) {
      const layers = propagatePair(mlp({ activation: kind, sw2, sb2: 0, hidden: overflows + 10 }), {
        Ka: 1,
        Kb: 1,
        C: 0.5,
      });
      const end = layers.findIndex(({ Ka }) => Ka === Number.POSITIVE_INFINITY);
      expect(end).toBeGreaterThan(0.95 * overflows);
      for (let l = 1; l < end; l++) expect(layers[l]!.c).toBeGreaterThan(layers[l - 1]!.c);
      // All three rectify large signals, so 1 - c =: e falls by (2 sqrt(2)/3 pi) e^1.5 a layer, to 9 pi²/(2 l²); the next
      // order is O(ln l / l) of it (4.6 of them for relu).
      expectClose(
        ((1 - layers[end - 1]!.c) * 2 * end ** 2) / (9 * Math.PI ** 2),
        1,
        (6 * Math.log(end)) / end,
      );
      for (const { c } of layers.slice(end)) expect(c).toBeNaN();
    }
    const shrinking = propagatePair(mlp({ activation: "relu", sw2: 0.5, sb2: 0, hidden: 500 }), {
      Ka: 1,
      Kb: 1,
      C: 0.5,
    });
    expect(shrinking.at(-1)!.Ka).toBeLessThan(1e-290);
    for (let l = 1; l <= 500; l++) expect(shrinking[l]!.c).toBeGreaterThan(shrinking[l - 1]!.c);
  });

  it("moments that no pair has are refused", () => {
    const places = mlp({ activation: "relu", sw2: 2, sb2: 0, hidden: 2 });
    expect(refusal(() => propagatePair(places, { Ka: 1, Kb: 1, C: 3 })).message).toContain("no such pair");
  });
});

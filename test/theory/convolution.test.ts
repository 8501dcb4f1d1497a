/** @file Positions in mean field: criticality.md §4.9, transfer matrices by hand, and what positions do to other rules. */
import { describe, expect, it } from "vitest";
import {
  activation,
  affine,
  batchNorm,
  concatenate,
  convolution,
  derivativeMoment,
  flatten,
  inputPairState,
  inputState,
  layerNorm,
  localConvolution,
  multiply,
  type Place,
  preactivationState,
  propagate,
  propagatePair,
  residual,
  type Step,
  scalarActivation,
  secondMoment,
  selectPositions,
  sequence,
  sum,
  transposedConvolution,
  type WindowAxis,
} from "../../src/theory/index.ts";
import { paddedConvolution } from "../oracles/criticality.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

/** Same padding at stride 1. */
function axis(size: number, kernel: number, wraps = false): WindowAxis {
  return { size, kernel, stride: 1, dilation: 1, lo: Math.floor((kernel - 1) / 2), wraps, out: size };
}
const relu = scalarActivation("relu");

/** Convolutions with an activation before each but the first. */
function network(kind: string, conv: Step, layers: number): Place[] {
  const place: Place = { name: "conv", step: conv, tap: true };
  const act: Place = { name: kind, step: activation(scalarActivation(kind)), tap: false };
  return [place, ...Array.from({ length: layers }, () => [act, place]).flat()];
}

describe("relu, kernel 3, eight positions, five layers", () => {
  const { positions, kernel, layers, circular, zeros } = paddedConvolution;
  const through = (wraps: boolean) => {
    const conv = convolution({ sw2: 2, sb2: 0, geometry: [axis(positions, kernel, wraps)] });
    // The reference starts at equal K and counts five layers of T from there.
    return propagate(network("relu", conv, layers).slice(1), preactivationState(1));
  };

  it(`on a ring: J = ${circular}, without a position that differs`, () => {
    const last = through(true).at(-1)!;
    expectClose(Math.exp(last.logJ), circular, 1e-14);
    expect(last.positions).toBeUndefined();
  });

  it(`between zeros: J = ${zeros} (printed digits)`, () => {
    const all = through(false);
    expect(Math.abs(Math.exp(all.at(-1)!.logJ) - zeros)).toBeLessThan(5.1e-7);
    expect(Math.abs(Math.exp(all[0]!.logToOutput) - zeros)).toBeLessThan(5.1e-7);
    // One step from a tap loses a third at both ends of eight: 1 - 2/24.
    for (const { chiJ } of all.slice(0, -1)) expectClose(chiJ!, 1 - 2 / 24, 1e-14);
    expect(all.at(-1)!.positions).toHaveLength(positions);
  });
});

describe("a zero-padded convolution", () => {
  const [sw2, sb2, size, kernel] = [1.6, 0.2, 6, 3];
  const conv = convolution({ sw2, sb2, fanIn: 12, geometry: [axis(size, kernel)] });
  const layers = propagate(network("tanh", conv, 4), { K: 0.9 });
  const tanh = scalarActivation("tanh");
  const window = (p: number) => [p - 1, p, p + 1].filter((q) => q >= 0 && q < size);
  const sumOver = (p: number, f: (q: number) => number) => window(p).reduce((total, q) => total + f(q), 0);

  it("has K'_p = (sw2/k) Σ_q B(K_q) + sb2", () => {
    let K = Array.from({ length: size }, (_, p) => (sw2 / kernel) * 0.9 * window(p).length + sb2);
    for (const layer of layers) {
      K.forEach((value, p) => {
        expectClose(layer.positions![p]!, value, 1e-13);
      });
      expectClose(layer.K, K.reduce((a, b) => a + b) / size, 1e-13);
      const before = K;
      K = before.map((_, p) => (sw2 / kernel) * sumOver(p, (q) => secondMoment(tanh, before[q]!)) + sb2);
    }
  });

  it("has J = (1/P) 1ᵀ T_L … T_1 1 from every tap, which is no product of one-step means", () => {
    const T = layers.map(({ positions }) =>
      positions!.map((K) => (sw2 / kernel) * derivativeMoment(tanh, K)),
    );
    const J = (from: number, to: number) => {
      let rows = Array.from({ length: size }, () => 1);
      for (let l = from; l < to; l++) {
        const before = rows;
        rows = before.map((_, p) => sumOver(p, (q) => T[l]![q]! * before[q]!));
      }
      return rows.reduce((a, b) => a + b) / size;
    };
    const last = layers.length - 1;
    layers.forEach((layer, l) => {
      expectClose(Math.exp(layer.logJ), J(0, l), 1e-13);
      expectClose(Math.exp(layer.logToOutput), J(l, last), 1e-13);
      if (l < last) expectClose(layer.chiJ!, J(l, l + 1), 1e-13);
    });
    const product = layers.slice(0, -1).reduce((total, { chiJ }) => total * chiJ!, 1);
    expect(Math.abs(product / J(0, last) - 1)).toBeGreaterThan(0.01);
  });

  it("has the tangent kernels of kernels.md §2.1: K' + sw2 ⟨Θ⟩, and fan-in ⟨K⟩ + 1 + sw2 ⟨Θ⟩", () => {
    const first = layers[0]!;
    expectClose(first.theta, first.K, 1e-14);
    const seen = Array.from({ length: size }, (_, p) => window(p).length / kernel);
    const mean = seen.reduce((a, b) => a + b) / size;
    expectClose(first.thetaStandard, 12 * 0.9 * mean + 1, 1e-13);
  });

  it("sees an image as the product of its axes", () => {
    const image = convolution({ sw2, sb2: 0, geometry: [axis(4, 3), axis(5, 3)] });
    const state = image.single(inputState({ K: 1 }));
    const ends = (size: number) =>
      Array.from({ length: size }, (_, i) => (i === 0 || i === size - 1 ? 2 : 3));
    const expected = ends(4).flatMap((rows) => ends(5).map((columns) => (sw2 * rows * columns) / 9));
    expect(state.positions).toHaveLength(20);
    state.positions!.forEach(({ K }, p) => {
      expectClose(K, expected[p]!, 1e-14);
    });
  });

  it("starts from positions of their own where the input has them", () => {
    const positions = [0, 0.5, 2, 2, 0.5, 0].map((K) => ({ K }));
    const [first] = propagate(network("tanh", conv, 0), { K: 5 / 6, positions });
    expectClose(first!.positions![1]!, (sw2 / 3) * 2.5 + sb2, 1e-14);
    expect(
      refusal(() => propagate(network("tanh", conv, 0), { K: 1, positions: positions.slice(1) })),
    ).toMatchObject({ code: "bad-shape", where: "conv: convolution" });
  });
});

describe("full windows are an affine layer", () => {
  const same = (conv: Step, share = 1) => {
    const state = inputState({ K: 0.7, mean: 0.2 });
    const { positions, ...moments } = conv.single(state);
    expect(positions).toBeUndefined();
    const reference = affine({ sw2: 1.5 * share, sb2: 0.1, fanIn: 6 * share }).single(state);
    for (const key of ["K", "logJ", "theta", "thetaStandard"] as const)
      expectClose(moments[key], reference[key], 1e-14);
    const pair = conv.pair(inputPairState({ Ka: 1, Kb: 2, C: 0.5 }));
    expectClose(pair.C, 1.5 * share * 0.5 + 0.1, 1e-14);
  };
  const options = { sw2: 1.5, sb2: 0.1, fanIn: 6 };

  it("on a ring, valid, and strided", () => {
    same(convolution({ ...options, geometry: [axis(7, 3, true), axis(7, 5, true)] }));
    same(convolution({ ...options, geometry: [{ ...axis(7, 3), lo: 0, out: 5 }] }));
    same(convolution({ ...options, geometry: [{ ...axis(8, 2), lo: 0, stride: 2, out: 4 }] }));
  });

  it("transposed with stride = kernel: one tap an output, K' = sw2 K/k + sb2", () => {
    const geometry = [{ ...axis(8, 2), lo: 0, stride: 2, out: 4 }];
    same(transposedConvolution({ ...options, geometry }), 1 / 2);
  });
});

describe("a transposed convolution", () => {
  it("sees the windows over each position", () => {
    const geometry = [{ size: 7, kernel: 3, stride: 2, dilation: 1, lo: 0, wraps: false, out: 3 }];
    const { positions } = transposedConvolution({ sw2: 3, sb2: 0, geometry }).single(inputState({ K: 1 }));
    // Windows 012, 234, 456.
    expect(positions!.map(({ K }) => K)).toEqual([1, 1, 2, 1, 2, 1, 1]);
  });
});

describe("positions through other rules", () => {
  const conv = convolution({ sw2: 1.8, sb2: 0.1, geometry: [axis(5, 3)] });
  const varied = conv.single(inputState({ K: 1, batch: 0.2 }));

  it("each takes a rule for units by itself", () => {
    const alone = conv.single(inputState({ K: 1 }));
    for (const step of [
      activation(relu),
      layerNorm({ epsilon: 0.1 }),
      affine({ sw2: 1, sb2: 1 }),
      sequence([activation(relu), layerNorm(), affine({ sw2: 2, sb2: 0 })]),
    ])
      expect(step.single(alone).positions).toEqual(alone.positions!.map((state) => step.single(state)));
  });

  it("examples covary through the same weight: (sw2/k) Σ_j u_p(j) ⟨u_q(j)⟩ + sb2", () => {
    // Covariance 0.2 everywhere: shares of q inside are 4/5, 1, 4/5; the first position sees the last two weights.
    expectClose(varied.positions![0]!.batch, (1.8 / 3) * 0.2 * (1 + 4 / 5) + 0.1, 1e-14);
    expectClose(varied.batch, (1.8 / 3) * 0.2 * (1 + 2 * (4 / 5) ** 2) + 0.1, 1e-14);
  });

  it("examples covary at equal positions alone where weights are not shared: unknown, unless 0", () => {
    const options = { sw2: 1.8, sb2: 0.1, geometry: [axis(5, 3)] };
    const [local, shared] = [localConvolution(options), convolution(options)];
    const state = { ...preactivationState(1), batch: 0.2 };
    const [after, expected] = [local.single(state), shared.single(state)];
    expect(after.positions!.map(({ K, logJ }) => [K, logJ])).toEqual(
      expected.positions!.map(({ K, logJ }) => [K, logJ]),
    );
    expect(after.positions![2]!.batch).toBeNaN();
    expect(refusal(() => batchNorm().single(after)).hint).toMatch(/unshared/);
    const uncorrelated = localConvolution({ ...options, sb2: 0 }).single({ ...state, batch: 0 });
    expect(batchNorm().single(uncorrelated).K).toBeGreaterThan(0);
  });

  it("activations behind BatchNorm covary by their means: m_p ⟨m_q⟩", () => {
    const { positions } = sequence([batchNorm(), activation(relu)]).single(varied);
    const mean = positions!.reduce((total, position) => total + position.mean, 0) / 5;
    for (const position of positions!) expectClose(position.batch, position.mean * mean, 1e-14);
  });

  it("BatchNorm divides all by the deviation of their channel", () => {
    const step = batchNorm();
    const V = varied.K - varied.batch;
    step.single(varied).positions!.forEach(({ K, logJ }, p) => {
      const before = varied.positions![p]!;
      expectClose(K, (before.K - 2 * before.batch + varied.batch) / V, 1e-14);
      expectClose(logJ, before.logJ - Math.log(V), 1e-14);
    });
    expectClose(step.single(varied).K, 1, 1e-14);
  });

  it("branches meet position by position, also where one of them makes positions differ", () => {
    const branch = [activation(relu), conv];
    const state = preactivationState(1.3);
    const inner = sequence(branch).single(state);
    const skipped = residual({ mu: 0.5, branch }).single(state);
    const added = sum([branch, []]).single(state);
    const gated = multiply([branch, [affine({ sw2: 1, sb2: 0 })]]).single(state);
    const beside = concatenate([
      { steps: branch, width: 1 },
      { steps: [], width: 3 },
    ]).single(state);
    inner.positions!.forEach(({ K, logJ }, p) => {
      const J = Math.exp(logJ);
      expectClose(skipped.positions![p]!.K, K + 0.25 * 1.3, 1e-14);
      expectClose(Math.exp(skipped.positions![p]!.logJ), J + 0.25, 1e-14);
      expectClose(Math.exp(added.positions![p]!.logJ), J + 1, 1e-14);
      expectClose(gated.positions![p]!.K, K * 1.3, 1e-14);
      expectClose(Math.exp(gated.positions![p]!.logJ), J * 1.3 + K, 1e-14);
      expectClose(beside.positions![p]!.K, (K + 3 * 1.3) / 4, 1e-14);
    });
  });

  it("flatten makes one list of units of them, no longer Gaussian where they differ", () => {
    const flat = flatten().single(varied);
    expect(flat.positions).toBeUndefined();
    expect(flat).toMatchObject({ K: varied.K, logJ: varied.logJ, gaussian: false });
    const ring = convolution({ sw2: 1, sb2: 0, geometry: [axis(5, 3, true)] });
    expect(flatten().single(ring.single(inputState({ K: 1 }))).gaussian).toBe(true);
    expect(refusal(() => activation(relu).single(flat)).code).toBe("unsupported");
    expectClose(affine({ sw2: 2, sb2: 0 }).single(flat).K, 2 * varied.K, 1e-14);
  });

  it("a slice keeps some", () => {
    const kept = selectPositions([0, 4]).single(varied);
    expect(kept.positions).toEqual([varied.positions![0], varied.positions![4]]);
    expect(selectPositions([0]).single(preactivationState(1))).toEqual(preactivationState(1));
  });

  it("a pair of equal signals is one signal at every position", () => {
    const places = network("gelu", conv, 3);
    const one = propagate(places, { K: 0.8, mean: 0.1 });
    const two = propagatePair(places, { Ka: 0.8, Kb: 0.8, C: 0.8, meanA: 0.1, meanB: 0.1 });
    two.forEach(({ Ka, C, theta }, l) => {
      expectClose(Ka, one[l]!.K, 1e-13);
      expectClose(C, one[l]!.K, 1e-10);
      expectClose(theta, one[l]!.theta, 1e-10);
    });
  });
});

/**
 * @file The polynomials of ReLU (kernel-engine.md §3 h, kernels.md §4 A7) as networks of vectors run them, against the closed
 * form in float64, on 1e5 correlations from −1 to 1 and on 1 − 10^−k.
 */
import { describe, expect, it } from "vitest";
import { simdEngine } from "../../src/kernels/engine/index.ts";
import type { KernelValue } from "../../src/kernels/types.ts";
import { parseNet } from "../../src/net/index.ts";

const COUNT = 100_000;
const TILE = 500;

/** Vectors at angles θ from (1, 0): correlations cos θ evenly, and 1 − 10^−k on both ends. */
function vectors(): Float32Array {
  const near = Array.from({ length: 7 }, (_, k) => 1 - 10 ** -(k + 1));
  const even = Array.from({ length: COUNT - 2 * near.length }, (_, i) => -1 + (2 * i) / (COUNT - 15));
  const all = [...near, ...near.map((rho) => -rho), ...even];
  return Float32Array.from(all.flatMap((rho) => [rho, Math.sqrt(Math.max(0, 1 - rho * rho))]));
}

/** K and Θ of a state after ReLU and a layer that keeps variances; θ is exact where it comes from the inputs. */
function rectified({ size, theta, ntk }: { size: number; theta: number; ntk: number }) {
  const nngp = (size * (Math.sin(theta) + (Math.PI - theta) * Math.cos(theta))) / Math.PI;
  return { nngp, ntk: nngp + (ntk * (Math.PI - theta)) / Math.PI };
}

/** Float64 of one or two hidden layers between (1, 0) and y. */
function exact([x, y]: readonly [number, number], depth: 1 | 2) {
  const size = Math.hypot(x, y);
  const first = rectified({ size, theta: Math.atan2(y, x), ntk: x });
  if (depth === 1) return first;
  return rectified({ size, theta: Math.acos(Math.min(1, first.nngp / size)), ntk: first.ntk });
}

/** Largest errors over all vectors, as shares of √(K(x, x)·K(y, y)), and of K itself. */
async function largestErrors(depth: 1 | 2, values: readonly KernelValue[], build: "simd" | "relaxed") {
  const hidden = [
    { kind: "dense", width: 1, sw2: 2, sb2: 0 },
    { kind: "activation", activation: "relu" },
  ];
  const net = parseNet({
    fathom: 1,
    input: { kind: "vector", shape: [2] },
    layers: [
      ...Array.from({ length: depth }, () => hidden).flat(),
      { kind: "dense", width: 1, sw2: 2, sb2: 0 },
    ],
  } as Parameters<typeof parseNet>[0]);
  const engine = await simdEngine({ net, values, precision: "float32", parameterisation: "ntk", build });
  engine.load("a", { data: Float32Array.of(1, 0), count: 1 });
  const all = vectors();
  const worst = { nngp: 0, ntk: 0, ofItself: 0, opposite: 0 };
  for (let at = 0; at < COUNT; at += TILE) {
    engine.load("b", { data: all.subarray(2 * at, 2 * (at + TILE)), count: TILE });
    const tile = engine.compute({ same: false });
    for (let i = 0; i < TILE; i++) {
      const vector = [all[2 * (at + i)]!, all[2 * (at + i) + 1]!] as const;
      const found = exact(vector, depth);
      const size = Math.hypot(...vector);
      const error = (value: KernelValue) => Math.abs(tile[value]![i]! - found[value]) / size;
      worst.nngp = Math.max(worst.nngp, error("nngp"));
      if (values.includes("ntk")) {
        const apart = Math.sqrt(Math.max(0, 1 + vector[0] / size));
        if (apart > 0.1) worst.ntk = Math.max(worst.ntk, error("ntk"));
        else worst.opposite = Math.max(worst.opposite, error("ntk") * Math.max(apart, 2 ** -12));
      }
      if (vector[0] >= 0)
        worst.ofItself = Math.max(worst.ofItself, Math.abs(tile.nngp![i]! / found.nngp - 1));
    }
  }
  return worst;
}

describe("the polynomials of ReLU", () => {
  for (const build of ["simd", "relaxed"] as const) {
    // 2.6e-7 at most when this was written (1 layer, simd). kernel-engine.md §3: 1.5e-8 of the polynomial and two roundings; signed correlations, then those after a ReLU.
    for (const depth of [1, 2] as const) {
      it(`give K of ${depth} hidden layers to 4e-7 of itself (${build})`, async () => {
        const { nngp, ofItself } = await largestErrors(depth, ["nngp"], build);
        expect(nngp).toBeLessThan(4e-7);
        expect(ofItself).toBeLessThan(4e-7);
      });

      it(`give Θ of ${depth} hidden layers (${build})`, async () => {
        const { nngp, ntk, opposite } = await largestErrors(depth, ["nngp", "ntk"], build);
        expect(nngp).toBeLessThan(4e-7);
        // A few roundings of ρ over √(2(1 − ρ)) a layer, at 1 − ρ = 1e-4: nearer items have theirs from distances.
        expect(ntk).toBeLessThan(2e-5);
        // Items that are nearly opposite: a rounding of ρ over √(1 + ρ).
        expect(opposite).toBeLessThan(1e-7);
      });
    }
  }
});

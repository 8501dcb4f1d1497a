import { describe, expect, it } from "vitest";
import { initialise } from "../../src/net/index.ts";
import { modelSurface, sharpness } from "../../src/probes/index.ts";
import { Key } from "../../src/tensor/index.ts";
import { rejection } from "../refusal.ts";
import { at, noise, quadratic, twoWells } from "./landscape-problems.ts";
import { modelOf } from "./nets.ts";
import { expectClose } from "./tolerance.ts";

const key = Key.fromSeed(8);
const bowl = quadratic([10, 1]);
const half = (w: readonly number[]) => 5 * w[0]! ** 2 + 0.5 * w[1]! ** 2;

/** max of ½ eᵀ D e + g·e on ||e|| = ρ: e = g/(λ - d), with λ > max d so that the norm is ρ (a secular equation, by bisection). */
function worstOfQuadratic(d: readonly number[], g: readonly number[], rho: number): number {
  const e = (lambda: number) => g.map((value, i) => value / (lambda - d[i]!));
  let [low, high] = [Math.max(...d), Math.max(...d) + Math.hypot(...g) / rho];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (Math.hypot(...e(middle)) > rho) low = middle;
    else high = middle;
  }
  const found = e(high);
  return found.reduce((sum, value, i) => sum + g[i]! * value + 0.5 * d[i]! * value ** 2, 0);
}

describe("sharpness of ½ wᵀ diag(10, 1) w", () => {
  it("after one step is that of SAM's e = (.099503719, .0099503719) at (1, 1), ρ = .1", async () => {
    const { oneStep, gradientNorm, loss } = await sharpness(bowl, at(1, 1), { rho: 0.1, key });
    expectClose(oneStep.value, half([1.099503719, 1.0099503719]) - 5.5, 1e-8);
    expectClose(gradientNorm, Math.sqrt(101), 1e-13);
    expect(loss).toBe(5.5);
  });

  it("adaptive, is that of ASAM's e = (.1999960939, .0003124939) at (2, .5)", async () => {
    const { oneStep, worstAt } = await sharpness(bowl, at(2, 0.5), { rho: 0.1, kind: "adaptive", key });
    expectClose(oneStep.value, half([2.1999960939, 0.5003124939]) - half([2, 0.5]), 1e-8);
    expectClose(worstAt, 0.1, 1e-12);
  });

  for (const rho of [0.05, 0.5, 3]) {
    it(`at worst is the maximum over the ball, ρ = ${rho}`, async () => {
      const { worst, oneStep, average, model } = await sharpness(bowl, at(1, 1), { rho, key, draws: 2000 });
      const expected = worstOfQuadratic([10, 1], [10, 1], rho);
      // Steps of ρ/2 along a gradient that turns: 20 of them come within 1e-4 of the maximum.
      expectClose(worst.value / expected, 1, 1e-4);
      expect(worst.value).toBeLessThanOrEqual(expected * (1 + 1e-12));
      expect(oneStep.value).toBeLessThanOrEqual(worst.value);
      expect(worst.value).toBeLessThanOrEqual(model!.value);
      expectClose(model!.value, rho * Math.sqrt(101) + 5 * rho * rho, 1e-9);
      expect(Math.abs(average.value - (rho * rho * 11) / 4)).toBeLessThan(4 * average.se!);
    });
  }

  it("of no distance is nothing", async () => {
    const found = await sharpness(bowl, at(1, 1), { rho: 0, key });
    expect([found.worst.value, found.oneStep.value, found.average.value, found.model!.value]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it("at the minimum comes from curvature alone", async () => {
    const { worst, oneStep, gradientNorm } = await sharpness(bowl, at(0, 0), { rho: 0.2, key });
    expect([oneStep.value, gradientNorm]).toEqual([0, 0]);
    expectClose(worst.value, 0.2, 1e-3);
  });

  it("costs a gradient a step and one besides, and is the same on the same key", async () => {
    const first = await sharpness(bowl, at(1, 2), { rho: 0.1, key, steps: 7 });
    expect(first.gradients).toBe(8);
    expect(await sharpness(bowl, at(1, 2), { rho: 0.1, key, steps: 7 })).toEqual(first);
    expect(await sharpness(bowl, at(1, 2), { rho: 0.1, key, products: 0 })).not.toHaveProperty("model");
  });
});

it("prefers the wide well by the worst loss within ρ, though the sharp one is deeper", async () => {
  const wells = twoWells();
  const worst = async (w: number, rho: number) => {
    const found = await sharpness(wells, at(w), { rho, key });
    return found.loss + found.worst.value;
  };
  expect((await sharpness(wells, at(-1), { rho: 0 })).loss).toBeLessThan(
    (await sharpness(wells, at(1), { rho: 0 })).loss,
  );
  for (const rho of [0.05, 0.1, 0.3]) expect(await worst(1, rho)).toBeLessThan(await worst(-1, rho));
});

it("adaptive sharpness does not see how layers of a ReLU network are scaled, the plain one does", async () => {
  const model = modelOf("mlp:depth=1,width=4,activation=relu,sw2=2,sb2=0.1,in=3,out=2");
  const weights = initialise(model, key, { dtype: "float64" });
  const rescaled = {
    ...weights,
    ...Object.fromEntries(
      Object.entries(weights).map(([name, { shape, data }]) => {
        const factor = name.startsWith("0.") ? 4 : name === "2.weight" ? 0.25 : 1;
        const values = Float64Array.from(data as Float64Array, (value) => value * factor);
        return [name, { dtype: "float64" as const, shape, data: values }];
      }),
    ),
  };
  await using surface = modelSurface({
    model,
    dataset: noise(),
    dtype: "float64",
    options: { device: "interpreter" },
  });
  const adaptive = { rho: 0.2, key, kind: "adaptive" as const };
  const [a, b] = [await sharpness(surface, weights, adaptive), await sharpness(surface, rescaled, adaptive)];
  for (const what of ["worst", "oneStep", "average", "model"] as const) {
    // Scales are powers of 2: only sums are rounded otherwise.
    expectClose(b[what]!.value, a[what]!.value, 1e-10);
  }
  const plain = { rho: 0.2, key };
  const [c, d] = [await sharpness(surface, weights, plain), await sharpness(surface, rescaled, plain)];
  expect(Math.abs(d.worst.value - c.worst.value)).toBeGreaterThan(1e-3);
});

it("refuses distances that are none", async () => {
  for (const rho of [-0.1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const error = await rejection(() => sharpness(bowl, at(1, 1), { rho }));
    expect(error).toMatchObject({ code: "bad-input", where: "rho" });
  }
});

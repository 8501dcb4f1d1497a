/** @file Augmentation: what becomes of pictures, that runs go on with the same bits, and what is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { constant, inputName, evaluate as interpret, type Tensor } from "../../src/expr/index.ts";
import { Key, type NdArray, ndarray, uniform } from "../../src/tensor/index.ts";
import {
  type AugmentationSpec,
  augmentationFrom,
  augmenter,
  parseAugmentation,
} from "../../src/train/augment.ts";
import { createTrainer, train } from "../../src/train/index.ts";
import { blobs, modelOf, refusal, smallDigits } from "./problems.ts";

const digits = smallDigits(64, 20);

/** What an augmentation makes of pictures when it is fed some numbers. */
function changed(spec: AugmentationSpec, x: NdArray, draws?: readonly number[]): Float32Array {
  const [batch, ...inputShape] = x.shape as [number, ...number[]];
  const made = augmenter(parseAugmentation([spec], digits), {
    dataset: { ...digits, inputShape },
    batch,
    dtype: "float32",
  });
  const [u] = made.inputs as [Tensor];
  const fed =
    draws === undefined
      ? uniform(Key.fromSeed(1), "float32", u.shape)
      : ndarray("float32", u.shape, [...draws]);
  return interpret([made.apply(constant(x))], { [inputName(u)]: fed })[0]!.data as Float32Array;
}

/** 1, 2, 3, … as pictures. */
const counted = (...shape: number[]) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return ndarray(
    "float32",
    shape,
    Float32Array.from({ length: size }, (_, i) => i + 1),
  );
};

describe("shift", () => {
  it("moves each picture by its own offsets and repeats the border", () => {
    const x = counted(2, 1, 3, 3);
    // 0.99 → +1: every line comes from the next one; 0 → -1: from the one before; 0.5 → 0.
    const moved = changed({ kind: "shift", pixels: 1 }, x, [0.99, 0.5, 0.5, 0]);
    expect([...moved]).toEqual([4, 5, 6, 7, 8, 9, 7, 8, 9, 10, 10, 11, 13, 13, 14, 16, 16, 17]);
  });

  it("treats the channels of a picture alike, and takes every offset equally often", () => {
    const x = counted(300, 2, 5, 7);
    const moved = changed({ kind: "shift", pixels: 2 }, x);
    const counts = new Map<number, number>();
    for (let b = 0; b < 300; b++) {
      const centre = (c: number) => moved[(b * 2 + c) * 35 + 17]! - (b * 2 + c) * 35 - 18;
      expect(centre(0)).toBe(centre(1));
      counts.set(centre(0), (counts.get(centre(0)) ?? 0) + 1);
    }
    expect(counts.size).toBe(25);
    // 12 of each are expected; 40 would be a chance of 1e-9.
    expect(Math.max(...counts.values())).toBeLessThan(40);
  });

  it("is a clamped move, whatever the sizes", () => {
    const cases = fc.tuple(
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 2, max: 6 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
    );
    fc.assert(
      fc.property(cases, ([height, width, u, v]) => {
        const x = counted(1, 1, height, width);
        const [dy, dx] = [Math.floor(Math.fround(u) * 3) - 1, Math.floor(Math.fround(v) * 3) - 1];
        const clamp = (i: number, n: number) => Math.min(n - 1, Math.max(0, i));
        const expected = Array.from({ length: height * width }, (_, i) => {
          const [r, c] = [clamp(Math.floor(i / width) + dy, height), clamp((i % width) + dx, width)];
          return x.data[r * width + c]!;
        });
        expect([...changed({ kind: "shift", pixels: 1 }, x, [u, v])]).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

it("flip mirrors where the number is below one half", () => {
  const x = counted(2, 1, 1, 3);
  expect([...changed({ kind: "flip" }, x, [0.4, 0.6])]).toEqual([3, 2, 1, 4, 5, 6]);
  expect([...changed({ kind: "flip", axis: "vertical" }, counted(1, 1, 3, 1), [0])]).toEqual([3, 2, 1]);
});

it("cutout blackens a square, cut at the border", () => {
  const zeros = (u: number, v: number) =>
    [...changed({ kind: "cutout", size: 2 }, counted(1, 1, 4, 4), [u, v])].flatMap((value, i) =>
      value === 0 ? [i] : [],
    );
  expect(zeros(0.5, 0.5)).toEqual([5, 6, 9, 10]);
  expect(zeros(0, 0)).toEqual([0]);
});

it("noise is normal: moments of 100,000 numbers", () => {
  const added = changed(
    { kind: "noise", std: 0.5 },
    ndarray("float32", [100, 1, 25, 41], new Float32Array(102_500)),
  );
  const moment = (power: number) => added.reduce((total, z) => total + z ** power, 0) / added.length;
  // Five standard errors of each moment.
  expect(Math.abs(moment(1))).toBeLessThan((5 * 0.5) / Math.sqrt(102_500));
  expect(Math.abs(moment(2) - 0.25)).toBeLessThan(5 * 0.25 * Math.sqrt(2 / 102_500));
  expect(Math.abs(moment(4) - 3 / 16)).toBeLessThan((5 * Math.sqrt(96)) / 16 / Math.sqrt(102_500));
});

describe("a run with augmentation", () => {
  const augmentation: AugmentationSpec[] = [
    { kind: "shift", pixels: 2 },
    { kind: "flip" },
    { kind: "noise", std: 0.1 },
  ];
  const model = modelOf("mlp:depth=1,width=8,activation=tanh,in=1x28x28");
  const setting = { key: Key.fromSeed(4), learningRate: 0.05, steps: 12 };

  it("goes on from a snapshot to the same bits, however its steps are split", async () => {
    await using trainer = await createTrainer({ model, dataset: digits, batch: 16, augmentation });
    const whole = trainer.start(setting);
    await whole.advance(12);
    const first = trainer.start(setting);
    await first.advance(5);
    const second = trainer.resume(first.snapshot(), setting);
    await second.advance(3);
    await second.advance(4);
    expect(second.parameters).toEqual(whole.parameters);
    expect(second.losses).toEqual(whole.losses);
  });

  it("differs from one without, evaluates examples as they are, and an empty list changes nothing", async () => {
    const losses = async (list: AugmentationSpec[] | undefined) => {
      const given = list === undefined ? {} : { augmentation: list };
      const result = await train({ model, dataset: digits, batch: 16, ...setting, ...given });
      return result;
    };
    const [bare, empty, changing] = [await losses(undefined), await losses([]), await losses(augmentation)];
    expect(empty.losses).toEqual(bare.losses);
    expect(changing.losses).not.toEqual(bare.losses);
    expect(changing.train.count).toBe(64);
  });
});

describe("the short form", () => {
  it("names augmentations with their main options", () => {
    expect(augmentationFrom("shift=2,flip, noise=0.1")).toEqual([
      { kind: "shift", pixels: 2 },
      { kind: "flip", axis: "horizontal" },
      { kind: "noise", std: 0.1 },
    ]);
    expect(augmentationFrom("flip=vertical")).toEqual([{ kind: "flip", axis: "vertical" }]);
  });

  it.each([
    ["turn=3", /must be one of shift, flip, cutout, noise/],
    ["shift", /pixels/],
    ["shift=", /shift=<pixels>/],
    ["shift=1=2", /shift=<pixels>/],
    ["shift=0.5", /a whole number of pixels/],
    ["noise=x", /above 0/],
    ["", /must be one of/],
  ])("%j is refused with the mend", (text, message) => {
    expect(() => augmentationFrom(text)).toThrow(message);
  });
});

it("what cannot be augmented is refused before anything is compiled", async () => {
  const vectors = blobs();
  const model = modelOf("mlp:depth=1,width=4,activation=tanh,in=3,out=3");
  const error = await refusal(() =>
    createTrainer({ model, dataset: vectors, batch: 8, augmentation: [{ kind: "flip" }] }),
  );
  expect(error).toMatchObject({ code: "unsupported", where: "augmentation[0]" });
  const picture = modelOf("mlp:depth=1,width=4,activation=tanh,in=1x28x28");
  const wide = await refusal(() =>
    createTrainer({
      model: picture,
      dataset: digits,
      batch: 8,
      augmentation: [{ kind: "shift", pixels: 28 }],
    }),
  );
  expect(wide.message).toMatch(/below the 28 pixels/);
});

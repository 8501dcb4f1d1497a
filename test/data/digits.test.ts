/** @file The generated digits: a function of key and index, well formed, and hard enough for a linear classifier. */
import { describe, expect, it } from "vitest";
import { type Dataset, digits, inputMoments, loadDataset } from "../../src/data/index.ts";
import { FathomError, Key, permutation } from "../../src/tensor/index.ts";

const key = Key.fromSeed(4);

describe("digits", () => {
  it("depend on the key and the index only", () => {
    const whole = digits({ key, count: 700 });
    const part = digits({ key, count: 100, start: 300 });
    const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
    expect(same(part.inputs.data, whole.inputs.data.subarray(300 * 784, 400 * 784))).toBe(true);
    expect(part.labels.data).toEqual(whole.labels.data.slice(300, 400));
    const other = digits({ key: key.split("other"), count: 100 });
    expect(same(other.inputs.data, whole.inputs.data.subarray(0, 100 * 784))).toBe(false);
  });

  it("are spread evenly over ten classes", () => {
    const counts = new Array<number>(10).fill(0);
    for (const label of digits({ key, count: 10_000 }).labels.data) counts[label]!++;
    // Five standard errors of a binomial with n = 10,000, p = 1/10.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * 30);
  });

  it("have ink inside the frame on a dark ground", () => {
    const { inputs } = digits({ key, count: 1000 });
    for (let i = 0; i < 1000; i++) {
      const image = inputs.data.subarray(i * 784, (i + 1) * 784);
      const bright = image.reduce((count, pixel) => count + Number(pixel > 100), 0);
      expect(bright, `digit ${i}`).toBeGreaterThan(15);
      expect(bright, `digit ${i}`).toBeLessThan(320);
    }
  });

  it.each([-1, 0.5, Number.NaN, 1e7])("refuse the count %s", (count) => {
    expect(() => digits({ key, count })).toThrow(FathomError);
    expect(() => digits({ key, count: 1, start: count === 1e7 ? -2 : count })).toThrow(FathomError);
  });
});

/** Test accuracy of multinomial logistic regression, trained by SGD with averaged weights. */
function logisticAccuracy(
  { train, test, scale, classes }: Dataset,
  { rate, epochs }: { rate: number; epochs: number },
): number {
  const width = 785;
  const weights = new Float64Array(classes * width);
  const average = new Float64Array(classes * width);
  const logits = new Float64Array(classes);
  const forward = (w: Float64Array, pixels: ArrayLike<number>, row: number) => {
    for (let c = 0; c < classes; c++) {
      let sum = w[c * width + 784]!;
      for (let i = 0; i < 784; i++) sum += w[c * width + i]! * scale * pixels[row * 784 + i]!;
      logits[c] = sum;
    }
  };
  const count = train.labels.shape[0]!;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const row of permutation(key.split(epoch), count)) {
      forward(weights, train.inputs.data, row);
      const top = Math.max(...logits);
      const total = logits.reduce((sum, z) => sum + Math.exp(z - top), 0);
      for (let c = 0; c < classes; c++) {
        const slope = Math.exp(logits[c]! - top) / total - Number(train.labels.data[row] === c);
        const step = rate * slope;
        for (let i = 0; i < 784; i++)
          weights[c * width + i]! -= step * scale * train.inputs.data[row * 784 + i]!;
        weights[c * width + 784]! -= step;
      }
    }
    if (epoch >= epochs / 2) for (let i = 0; i < weights.length; i++) average[i]! += weights[i]!;
  }
  let right = 0;
  for (let row = 0; row < test.labels.shape[0]!; row++) {
    forward(average, test.inputs.data, row);
    right += Number(logits.indexOf(Math.max(...logits)) === test.labels.data[row]);
  }
  return right / test.labels.shape[0]!;
}

describe("the default data set", () => {
  it("keeps multinomial logistic regression on 10,000 digits between 60 % and 92 %", async () => {
    // 84.5 % here, as with tuned steps and weight decay; a small convolutional network reaches
    // 98.4 to 98.8 % (three seeds; two layers of 5 x 5, 6 epochs of Adam).
    const accuracy = logisticAccuracy(await loadDataset("digits"), { rate: 0.01, epochs: 5 });
    expect(accuracy).toBeLessThan(0.92);
    expect(accuracy).toBeGreaterThan(0.6);
  });

  it("starts theory at the same second moment as it always did", async () => {
    // Pinned from this generator: a change would move every survey on digits.
    expect(inputMoments(await loadDataset("digits")).secondMoment).toBeCloseTo(0.0770618, 6);
  });
});

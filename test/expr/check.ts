/** @file Numbers for the tests of derivatives: inner products, central differences, comparisons of arrays. */
import { expect } from "vitest";
import { evaluate, type Tensor } from "../../src/expr/index.ts";
import { Key, type NdArray, ndarray, normal, toNumbers } from "../../src/tensor/index.ts";

export type Feeds = Readonly<Record<string, NdArray>>;

/** |a − b| ≤ tolerance · max(1, |b|) for every element, and equal shapes (conventions.md). */
export function expectClose(actual: NdArray, expected: NdArray, tolerance: number, what = ""): void {
  expect(actual.shape, what).toEqual(expected.shape);
  const [a, b] = [toNumbers(actual), toNumbers(expected)];
  a.forEach((value, i) => {
    const reference = b[i]!;
    if (Object.is(value, reference)) return;
    const error = Math.abs(value - reference) / Math.max(1, Math.abs(reference));
    if (!(error <= tolerance)) expect.fail(`${what}[${i}]: ${value} is not ${reference} (error ${error})`);
  });
}

export function value(tensor: Tensor, feeds: Feeds): NdArray {
  return evaluate([tensor], feeds)[0]!;
}

/** A float64 array like `like`, drawn from the stream `name`. */
export function direction(name: string, like: { readonly shape: readonly number[] }): NdArray<"float64"> {
  return normal(Key.fromSeed(11).split(name), "float64", like.shape);
}

export function inner(a: NdArray, b: NdArray): number {
  const y = toNumbers(b);
  return toNumbers(a).reduce((sum, x, i) => sum + x * y[i]!, 0);
}

/** a + t·b for float64 arrays. */
export function moved(a: NdArray, b: NdArray, t: number): NdArray {
  const step = toNumbers(b);
  return ndarray(
    "float64",
    a.shape,
    toNumbers(a).map((x, i) => x + t * step[i]!),
  );
}

/** (f(x + h t) − f(x − h t)) / 2h with the inputs named in `tangents` moved; error about h² and 1e-16/h. */
export function centralDifference(output: Tensor, feeds: Feeds, tangents: Feeds, h = 1e-5): NdArray {
  const at = (step: number) => {
    const shifted = Object.entries(tangents).map(
      ([name, t]) => [name, moved(feeds[name]!, t, step)] as const,
    );
    return value(output, { ...feeds, ...Object.fromEntries(shifted) });
  };
  const [ahead, behind] = [at(h), at(-h)];
  return ndarray(
    "float64",
    ahead.shape,
    toNumbers(moved(ahead, behind, -1)).map((d) => d / (2 * h)),
  );
}

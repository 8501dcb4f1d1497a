/** @file The mathematics of comparisons: eigenlearning beside regressions, evidence beside its definition, alignment. */
import { describe, expect, it } from "vitest";
import { centredAlignment } from "../../src/analyses/compare/alignment.ts";
import { eigenlearning, unseenError } from "../../src/analyses/compare/eigenlearning.ts";
import { evidenceAsGiven, likeliestEvidence } from "../../src/analyses/compare/evidence.ts";
import { modesOf } from "../../src/analyses/compare/modes.ts";
import { Key, type NdArray, ndarray, normal, permutation, solve, zeros } from "../../src/tensor/index.ts";
import { meanEstimate } from "../../src/theory/index.ts";

type Float64 = NdArray<"float64">;

/** A kernel Φ Λ Φᵀ of items with normal features, and targets Φ v. */
function problem(items: number, eigenvalues: Float64Array, seed: number) {
  const features = eigenvalues.length;
  const phi = normal(Key.fromSeed(seed), "float64", [items, features]).data;
  const targets = zeros("float64", [items, 1]);
  const kernel = zeros("float64", [items, items]);
  for (let i = 0; i < items; i++) {
    for (let f = 0; f < features; f++) targets.data[i]! += phi[i * features + f]! * coefficient(f);
    for (let j = 0; j < items; j++) {
      let sum = 0;
      for (let f = 0; f < features; f++)
        sum += eigenvalues[f]! * phi[i * features + f]! * phi[j * features + f]!;
      kernel.data[i * items + j] = sum;
    }
  }
  return { kernel, targets };
}

const coefficient = (f: number) => 1 / (f + 1);
const eigenvalues = Float64Array.from({ length: 80 }, (_, f) => (f + 1) ** -1.2);
const power = eigenvalues.map((_, f) => coefficient(f) ** 2);

/** Mean squared error on the other items after a fit to some. */
function regression(
  { kernel, targets }: ReturnType<typeof problem>,
  rows: Int32Array,
  ridge: number,
): number {
  const count = targets.data.length;
  const n = rows.length;
  const k = zeros("float64", [n, n]);
  rows.forEach((a, i) => {
    rows.forEach((b, j) => {
      k.data[i * n + j] = kernel.data[a * count + b]! + (i === j ? ridge : 0);
    });
  });
  const alpha = solve(
    k,
    ndarray(
      "float64",
      [n, 1],
      Float64Array.from(rows, (row) => targets.data[row]!),
    ),
  ).data;
  const drawn = new Set(rows);
  let [sum, others] = [0, 0];
  for (let i = 0; i < count; i++) {
    if (drawn.has(i)) continue;
    const output = rows.reduce((value, row, j) => value + kernel.data[i * count + row]! * alpha[j]!, 0);
    sum += (output - targets.data[i]!) ** 2;
    others++;
  }
  return sum / others;
}

describe("the eigenlearning equations", () => {
  it.each([
    [15, 0],
    [15, 0.3],
    [40, 0],
    [40, 2],
  ])("say what regression on %i items with ridge %f does to new ones", (n, ridge) => {
    const errors = Array.from({ length: 60 }, (_, seed) =>
      regression(
        problem(n + 150, eigenvalues, seed),
        Int32Array.from({ length: n }, (_, i) => i),
        ridge,
      ),
    );
    const { value, se } = meanEstimate(errors);
    const { error } = eigenlearning({ eigenvalues, power, ridge }, n);
    // The equations are of many features: 3 % is what 80 of them, with the first few carrying the targets, leave.
    expect(Math.abs(error - value)).toBeLessThan(3 * se! + 0.03 * value);
  });

  it("conserve learnability: Σ L + δ/κ = n", () => {
    for (const [n, ridge] of [
      [3, 0],
      [20, 0.1],
      [70, 5],
    ] as const) {
      const { learnability, kappa } = eigenlearning({ eigenvalues, power, ridge }, n);
      expect(learnability + ridge / kappa).toBeCloseTo(n, 9);
    }
  });

  it("add noise, and know the target once all eigenvectors are fixed", () => {
    const clean = eigenlearning({ eigenvalues, power }, 20);
    const noisy = eigenlearning({ eigenvalues, power, noise: 0.5 }, 20);
    expect(noisy.error - clean.error).toBeCloseTo(0.5 * clean.overfitting, 12);
    expect(eigenlearning({ eigenvalues, power }, 80).error).toBe(0);
    expect(eigenlearning({ eigenvalues, power, noise: 0.5 }, 160).error).toBeCloseTo(1, 12);
  });

  it("have a form for items drawn without repetition, which is theirs where few are drawn", () => {
    const few = unseenError(
      { eigenvalues: padded(100_000, eigenvalues), power: padded(100_000, power), ridge: 0.3 },
      20,
    );
    expect(few / eigenlearning({ eigenvalues, power, ridge: 0.3 }, 20).error).toBeCloseTo(1, 2);
  });

  it.each([
    [40, 0.02],
    [80, 0.02],
    [120, 0.5],
  ])("say what %i items of 160 do to the others, ridge %f of the diagonal", (n, relative) => {
    const whole = problem(160, eigenvalues, 7);
    const modes = modesOf(whole.kernel, whole.targets);
    const ridge = relative * modes.meanDiagonal;
    const expected = unseenError(
      {
        eigenvalues: modes.values.map((value) => value / 160),
        power: Float64Array.from(modes.squares, (of) => of[0]! / 160),
        ridge,
      },
      n,
    );
    const errors = Array.from({ length: 40 }, (_, trial) =>
      regression(whole, permutation(Key.fromSeed(trial), 160).slice(0, n), ridge),
    );
    const { value, se } = meanEstimate(errors);
    expect(Math.abs(expected - value)).toBeLessThan(3 * se! + 0.03 * value);
  });

  it("refuse what is no kernel, no number of items, and items that are all drawn", () => {
    const negative = Float64Array.from([1, -1]);
    expect(() => eigenlearning({ eigenvalues: negative, power: new Float64Array(2) }, 1)).toThrow(
      /eigenvalues\[1\] is -1/,
    );
    expect(() => eigenlearning({ eigenvalues, power }, 0)).toThrow(/number of items is 0/);
    expect(() => eigenlearning({ eigenvalues, power: new Float64Array(3) }, 2)).toThrow(
      /80 eigenvalues and 3/,
    );
    expect(() => eigenlearning({ eigenvalues: new Float64Array(2), power: new Float64Array(2) }, 1)).toThrow(
      /0 everywhere/,
    );
    expect(() => unseenError({ eigenvalues, power }, 80)).toThrow(/none is left/);
  });
});

function padded(length: number, values: Float64Array): Float64Array {
  const all = new Float64Array(length);
  all.set(values);
  return all;
}

/** ln p(y) of N(0, A), by Cholesky written out. */
function gaussianLog(matrix: Float64, y: Float64Array): number {
  const n = y.length;
  const l = zeros("float64", [n, n]).data;
  const z = new Float64Array(n);
  let log = -0.5 * n * Math.log(2 * Math.PI);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix.data[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j]!;
    }
    z[i] =
      (y[i]! - z.reduce((sum, value, k) => sum + (k < i ? l[i * n + k]! * value : 0), 0)) / l[i * n + i]!;
    log -= Math.log(l[i * n + i]!) + 0.5 * z[i]! ** 2;
  }
  return log;
}

describe("the evidence", () => {
  const { kernel } = problem(24, eigenvalues, 3);
  const targets = normal(Key.fromSeed(8), "float64", [24, 2]);
  const modes = modesOf(kernel, targets);
  const column = (c: number) => Float64Array.from({ length: 24 }, (_, i) => targets.data[2 * i + c]!);
  const shifted = (scale: number, noise: number): Float64 => {
    const matrix = { ...kernel, data: kernel.data.slice() };
    for (let i = 0; i < 24; i++) matrix.data[25 * i]! += noise * modes.meanDiagonal;
    return { ...matrix, data: matrix.data.map((value) => scale * value) };
  };

  it("is the density of the targets, as given and at the most likely amplitude and noise", () => {
    const given = evidenceAsGiven(modes);
    expect(given.noise).toBe(0);
    const likeliest = likeliestEvidence(modes);
    for (const [found, matrix] of [
      [given, kernel],
      [likeliest, shifted(likeliest.amplitude, likeliest.noise)],
    ] as const) {
      found.perTarget.forEach((value, c) => {
        expect(value).toBeCloseTo(gaussianLog(matrix, column(c)), 7);
      });
    }
  });

  it("is highest there: no neighbour is more likely, and the scale of the kernel does not matter", () => {
    const { total, amplitude, noise } = likeliestEvidence(modes);
    const at = (scale: number, part: number) =>
      [0, 1].reduce((sum, c) => sum + gaussianLog(shifted(scale, part), column(c)), 0);
    for (const factor of [0.8, 1.25]) {
      expect(at(amplitude * factor, noise)).toBeLessThan(total);
      expect(at(amplitude, noise * factor ** 3)).toBeLessThan(total);
    }
    const larger = modesOf({ ...kernel, data: kernel.data.map((value) => 1e9 * value) }, targets);
    expect(likeliestEvidence(larger).total).toBeCloseTo(total, 6);
  });

  it("of a singular kernel takes jitter, and says so", () => {
    const ones = { ...kernel, data: kernel.data.map(() => 1) };
    const { noise, total } = evidenceAsGiven(modesOf(ones, targets));
    expect(noise).toBe(1e-10);
    expect(Number.isFinite(total)).toBe(true);
  });
});

describe("centred alignment", () => {
  const targets = ndarray("float64", [4, 2], [1, -1, 1, -1, -1, 1, -1, 1]);
  const kernelOf = (entry: (i: number, j: number) => number) =>
    ndarray(
      "float64",
      [4, 4],
      Array.from({ length: 16 }, (_, k) => entry(Math.floor(k / 4), k % 4)),
    );

  it("is 1 for a kernel that knows the classes, whatever is added to it, and 0 for one that tells no items apart", () => {
    const same = (i: number, j: number) => Number(i < 2 === j < 2);
    expect(
      centredAlignment(
        kernelOf((i, j) => 3 * same(i, j) + 7),
        targets,
      ),
    ).toBeCloseTo(1, 12);
    expect(
      centredAlignment(
        kernelOf(() => 5),
        targets,
      ),
    ).toBe(0);
  });

  it("of a kernel that knows items but no classes is 1/√(N − 1)", () => {
    const identity = kernelOf((i, j) => Number(i === j));
    // ⟨H, yyᵀ⟩ = N, |H| = √(N − 1), |yyᵀ| = N for balanced classes.
    expect(centredAlignment(identity, targets)).toBeCloseTo(1 / Math.sqrt(3), 12);
  });
});

/** @file Images on the edge of the definition (kernels.md §13): black, constant, twins, a single lit pixel, tiny and huge ones. */
import { describe, expect, it } from "vitest";
import { eigenSymmetric, Key, ndarray, uniform } from "../../src/tensor/index.ts";
import { netOf, smallCnnGps } from "./networks.ts";
import { type Entries, entriesOf } from "./public.ts";

const pixels = 64;
const drawn = (name: string) =>
  Array.from(uniform(Key.fromSeed(1).split(name), "float32", [pixels]).data as Float32Array);
const constant = (value: number) => new Array<number>(pixels).fill(value);
const lit = Array.from({ length: pixels }, (_, p) => (p === 27 ? 1 : 0));
const ordinary = drawn("ordinary");

const images = {
  black: constant(0),
  ordinary,
  twin: ordinary,
  nearTwin: ordinary.map((value, p) => (p === 9 ? value + 1e-6 : value)),
  half: constant(0.5),
  white: constant(1),
  lit,
  negative: ordinary.map((value) => -value),
  tiny: ordinary.map((value) => value * 1e-12),
  huge: ordinary.map((value) => value * 1e6),
} as const;

const names = Object.keys(images) as (keyof typeof images)[];
const at = (name: keyof typeof images) => names.indexOf(name);
const x = ndarray("float64", [names.length, 1, 8, 8], Object.values(images).flat());

const conv = { kind: "conv", channels: 3, kernel: 3, padding: "same", sw2: 2, sb2: 0 };
const relu = { kind: "activation", activation: "relu" };
const nets = {
  ...smallCnnGps,
  normalised: netOf(
    "image",
    [1, 8, 8],
    conv,
    { kind: "toTokens" },
    { kind: "layerNorm" },
    { kind: "dense", width: 3, sw2: 2 },
    relu,
    { kind: "flatten" },
    { kind: "dense", width: 1 },
  ),
  "mean over positions": netOf("image", [1, 8, 8], conv, relu, conv, relu, { kind: "globalAvgPool" }),
};

function leastEigenvalue(rows: Entries["nngp"]): number {
  const { values } = eigenSymmetric(ndarray("float64", [rows.length, rows.length], rows.flat()));
  return Math.min(...(values.data as Float64Array));
}

/** Rows and columns divided by the root of the diagonal, so that tiny images count as much as huge ones. */
function correlations(rows: Entries["nngp"]): number[][] {
  const kept = rows.map((_, i) => i).filter((i) => rows[i]![i]! > 0);
  return kept.map((i) => kept.map((j) => rows[i]![j]! / Math.sqrt(rows[i]![i]! * rows[j]![j]!)));
}

/** Rounding through some tens of layers; of Θ between multiples of one image, where k̇ goes as the root of 1 − ρ, its root. */
const precisions = [
  ["float64", 1e-11, 1e-8],
  ["float32", 3e-6, 3e-4],
] as const;

describe.each(Object.entries(nets))("kernels of edge images: %s", (_, net) => {
  it.each(precisions)("are finite and positive semidefinite in %s", async (precision, tolerance, ofTheta) => {
    const { nngp, ntk } = await entriesOf({ net, x, precision, get: ["nngp", "ntk"] });
    for (const [rows, rounding] of [
      [nngp, tolerance],
      [ntk, ofTheta],
    ] as const) {
      expect(rows.flat().every(Number.isFinite)).toBe(true);
      expect(leastEigenvalue(correlations(rows))).toBeGreaterThan(-names.length * rounding);
    }
  });

  it.each(precisions)("give twins the same row, and K(x, x) between them, in %s", async (precision, tol) => {
    const { nngp } = await entriesOf({ net, x, precision });
    const [one, other] = [nngp[at("ordinary")]!, nngp[at("twin")]!];
    for (const [j, value] of one.entries())
      expect(Math.abs(value - other[j]!)).toBeLessThanOrEqual(tol * Math.abs(value));
    expect(Math.abs(one[at("twin")]! / one[at("ordinary")]! - 1)).toBeLessThan(tol);
  });
});

describe("without biases", () => {
  it.each(precisions)("a black image has the kernel 0 with every image, in %s", async (precision) => {
    const { nngp, ntk } = await entriesOf({ net: nets.resnet, x, precision, get: ["nngp", "ntk"] });
    expect([...nngp[at("black")]!, ...ntk[at("black")]!].every((value) => value === 0)).toBe(true);
  });

  it.each(precisions)(
    "ReLU networks are homogeneous: K(a x, b y) = a b K(x, y), in %s",
    async (precision, tol) => {
      const { nngp } = await entriesOf({ net: nets.resnet, x, precision });
      const self = nngp[at("ordinary")]![at("ordinary")]!;
      for (const [name, factor] of [
        ["tiny", 1e-12],
        ["huge", 1e6],
      ] as const) {
        expect(
          Math.abs(nngp[at(name)]![at("lit")]! / (factor * nngp[at("ordinary")]![at("lit")]!) - 1),
        ).toBeLessThan(tol);
        expect(Math.abs(nngp[at(name)]![at(name)]! / (factor ** 2 * self) - 1)).toBeLessThan(tol);
      }
    },
  );
});

it("Θ of near twins in float32 is that of float64", async () => {
  const asked = { net: nets.resnet, x, get: ["nngp", "ntk"] as const };
  const [double, single] = await Promise.all([
    entriesOf({ ...asked, precision: "float64" }),
    entriesOf({ ...asked, precision: "float32" }),
  ]);
  for (const other of ["twin", "nearTwin"] as const) {
    const [exact, found] = [double, single].map(({ ntk }) => ntk[at("ordinary")]![at(other)]!);
    expect(Math.abs(found! / exact! - 1)).toBeLessThan(1e-4);
  }
});

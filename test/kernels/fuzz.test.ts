/** @file Random networks, shapes and values: a kernel call ends in finite numbers, or in a typed error that names a place. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BlockMatrix, type KernelResult, kernelMatrix } from "../../src/kernels/index.ts";
import { parseNet } from "../../src/net/index.ts";
import { FathomError, ndarray } from "../../src/tensor/index.ts";
import { entriesOfMatrix } from "./public.ts";

/** Numbers as they come, and as they should not. */
const weight = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(0, 0.1, 1, 1.7, 4) },
  { weight: 10, arbitrary: fc.integer({ min: 0, max: 400 }).map((v) => v / 100) },
  { weight: 1, arbitrary: fc.constantFrom(-1, Number.NaN, 1e300, 1e-300) },
);
const size = fc.oneof(
  { weight: 30, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, 1.5, 64) },
);
const padding = fc.constantFrom("same", "torch-same", "circular", "same", "valid", 0, 1);
const activation = fc.constantFrom(
  "relu",
  "erf",
  "gelu",
  "tanh",
  "sin",
  "abs",
  "sign",
  "silu",
  "softplus",
  "elu",
  "linear",
  "exp",
  "rbf",
  "gabor",
  "sigmoid",
);

const conv = fc.record({
  kind: fc.constant("conv"),
  channels: fc.constant(2),
  kernel: size,
  stride: size,
  padding,
  sw2: weight,
  sb2: weight,
});
const phi = fc.record({ kind: fc.constant("activation"), activation });
const pool = fc.record({ kind: fc.constantFrom("avgPool", "sumPool"), window: size, padding });
/** An affine layer before an activation: what most networks are made of. */
const block = fc.tuple(conv, phi, conv).map((layers): object[] => layers);
const { branch } = fc.letrec<{ layer: object; branch: object[] }>((tie) => ({
  layer: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    conv,
    phi,
    pool,
    fc.record({ kind: fc.constant("dropout"), rate: fc.constantFrom(0, 0.2, 0.9, 1, -0.1) }),
    fc.record({ kind: fc.constant("scale"), factor: weight }),
    fc.record({ kind: fc.constant("residual"), branch: tie("branch") }),
    fc.record({
      kind: fc.constantFrom("sum", "product", "concat"),
      branches: fc.tuple(tie("branch"), tie("branch")),
    }),
  ),
  branch: fc.array(fc.oneof(block, fc.tuple(tie("layer"))), { maxLength: 2 }).map((parts) => parts.flat()),
}));
const head = fc.constantFrom(
  [{ kind: "flatten" }],
  [{ kind: "globalAvgPool" }],
  [{ kind: "maxPool", window: 2 }],
  [],
);

const pixel = fc.oneof(
  { weight: 400, arbitrary: fc.integer({ min: -200, max: 200 }).map((v) => v / 100) },
  { weight: 100, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(1e-30, 1e18, Number.NaN, Number.POSITIVE_INFINITY) },
);

const images = fc
  .tuple(
    fc.integer({ min: 0, max: 6 }),
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 6 }),
  )
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      data: fc.array(pixel, {
        minLength: shape.reduce((a, b) => a * b),
        maxLength: shape.reduce((a, b) => a * b),
      }),
    }),
  );

const call = fc.record({
  layers: fc.tuple(branch, head).map(([body, end]) => [...body, ...end]),
  images,
  ntk: fc.boolean(),
  precision: fc.constantFrom("float32" as const, "float64" as const),
});

type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

async function ends({
  layers,
  images: { shape, data },
  ntk,
  precision,
}: Call): Promise<KernelResult | Error> {
  try {
    const net = parseNet({ fathom: 1, input: { kind: "image", shape: shape.slice(1) }, layers });
    const x1 = ndarray("float64", shape, data);
    return await kernelMatrix({ net, x1, precision, threads: 1, get: ntk ? ["nngp", "ntk"] : ["nngp"] });
  } catch (error) {
    return error as Error;
  }
}

async function expectFinite(result: KernelResult): Promise<void> {
  for (const matrix of [result.nngp, result.ntk]) {
    const rows = matrix === undefined ? [] : await entriesOfMatrix(matrix);
    expect(rows.flat().every(Number.isFinite)).toBe(true);
  }
}

/** Mean square of the numbers of all images. */
function meanSquare({ data }: Call["images"]): number {
  return data.reduce((sum, value) => sum + value * value, 0) / Math.max(data.length, 1);
}

interface Bound {
  readonly tolerance: number;
  /** What pooling adds up, however little is left of it where signs differ. */
  readonly floor: number;
}

/** Entries beside the variances of their items, which float32 rounds; values below its smallest numbers are 0. */
async function expectAlike(single: BlockMatrix, double: BlockMatrix, { tolerance, floor }: Bound) {
  const [found, exact] = [await entriesOfMatrix(single), await entriesOfMatrix(double)];
  for (const [i, row] of exact.entries()) {
    for (const [j, value] of row.entries()) {
      const size = Math.max(Math.sqrt(row[i]! * exact[j]![j]!), floor);
      expect(Math.abs(found[i]![j]! - value)).toBeLessThanOrEqual(tolerance * size + 1e-37);
    }
  }
}

describe("random networks on random images", () => {
  it("have finite kernels, or an error with a code, a place and a hint", async () => {
    const seen = { kernels: 0, errors: 0 };
    const property = fc.asyncProperty(call, async (asked) => {
      const result = await ends(asked);
      if (!(result instanceof Error)) {
        seen.kernels++;
        return expectFinite(result);
      }
      seen.errors++;
      expect(result).toBeInstanceOf(FathomError);
      expect((result as FathomError).where).toBeTruthy();
      expect((result as FathomError).hint).toBeTruthy();
    });
    await fc.assert(property, { numRuns: 250, seed: 5 });
    expect(Math.min(seen.kernels, seen.errors)).toBeGreaterThan(50);
  });

  it("have the same kernels in float32 as in float64, to rounding", async () => {
    let compared = 0;
    const property = fc.asyncProperty(call, async (asked) => {
      const single = await ends({ ...asked, precision: "float32" });
      if (single instanceof Error || single.build === "float64") return;
      const double = await ends({ ...asked, precision: "float64" });
      if (double instanceof Error) throw double;
      compared++;
      const floor = meanSquare(asked.images);
      await expectAlike(single.nngp!, double.nngp!, { tolerance: 3e-6, floor });
      // The derivative at ρ near 1 goes as the root of rounding.
      if (asked.ntk) await expectAlike(single.ntk!, double.ntk!, { tolerance: 1e-3, floor });
    });
    await fc.assert(property, { numRuns: 250, seed: 6 });
    expect(compared).toBeGreaterThan(10);
  });
});

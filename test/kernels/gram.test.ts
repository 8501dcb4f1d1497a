/** @file Kernel matrices in blocks: every pair, any threads, plans and signals, and what they refuse. */
import { describe, expect, it } from "vitest";
import {
  blockMatrix,
  createEngine,
  denseMatrix,
  type KernelMatrixOptions,
  kernelDiagonal,
  kernelMatrix,
  leadingMatrix,
} from "../../src/kernels/index.ts";
import { parseNetText, withInput } from "../../src/net/index.ts";
import { Key, type NdArray, ndarray, normal } from "../../src/tensor/index.ts";

/** A network whose kernel costs little in the reference engine, so that several blocks are soon done. */
const shallow = parseNetText("mlp:depth=1,activation=relu,sw2=2,sb2=0.1,in=3,out=1");

function items(count: number, name = "items"): NdArray<"float32"> {
  return normal(Key.fromSeed(7).split(name), "float32", [count, 3]);
}

/** K of every pair by the engine itself, pair by pair, in float64. */
async function pairByPair(x1: NdArray<"float32">, x2: NdArray<"float32">, pairs: [number, number][]) {
  const engine = await createEngine({
    net: withInput(shallow, [3]),
    values: ["nngp", "ntk"],
    precision: "float64",
    parameterisation: "ntk",
  });
  const item = (x: NdArray<"float32">, i: number) => ({
    data: Float64Array.from(x.data.subarray(3 * i, 3 * i + 3)),
    count: 1,
  });
  return pairs.map(([i, j]) => {
    engine.load("a", item(x1, i));
    engine.load("b", item(x2, j));
    const { nngp, ntk } = engine.compute({ same: x1 === x2 && i === j });
    return { nngp: nngp![0]!, ntk: ntk![0]! };
  });
}

const both = { net: shallow, get: ["nngp", "ntk"] } satisfies Partial<KernelMatrixOptions>;

describe("a kernel matrix", () => {
  it("holds the kernel of every pair, across tiles, strips and blocks", async () => {
    const x1 = items(600);
    const x2 = items(70, "others");
    const { nngp, ntk } = await kernelMatrix({ ...both, x1, x2, precision: "float64" });
    const pairs: [number, number][] = [
      [0, 0],
      [63, 64],
      [511, 69],
      [512, 0],
      [599, 69],
    ];
    const expected = await pairByPair(x1, x2, pairs);
    const [k, theta] = [await denseMatrix(nngp!), await denseMatrix(ntk!)];
    expect(k.shape).toEqual([600, 70]);
    for (const [at, [i, j]] of pairs.entries()) {
      expect(k.data[i * 70 + j]).toBe(expected[at]!.nngp);
      expect(theta.data[i * 70 + j]).toBe(expected[at]!.ntk);
    }
  });

  it("of items with themselves is symmetric, with the variances on its diagonal, and half the work", async () => {
    const x = items(600);
    const { nngp, pairs } = await kernelMatrix({ net: shallow, x1: x, precision: "float64" });
    expect(pairs).toBe((600 * 601) / 2);
    const { data } = await denseMatrix(nngp!);
    for (const [i, j] of [
      [1, 0],
      [100, 3],
      [520, 511],
      [599, 0],
    ] as const)
      expect(data[i * 600 + j]).toBe(data[j * 600 + i]);
    const [corner] = await pairByPair(x, x, [[599, 0]]);
    expect(data[599 * 600]).toBe(corner!.nngp);
    const variances = await kernelDiagonal({ net: shallow, x, precision: "float64" });
    expect(await nngp!.diagonal()).toEqual(variances.nngp!.data);
    expect(data[599 * 601]).toBe(variances.nngp!.data[599]);
  });

  it("has the same bits on 2 and on 4 threads as on one", async () => {
    const x1 = items(600);
    const one = await kernelMatrix({ ...both, x1, threads: 1 });
    for (const threads of [2, 4]) {
      const several = await kernelMatrix({ ...both, x1, threads });
      for (const value of ["nngp", "ntk"] as const)
        for (const [i, j] of [
          [0, 0],
          [1, 0],
          [1, 1],
        ] as const)
          expect(await several[value]!.read(i, j)).toEqual(await one[value]!.read(i, j));
    }
  });

  it("has the same bits on 2 threads as on one where it is smaller than a block", async () => {
    const [x1, x2] = [items(90), items(70, "others")];
    const one = await kernelMatrix({ net: shallow, x1, x2, threads: 1 });
    const several = await kernelMatrix({ net: shallow, x1, x2, threads: 2 });
    expect(await several.nngp!.read(0, 0)).toEqual(await one.nngp!.read(0, 0));
  });

  it("has the same entry for a pair, whatever stands around it", async () => {
    const x = items(100);
    const { nngp: whole } = await kernelMatrix({ net: shallow, x1: x });
    const some = ndarray("float32", [37, 3], x.data.slice(3 * 63, 3 * 100));
    const { nngp: part } = await kernelMatrix({ net: shallow, x1: some });
    const [all, few] = [await denseMatrix(whole!), await denseMatrix(part!)];
    for (let i = 0; i < 37; i++)
      expect(few.data.subarray(i * 37, i * 37 + 37)).toEqual(
        all.data.subarray((i + 63) * 100 + 63, (i + 63) * 100 + 100),
      );
  });

  it("of no items is empty", async () => {
    const none = ndarray("float32", [0, 3], new Float32Array(0));
    const { nngp, pairs } = await kernelMatrix({ net: shallow, x1: none, x2: items(5) });
    expect([nngp!.rows, nngp!.columns, pairs]).toEqual([0, 5, 0]);
    expect((await denseMatrix(nngp!)).shape).toEqual([0, 5]);
  });

  it("says its plan, then its progress to the end", async () => {
    const plans: number[] = [];
    let last = 0;
    await kernelMatrix({
      net: shallow,
      x1: items(130),
      onPlan: ({ pairs }) => plans.push(pairs),
      onProgress: ({ done, total }) => {
        expect(done).toBeGreaterThan(last);
        expect(total).toBe((130 * 131) / 2);
        last = done;
      },
    });
    expect(plans).toEqual([(130 * 131) / 2]);
    expect(last).toBe((130 * 131) / 2);
  });

  it.each([1, 2])("stops on a signal with its reason, on %i threads", async (threads) => {
    const controller = new AbortController();
    const run = kernelMatrix({
      ...both,
      x1: items(1000),
      precision: "float64",
      threads,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(run).rejects.toThrow("enough");
  });
});

describe("bad input of a kernel matrix", () => {
  it("names the item and the place of a number that is not finite", async () => {
    const x = items(4);
    x.data[3 * 2 + 1] = Number.NaN;
    await expect(kernelMatrix({ net: shallow, x1: items(2), x2: x })).rejects.toMatchObject({
      code: "bad-input",
      where: "x2[2]",
      message: expect.stringContaining("NaN at [1]"),
    });
  });

  it("refuses items of another shape than the network's, and sides that differ", async () => {
    const x = normal(Key.fromSeed(1), "float32", [2, 5]);
    await expect(kernelMatrix({ net: shallow, x1: x })).rejects.toMatchObject({ code: "bad-shape" });
    await expect(kernelMatrix({ net: shallow, x1: items(2), x2: x })).rejects.toMatchObject({
      code: "bad-shape",
      where: "x2",
    });
  });

  it("refuses to give nothing", async () => {
    await expect(kernelMatrix({ net: shallow, x1: items(2), get: [] })).rejects.toMatchObject({
      code: "bad-input",
      where: "get",
    });
  });
});

describe("a matrix in blocks", () => {
  it("of a plain one gives it back", async () => {
    const plain = normal(Key.fromSeed(3), "float64", [530, 20]);
    const blocks = blockMatrix(plain, { symmetric: false });
    expect((await blocks.read(1, 0)).length).toBe(18 * 20);
    expect((await denseMatrix(blocks)).data).toEqual(plain.data);
  });

  it("that is symmetric reads the lower triangle only", async () => {
    const plain = ndarray("float64", [2, 2], Float64Array.of(1, 77, 0.5, 2));
    expect([...(await denseMatrix(blockMatrix(plain, { symmetric: true }))).data]).toEqual([1, 0.5, 0.5, 2]);
  });

  it("has no blocks above the diagonal or beyond its end", async () => {
    const plain = normal(Key.fromSeed(3), "float32", [600, 600]);
    const blocks = blockMatrix(plain, { symmetric: true });
    for (const [i, j] of [
      [0, 1],
      [2, 0],
      [-1, 0],
      [0.5, 0],
    ] as const)
      await expect(blocks.read(i, j)).rejects.toMatchObject({ code: "bad-input" });
  });

  it("of two sets of items has no diagonal", async () => {
    const plain = normal(Key.fromSeed(3), "float32", [3, 3]);
    await expect(blockMatrix(plain, { symmetric: false }).diagonal()).rejects.toMatchObject({
      code: "bad-input",
      hint: expect.stringContaining("kernelDiagonal"),
    });
  });

  it("is not made dense beyond the memory that is allowed", async () => {
    const blocks = blockMatrix(normal(Key.fromSeed(3), "float32", [10, 10]), { symmetric: false });
    await expect(denseMatrix(blocks, { memory: 799 })).rejects.toMatchObject({ code: "too-large" });
  });
});

it("cuts the kernel of the first items from that of all, within and across blocks", async () => {
  const [n, data] = [600, normal(Key.fromSeed(1), "float64", [600, 600]).data];
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) data[j * n + i] = data[i * n + j]!;
  const matrix = blockMatrix(ndarray("float64", [n, n], data), { symmetric: true });
  for (const size of [1, 511, 512, 530, 600]) {
    const part = leadingMatrix(matrix, size);
    const dense = (await denseMatrix(part)).data;
    for (const [i, j] of [
      [0, 0],
      [size - 1, 0],
      [size - 1, size - 1],
      [size >> 1, size - 1],
    ] as const)
      expect(dense[i * size + j]).toBe(data[i * n + j]);
    expect((await part.diagonal()).length).toBe(size);
  }
  for (const size of [601, 1.5, -1])
    expect(() => leadingMatrix(matrix, size)).toThrow(
      expect.objectContaining({ code: "bad-input", where: "n" }),
    );
});

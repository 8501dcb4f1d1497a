/** @file Kernel matrices on disk: the same bits, damage, other jobs, and places that cannot be used. */
import { cp, mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  denseMatrix,
  type KernelMatrixOptions,
  kernelMatrix,
  openKernelStore,
} from "../../src/kernels/index.ts";
import { parseNetText } from "../../src/net/index.ts";
import { Key, normal } from "../../src/tensor/index.ts";
import { filesUnder, temporaryFolder } from "./store-folders.ts";

const net = parseNetText("mlp:depth=1,activation=relu,sw2=2,sb2=0.1,in=3,out=1");
const x1 = normal(Key.fromSeed(7), "float32", [600, 3]);
const x2 = normal(Key.fromSeed(8), "float32", [530, 3]);
const job: KernelMatrixOptions = { net, x1, threads: 1 };

const root = temporaryFolder();
const whole = join(root, "whole.zarr");
beforeAll(async () => {
  await kernelMatrix({ ...job, store: { path: whole, about: "600 normal items" } });
});

/** A copy of the finished store, to be damaged. */
async function copied(name: string): Promise<string> {
  const folder = join(root, `${name}.zarr`);
  await cp(whole, folder, { recursive: true });
  return folder;
}

const continued = (folder: string, change: Partial<KernelMatrixOptions> = {}) =>
  kernelMatrix({ ...job, ...change, store: { path: folder } });

describe("a kernel store", () => {
  it("holds the bits that are computed in memory, of both values and of two sets of items", async () => {
    const both: KernelMatrixOptions = {
      net,
      x1: normal(Key.fromSeed(7), "float64", [80, 3]),
      x2: normal(Key.fromSeed(8), "float64", [70, 3]),
      get: ["nngp", "ntk"],
      precision: "float64",
    };
    const memory = await kernelMatrix(both);
    const store = await kernelMatrix({ ...both, store: { path: join(root, "both.zarr") } });
    for (const value of ["nngp", "ntk"] as const)
      expect(await denseMatrix(store[value]!)).toEqual(await denseMatrix(memory[value]!));
  });

  it("is read again by its path, with what it is about and its diagonal", async () => {
    const { nngp } = await kernelMatrix(job);
    const store = await openKernelStore(whole);
    expect(store.attributes).toMatchObject({
      about: "600 normal items",
      triangle: "lower",
      values: ["nngp"],
    });
    const matrix = store.matrix("nngp");
    expect(await denseMatrix(matrix)).toEqual(await denseMatrix(nngp!));
    expect(await matrix.diagonal()).toEqual(await nngp!.diagonal());
    expect(await store.unfinished()).toEqual([]);
  });

  it("that is finished computes nothing", async () => {
    const plans: object[] = [];
    const { pairs } = await continued(whole, { onPlan: (plan) => plans.push(plan) });
    expect(pairs).toBe(0);
    expect(plans).toEqual([
      { pairs: 0, finished: (600 * 601) / 2, bytes: 3 * (2 ** 20 + 4), threads: 1, seconds: 0 },
    ]);
  });

  it.each([
    ["is missing", (file: string) => rm(file)],
    ["was cut off", (file: string) => truncate(file, 1000)],
    ["is empty", (file: string) => truncate(file, 0)],
    [
      "has one flipped bit",
      async (file: string) => {
        const bytes = await readFile(file);
        bytes[12345]! ^= 4;
        await writeFile(file, bytes);
      },
    ],
  ])("computes a chunk again that %s, and no other", async (name, damage) => {
    const folder = await copied(name.replaceAll(" ", "-"));
    await damage(join(folder, "nngp/c/1/0"));
    const store = await openKernelStore(folder);
    expect(await store.unfinished()).toEqual([{ i: 1, j: 0 }]);
    await expect(store.matrix("nngp").read(1, 0)).rejects.toMatchObject({
      code: name === "is missing" ? "not-found" : "bad-file",
      where: join(folder, "nngp/c/1/0"),
    });
    const { pairs } = await continued(folder);
    expect(pairs).toBe(88 * 512);
    expect(await filesUnder(folder)).toEqual(await filesUnder(whole));
  });

  it("stopped by a signal is gone on with", async () => {
    const folder = join(root, "stopped.zarr");
    const controller = new AbortController();
    const stopped = continued(folder, {
      threads: 2,
      signal: controller.signal,
      onProgress: ({ label, done }) =>
        label === "kernel" && done > 1e5 && controller.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
    await continued(folder);
    expect((await filesUnder(folder)).get("nngp/c/1/1")).toBe((await filesUnder(whole)).get("nngp/c/1/1"));
  });
});

describe("a store of another job is refused, and says what differs:", () => {
  it.each<[string, Partial<KernelMatrixOptions>]>([
    ["the architecture", { net: parseNetText("mlp:depth=2,activation=relu,sw2=2,sb2=0.1,in=3,out=1") }],
    ["the architecture", { parameterisation: "standard" }],
    ["the items of the rows", { x1: x2 }],
    ["the items of the columns", { x2 }],
    ["the values", { get: ["ntk"] }],
    ["the precision", { precision: "float64" }],
    ["the kernel build", { build: "simd" }],
  ])("%s", async (what, change) => {
    const before = await filesUnder(whole);
    await expect(continued(whole, change)).rejects.toMatchObject({
      code: "bad-input",
      where: whole,
      message: expect.stringContaining(what),
      hint: expect.any(String),
    });
    expect(await filesUnder(whole)).toEqual(before);
  });

  it("an engine that computes other bits", async () => {
    const folder = await copied("bits");
    const file = join(folder, "zarr.json");
    await writeFile(file, (await readFile(file, "utf8")).replace(/"tile": "..../, '"tile": "0000'));
    await expect(continued(folder)).rejects.toMatchObject({
      message: expect.stringContaining("the bits that the engine computes"),
    });
  });
});

describe("a place for a store", () => {
  it("is refused beforehand when the store passes the limit", async () => {
    const path = join(root, "limited.zarr");
    await expect(kernelMatrix({ ...job, store: { path, limit: 3e6 } })).rejects.toMatchObject({
      code: "too-large",
      message: "The store takes 3.1 MB; the limit is 3.0 MB.",
    });
    await expect(readFile(join(path, "zarr.json"))).rejects.toThrow("ENOENT");
  });

  it("is refused when it is a folder of something else, which stays as it is", async () => {
    const path = join(root, "papers");
    await mkdir(path);
    await writeFile(join(path, "thesis.tex"), "so far");
    await expect(kernelMatrix({ ...job, store: { path } })).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("thesis.tex"),
    });
    expect([...(await filesUnder(path)).keys()]).toEqual(["thesis.tex"]);
  });

  it("under a file is refused", async () => {
    const path = join(whole, "zarr.json", "x.zarr");
    await expect(kernelMatrix({ ...job, store: { path } })).rejects.toMatchObject({ code: "bad-input" });
  });

  it("without a store is not found", async () => {
    await expect(openKernelStore(join(root, "nobody"))).rejects.toMatchObject({ code: "not-found" });
  });
});

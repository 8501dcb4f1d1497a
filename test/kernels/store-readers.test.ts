/** @file Kernel stores as others read them: zarrita, zarr-python, and a reader written from the specification alone. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import { denseMatrix, kernelMatrix, openKernelStore } from "../../src/kernels/index.ts";
import { crc32c } from "../../src/kernels/store/crc32c.ts";
import { parseNetText } from "../../src/net/index.ts";
import { FathomError, Key, type NdArray, normal } from "../../src/tensor/index.ts";
import { temporaryFolder } from "./store-folders.ts";

const size = 530;
const root = temporaryFolder();
const whole = join(root, "whole.zarr");
let dense: NdArray<"float64">;
beforeAll(async () => {
  const { nngp } = await kernelMatrix({
    net: parseNetText("mlp:depth=1,activation=relu,sw2=2,sb2=0.1,in=3,out=1"),
    x1: normal(Key.fromSeed(7), "float32", [size, 3]),
    threads: 1,
    store: { path: whole },
  });
  dense = await denseMatrix(nngp!);
});

const onDiagonalBlock = (i: number, j: number) => Math.floor(i / 512) === Math.floor(j / 512);

/** The lower triangle of blocks, and NaN where no chunk was written. */
function expected(i: number, j: number): number {
  return j <= i || onDiagonalBlock(i, j) ? dense.data[i * size + j]! : Number.NaN;
}

const places = [
  [0, 0],
  [0, 511],
  [512, 0],
  [529, 529],
  [512, 529],
  [511, 512],
  [0, 529],
] as const;

/** CRC-32C bit by bit, as RFC 3720 defines it. */
function slowCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** Element [i, j] by what the metadata say and nothing else. */
async function elementAt(folder: string, i: number, j: number): Promise<number> {
  const meta = JSON.parse(await readFile(join(folder, "zarr.json"), "utf8"));
  expect(meta).toMatchObject({ zarr_format: 3, node_type: "array", data_type: "float32" });
  expect(meta.codecs.map(({ name }: { name: string }) => name)).toEqual(["bytes", "crc32c"]);
  const [h, w] = meta.chunk_grid.configuration.chunk_shape as [number, number];
  const { separator } = meta.chunk_key_encoding.configuration;
  const key = ["c", Math.floor(i / h), Math.floor(j / w)].join(separator);
  if (!existsSync(join(folder, key))) return Number(meta.fill_value);
  const bytes = await readFile(join(folder, key));
  expect(slowCrc(bytes.subarray(0, -4))).toBe(bytes.readUInt32LE(bytes.length - 4));
  return bytes.readFloatLE(4 * ((i % h) * w + (j % w)));
}

const python = join(import.meta.dirname, "../../bench/peers/.venv/bin/python");
const script = `
import sys, json, warnings, zarr
warnings.simplefilter("error")
group = zarr.open_group(sys.argv[1], mode="r")
array = group["nngp"]
places = json.loads(sys.argv[2])
print(json.dumps({
  "version": zarr.__version__, "members": sorted(name for name, _ in group.members()),
  "shape": array.shape, "dtype": str(array.dtype), "attributes": dict(array.attrs["fathom"]),
  "entries": [repr(float(array[i, j])) for i, j in places]}))
`;

describe("a kernel store", () => {
  it("is what a reader of the specification makes of it", async () => {
    for (const [i, j] of places) expect(await elementAt(join(whole, "nngp"), i, j)).toBe(expected(i, j));
  });

  it("is read by zarrita", async () => {
    const store = {
      get: (key: string) =>
        readFile(join(whole, key)).then(
          (bytes) => new Uint8Array(bytes),
          () => undefined,
        ),
    };
    const array = await zarr.open(zarr.root(store).resolve("nngp"), { kind: "array" });
    expect([array.shape, array.dtype]).toEqual([[size, size], "float32"]);
    const { data } = await zarr.get(array as zarr.Array<"float32", typeof store>);
    for (const [i, j] of places) expect(data[i * size + j]).toBe(expected(i, j));
  });

  it.skipIf(!existsSync(python))("is read by zarr-python (skipped without bench/peers/.venv)", async () => {
    const { stdout } = await promisify(execFile)(python, ["-c", script, whole, JSON.stringify(places)]);
    const { version, entries, ...rest } = JSON.parse(stdout);
    expect(version).toMatch(/^3\./);
    expect(rest).toEqual({
      members: ["nngp"],
      shape: [size, size],
      dtype: "float32",
      attributes: { value: "nngp", symmetric: true, triangle: "lower" },
    });
    expect(entries.map(Number)).toEqual(places.map(([i, j]) => expected(i, j)));
  });
});

describe("CRC-32C", () => {
  it("has the check value of RFC 3720, and agrees with its definition at every length", () => {
    expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => crc32c(bytes) === slowCrc(bytes)));
  });
});

describe("a damaged store", () => {
  const files = ["zarr.json", "nngp/zarr.json", "nngp/c/1/0"] as const;

  it.each(files)("is read as it was, or refused by the name of the file: %s", async (name) => {
    const folder = join(root, name.replaceAll("/", "-"));
    await cp(whole, folder, { recursive: true });
    const file = join(folder, name);
    const intact = await readFile(file);
    const damaged = fc.oneof(
      fc.nat(intact.length).map((end) => intact.subarray(0, end)),
      fc.tuple(fc.nat(intact.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
        const bytes = Uint8Array.from(intact);
        bytes[at]! ^= mask;
        return bytes;
      }),
      fc.uint8Array({ maxLength: 64 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        await writeFile(file, bytes);
        try {
          const store = await openKernelStore(folder);
          const block = await store.matrix("nngp").read(1, 0);
          expect(block.length).toBe(18 * 512);
        } catch (error) {
          expect(error).toBeInstanceOf(FathomError);
          expect((error as FathomError).where).toContain(folder);
        }
      }),
      { numRuns: 60 },
    );
  });
});

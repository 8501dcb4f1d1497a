/** @file Folders of pictures: PNG and JPEG of every kind, all of one size, and damage told by file. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { encode as encodePng } from "fast-png";
import { zlibSync } from "fflate";
import { encode as encodeJpeg } from "jpeg-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadDataset } from "../../src/data/index.ts";
import { decodePicture } from "../../src/data/picture.ts";
import { crc32, FathomError, toNumbers } from "../../src/tensor/index.ts";
import { refusal } from "../refusal.ts";
import { refused } from "./sources.ts";

const png = (channels: number, data: ArrayLike<number>, { depth = 8, width = 2, height = 1 } = {}) =>
  encodePng({
    width,
    height,
    channels,
    depth: depth as 8,
    data: depth === 16 ? Uint16Array.from(data) : Uint8Array.from(data),
  });
const jpeg = (value: number, { width = 8, height = 8 } = {}) =>
  encodeJpeg({ width, height, data: new Uint8Array(4 * width * height).fill(value) }, 90).data;

/** A PNG from its header's fields and the bytes that its pixels are packed from. */
function rawPng(
  [width, height, depth, colour]: [number, number, number, number],
  pixels: Uint8Array,
  ...extra: Uint8Array[]
) {
  const header = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, depth, colour, 0, 0, 0]);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  return new Uint8Array(
    Buffer.concat([
      Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
      chunk("IHDR", header),
      ...extra,
      chunk("IDAT", zlibSync(pixels)),
      chunk("IEND", new Uint8Array()),
    ]),
  );
}
function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = new Uint8Array([...new TextEncoder().encode(type), ...data]);
  const ends = new DataView(new ArrayBuffer(8));
  ends.setUint32(0, data.length);
  ends.setUint32(4, crc32(body));
  return new Uint8Array(
    Buffer.concat([new Uint8Array(ends.buffer, 0, 4), body, new Uint8Array(ends.buffer, 4)]),
  );
}

describe("a picture", () => {
  const planes = (bytes: Uint8Array) => {
    const { channels, data } = decodePicture(bytes, "p");
    return { channels, data: [...data] };
  };

  it("in grey has one channel, in colour three planes", () => {
    expect(planes(png(1, [7, 200]))).toEqual({ channels: 1, data: [7, 200] });
    expect(planes(png(3, [1, 2, 3, 4, 5, 6]))).toEqual({ channels: 3, data: [1, 4, 2, 5, 3, 6] });
  });

  it("with transparency is drawn on black", () => {
    expect(planes(png(2, [200, 255, 200, 0]))).toEqual({ channels: 1, data: [200, 0] });
    expect(planes(png(4, [100, 50, 255, 51, 9, 9, 9, 255])).data).toEqual([20, 9, 10, 9, 51, 9]);
  });

  it("of 16 bits keeps the upper 8, of 1 bit becomes black and white", () => {
    expect(planes(png(1, [0xff00, 0x12ff], { depth: 16 })).data).toEqual([255, 0x12]);
    expect(planes(rawPng([3, 1, 1, 0], Uint8Array.of(0, 0b10100000))).data).toEqual([255, 0, 255]);
  });

  it("with a palette becomes its colours", () => {
    const palette = chunk("PLTE", Uint8Array.of(10, 20, 30, 40, 50, 60));
    const bytes = rawPng([2, 1, 8, 3], Uint8Array.of(0, 1, 0), palette);
    expect(planes(bytes)).toEqual({ channels: 3, data: [40, 10, 50, 20, 60, 30] });
  });

  it("as JPEG has the size and, to its loss, the values written", () => {
    const { width, height, data } = decodePicture(jpeg(200), "p");
    expect([width, height]).toEqual([8, 8]);
    // JPEG rounds in YCbCr: within a few grey levels.
    for (const value of data) expect(Math.abs(value - 200)).toBeLessThan(4);
  });

  const good = png(3, new Uint8Array(3 * 64), { width: 8, height: 8 });
  it.each<[string, Uint8Array, string]>([
    ["garbage", new TextEncoder().encode("not a picture at all, but text"), "bad-file"],
    ["nothing", new Uint8Array(), "bad-file"],
    ["half a PNG", good.subarray(0, good.length - 20), "bad-file"],
    ["a PNG header alone", good.subarray(0, 33), "bad-file"],
    ["half a JPEG", jpeg(9).subarray(0, 300), "bad-file"],
    ["a JPEG marker alone", Uint8Array.of(0xff, 0xd8, 0xff), "bad-file"],
    ["a picture of 2^32 pixels", rawPng([65_536, 65_536, 8, 0], new Uint8Array(9)), "too-large"],
    ["no pixels", rawPng([0, 5, 8, 0], new Uint8Array(9)), "bad-file"],
    ["pixels that unpack to 64 MB", rawPng([8, 8, 8, 0], new Uint8Array(2 ** 26)), "bad-file"],
    ["a palette that is missing", rawPng([2, 1, 8, 3], Uint8Array.of(0, 1, 0)), "bad-file"],
    ["a wrong checksum", good.map((byte, i) => (i === 45 ? byte ^ 1 : byte)), "bad-file"],
  ])("that is %s is told", (_, bytes, code) => {
    expect(refusal(() => decodePicture(bytes, "p.png"))).toMatchObject({ code, where: "p.png" });
  });

  it("with any bytes changed gives a picture or a typed error", () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.constantFrom(good, jpeg(77), png(4, range(16), { width: 4 })),
        edits,
        (original, changes) => {
          const bytes = Uint8Array.from(original);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          try {
            const { data, channels, width, height } = decodePicture(bytes, "fuzz");
            expect(data.length).toBe(channels * width * height);
          } catch (error) {
            if (!(error instanceof FathomError)) throw error;
          }
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });
});

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("a folder of pictures", () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), "fathom-images-"));
  });
  afterEach(() => rm(home, { recursive: true }));
  const put = async (name: string, bytes: Uint8Array) => {
    await mkdir(path.dirname(path.join(home, name)), { recursive: true });
    await writeFile(path.join(home, name), bytes);
  };

  it("has its classes by name, and is split", async () => {
    for (const i of range(5)) {
      await put(`dogs/${i}.png`, png(1, [i, 0]));
      await put(`cats/${i}.PNG`, png(1, [100 + i, 0]));
    }
    await put("cats/readme.txt", new Uint8Array());
    const seen: number[] = [];
    const dataset = await loadDataset(home, { split: 0.4, onProgress: ({ done }) => seen.push(done) });
    expect(dataset).toMatchObject({
      kind: "image",
      inputShape: [1, 1, 2],
      classNames: ["cats", "dogs"],
      scale: 1 / 255,
    });
    expect([dataset.train.labels.data.length, dataset.test.labels.data.length]).toEqual([6, 4]);
    for (const split of [dataset.train, dataset.test]) {
      for (const [i, label] of split.labels.data.entries()) {
        expect(split.inputs.data[2 * i]! >= 100).toBe(label === 0);
      }
    }
    expect(seen.at(-1)).toBe(10);
  });

  it("keeps its own parts, and takes grey pictures as colours where one is in colour", async () => {
    await put("train/a/1.png", png(1, [5, 6]));
    await put("train/b/1.png", png(3, [1, 2, 3, 4, 5, 6]));
    await put("test/b/1.png", png(1, [9, 9]));
    const { train, test, inputShape } = await loadDataset(home);
    expect(inputShape).toEqual([3, 1, 2]);
    expect(toNumbers(train.inputs)).toEqual([5, 6, 5, 6, 5, 6, 1, 4, 2, 5, 3, 6]);
    expect(toNumbers(test.inputs)).toEqual([9, 9, 9, 9, 9, 9]);
    expect(toNumbers(test.labels)).toEqual([1]);
  });

  it("names the picture of another size, and the damaged one", async () => {
    await put("a/1.png", png(1, [5, 6]));
    await put("a/2.png", png(1, [5, 6], { width: 1, height: 2 }));
    const size = await refused(loadDataset(home));
    expect(size).toMatchObject({ code: "bad-shape", where: path.join(home, "a", "2.png") });
    await put("a/2.png", new TextEncoder().encode("no"));
    expect((await refused(loadDataset(home))).where).toBe(path.join(home, "a", "2.png"));
  });

  it("does not follow links in circles", async () => {
    await put("a/1.png", png(1, [5, 6]));
    await put("a/2.png", png(1, [5, 6]));
    await symlink("..", path.join(home, "a", "up"));
    await symlink("loop", path.join(home, "loop"));
    expect((await refused(loadDataset(home))).code).toBe("io");
    await rm(path.join(home, "loop"));
    await symlink(".", path.join(home, "self"));
    // `self` is a class without pictures of its own: its folders are not entered.
    expect((await loadDataset(home, { split: 0.5 })).classNames).toEqual(["a"]);
  });

  it("without pictures says what it looked for", async () => {
    await mkdir(path.join(home, "a"));
    expect((await refused(loadDataset(home))).message).toMatch(/no PNG or JPEG/);
    await rm(path.join(home, "a"), { recursive: true });
    expect((await refused(loadDataset(home))).hint).toMatch(/\.csv/);
  });
});

/** @file The IDX reader: every element type, plain and gzip, and no malformed file that is not told. */
import * as fc from "fast-check";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { idxDataset, readIdx } from "../../src/data/index.ts";
import { FathomError, sizeOf, toNumbers } from "../../src/tensor/index.ts";
import { idxBytes, smallFiles } from "./idx-bytes.ts";

const images = idxBytes(8, [2, 2, 3], [0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255]);

/** What the reader throws, or undefined. */
function failure(bytes: Uint8Array): unknown {
  try {
    readIdx(bytes, "f.gz");
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("readIdx", () => {
  it("reads unsigned bytes without copying a plain file", () => {
    const array = readIdx(images, "images");
    expect(array).toMatchObject({ dtype: "uint8", shape: [2, 2, 3] });
    expect(toNumbers(array)).toEqual([0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255]);
    expect(array.data.buffer).toBe(images.buffer);
  });

  it("reads gzip files to the same elements", () => {
    expect(toNumbers(readIdx(gzipSync(images), "f.gz"))).toEqual(toNumbers(readIdx(images, "f")));
  });

  it("reads gzip files of several members as one", () => {
    const joined = new Uint8Array([...gzipSync(images.subarray(0, 9)), ...gzipSync(images.subarray(9))]);
    expect(toNumbers(readIdx(joined, "f.gz"))).toEqual(toNumbers(readIdx(images, "f")));
  });

  it.each([
    { type: 9, elements: [0xff, 0x7f], dtype: "int32", values: [-1, 127] },
    { type: 11, elements: [0xff, 0xfe, 0x01, 0x00], dtype: "int32", values: [-2, 256] },
    { type: 12, elements: [0xff, 0xff, 0xff, 0xfd, 0, 1, 0, 0], dtype: "int32", values: [-3, 65536] },
    { type: 13, elements: [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0], dtype: "float32", values: [1.5, -2] },
    {
      type: 14,
      elements: [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0],
      dtype: "float64",
      values: [1.5, -2],
    },
  ])("reads big-endian elements of type $type", ({ type, elements, dtype, values }) => {
    const array = readIdx(idxBytes(type, [2], elements), "f");
    expect(array.dtype).toBe(dtype);
    expect(toNumbers(array)).toEqual(values);
  });

  it("reads a view into the middle of a larger buffer", () => {
    const padded = new Uint8Array([9, 9, 9, ...images, 9]);
    expect(toNumbers(readIdx(padded.subarray(3, -1), "f"))).toEqual(toNumbers(readIdx(images, "f")));
  });
});

describe("readIdx tells a malformed file, its byte and the mend:", () => {
  const set = (at: number, value: number) => {
    const bytes = images.slice();
    bytes[at] = value;
    return bytes;
  };
  const gz = gzipSync(images);
  const longer = gzipSync(new Uint8Array([...images, 1]));
  const shorter = gzipSync(images.subarray(0, -1));
  it.each<[string, Uint8Array, RegExp, RegExp]>([
    ["nothing at all", new Uint8Array(0), /ends inside its header, after 0 of 4/, /byte 0/],
    ["half a header", images.subarray(0, 10), /ends inside its header, after 10 of 16/, /byte 10/],
    ["a wrong magic number", set(0, 0x50), /starts with 50 00 08 03/, /byte 0/],
    ["an unknown type", set(2, 10), /type code 10/, /byte 2/],
    ["no axes", set(3, 0), /rank 0/, /byte 3/],
    ["too many axes", set(3, 9), /rank 9/, /byte 3/],
    ["missing elements", images.subarray(0, -1), /ends before that: 27 bytes/, /byte 27/],
    ["trailing bytes", new Uint8Array([...images, 7]), /1 bytes follow/, /byte 28/],
    ["a packed file with trailing content", longer, /goes on after the declared 28 bytes/, /f\.gz/],
    ["a packed file with missing content", shorter, /ends after 27 of the declared 28/, /f\.gz/],
    ["a packed file cut short", gz.subarray(0, -9), /damaged or cut short/, /byte \d+ or before/],
    ["a packed file that lost its last byte", gz.subarray(0, -1), /checksum/, /byte \d+/],
    ["two bytes of gzip", gz.subarray(0, 2), /cut short|ends inside/, /f\.gz/],
  ])("%s", (_, bytes, message, where) => {
    const error = failure(bytes);
    expect(error).toBeInstanceOf(FathomError);
    expect(error).toMatchObject({ code: "bad-file", message: expect.stringMatching(message) });
    expect((error as FathomError).where).toMatch(where);
    expect((error as FathomError).hint).toBeTruthy();
  });

  it("a size beyond any array, before allocating it", () => {
    expect(failure(idxBytes(14, [0xffffffff, 0xffffffff, 0xffffffff], []))).toMatchObject({
      code: "too-large",
    });
  });

  it("a size that the file cannot hold, before allocating it", () => {
    expect(failure(idxBytes(8, [2 ** 30], []))).toMatchObject({ code: "bad-file" });
    expect(failure(gzipSync(idxBytes(8, [2 ** 30], [])))).toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/cannot hold that/),
    });
  });

  it("a gzip bomb, after unpacking no more than a slice of it", () => {
    const flood = new Uint8Array(2 ** 26);
    flood.set(idxBytes(8, [4], []));
    const bomb = gzipSync(flood, { level: 1 });
    const before = process.memoryUsage().arrayBuffers;
    expect(failure(bomb)).toMatchObject({
      code: "bad-file",
      message: expect.stringMatching(/goes on after/),
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 27);
  });
});

describe("readIdx on damaged files", () => {
  /** Either a FathomError or an array that fills its shape; nothing else is thrown. */
  const told = (bytes: Uint8Array) => {
    try {
      const array = readIdx(bytes, "fuzz");
      expect(array.data.length).toBe(sizeOf(array.shape));
    } catch (error) {
      if (!(error instanceof FathomError)) throw error;
      expect(error.where).toMatch(/^fuzz/);
    }
  };
  const runs = { numRuns: 500, seed: 1 };
  const file = fc
    .tuple(
      fc.constantFrom(8, 9, 11, 12, 13, 14),
      fc.array(fc.nat(5), { maxLength: 4 }),
      fc.boolean(),
      fc.infiniteStream(fc.nat(255)),
    )
    .map(([type, shape, packed, stream]) => {
      const width = { 8: 1, 9: 1, 11: 2, 12: 4, 13: 4, 14: 8 }[type]!;
      const elements = [...stream.take(sizeOf(shape) * width)];
      const bytes = idxBytes(type, shape, elements);
      return packed ? gzipSync(bytes) : bytes;
    });

  it("random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), told), runs);
  });

  it("random bytes behind a gzip header", () => {
    const header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => told(new Uint8Array([...header, ...tail]))),
      runs,
    );
  });

  it("truncated files", () => {
    fc.assert(
      fc.property(file, fc.double({ min: 0, max: 1, noNaN: true }), (bytes, share) =>
        told(bytes.subarray(0, Math.floor(share * bytes.length))),
      ),
      runs,
    );
  });

  it("flipped bits", () => {
    fc.assert(
      fc.property(file, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), (original, flips) => {
        const bytes = original.slice();
        for (const flip of flips) bytes[flip % bytes.length]! ^= 1 << ((flip >> 8) % 8);
        told(bytes);
      }),
      runs,
    );
  });
});

describe("idxDataset", () => {
  const base = { name: "small", source: "test" };

  it("puts four files together: one channel, scale 1/255, classes by the labels", () => {
    const dataset = idxDataset({ ...base, files: smallFiles() });
    expect(dataset).toMatchObject({ kind: "image", inputShape: [1, 3, 2], classes: 4, scale: 1 / 255 });
    expect(dataset.train.inputs.shape).toEqual([7, 1, 3, 2]);
    expect(toNumbers(dataset.test.labels)).toEqual([0, 1, 2, 3, 0]);
  });

  it("takes vectors and floats as they are", () => {
    const small = smallFiles({ train: 2, test: 1 });
    const floats = (count: number) => ({
      name: "x",
      bytes: idxBytes(13, [count, 1], [0x3f, 0xc0, 0, 0].concat(count > 1 ? [0, 0, 0, 0] : [])),
    });
    const dataset = idxDataset({
      ...base,
      files: { ...small, trainInputs: floats(2), testInputs: floats(1) },
    });
    expect(dataset).toMatchObject({ kind: "vector", inputShape: [1], scale: 1 });
    expect(toNumbers(dataset.train.inputs)).toEqual([1.5, 0]);
  });

  const good = smallFiles();
  const file = (bytes: Uint8Array) => ({ name: "bad", bytes });
  it.each<[string, Partial<typeof good>, number | undefined, object]>([
    [
      "labels that do not match the images in number",
      { trainLabels: smallFiles({ train: 6 }).trainLabels },
      undefined,
      { code: "bad-shape", where: "small, train" },
    ],
    ["labels out of range", {}, 3, { code: "bad-input", where: "small, train, row 3" }],
    [
      "a class of the test split that training never saw",
      { testLabels: file(idxBytes(8, [5], [0, 1, 9, 0, 0])) },
      undefined,
      { code: "bad-input", where: "small, test, row 2" },
    ],
    [
      "labels below zero",
      { trainLabels: file(idxBytes(9, [7], [0, 255, 0, 0, 0, 0, 0])) },
      undefined,
      { code: "bad-file", where: "bad, row 1" },
    ],
    ["empty data", smallFiles({ train: 0 }), undefined, { code: "bad-input", where: "small, train" }],
    ["images without pixels", smallFiles({ height: 0 }), undefined, { code: "bad-input", where: "small" }],
    [
      "splits of different image sizes",
      { testInputs: smallFiles({ width: 3 }).testInputs },
      undefined,
      { code: "bad-shape", where: "small, test" },
    ],
    [
      "splits of different element types",
      { testInputs: file(idxBytes(13, [5, 1, 1], new Array(20).fill(0))) },
      undefined,
      { code: "bad-file" },
    ],
    [
      "images and labels the wrong way round",
      { trainInputs: good.trainLabels, trainLabels: good.trainInputs },
      undefined,
      { code: "bad-file" },
    ],
    [
      "inputs that are not finite",
      {
        trainInputs: file(
          idxBytes(13, [7, 1], [...new Array(8).fill(0), 0x7f, 0xc0, 0, 0, ...new Array(16).fill(0)]),
        ),
        testInputs: file(idxBytes(13, [5, 1], new Array(20).fill(0))),
      },
      undefined,
      { code: "bad-input", where: "small, train, row 2" },
    ],
  ])("refuses %s", (_, files, classes, expected) => {
    const read = () => idxDataset({ ...base, files: { ...good, ...files }, classes });
    expect(read).toThrow(FathomError);
    expect(read).toThrow(expect.objectContaining(expected));
  });
});

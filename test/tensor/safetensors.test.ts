/** @file Weights survive the round trip bit for bit, and every damaged file is refused with a typed error. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FathomError, type NdArray, ndarray } from "../../src/tensor/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/tensor/safetensors.ts";

/** A file assembled from the format's definition, not by our writer. */
function fileOf(header: string, data: ArrayLike<number> = []): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function refusal(bytes: Uint8Array): FathomError {
  try {
    decodeSafetensors(bytes, "w.safetensors");
  } catch (error) {
    if (error instanceof FathomError) return error;
    throw error;
  }
  throw new Error("the file was accepted");
}

const bitsOf = (array: NdArray) => [
  ...new Uint8Array(array.data.buffer, array.data.byteOffset, array.data.byteLength),
];

const anyArray: fc.Arbitrary<NdArray> = fc
  .record({
    dtype: fc.constantFrom("float32" as const, "float64" as const, "int64" as const),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
  })
  .chain(({ dtype, shape }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const width = dtype === "float32" ? 4 : 8;
    return fc.uint8Array({ minLength: size * width, maxLength: size * width }).map((raw) => {
      const buffer = raw.slice().buffer;
      const views = { float32: Float32Array, float64: Float64Array, int64: BigInt64Array } as const;
      return ndarray(dtype, shape, new views[dtype](buffer) as never);
    });
  });
const anyName = fc
  .string({ unit: "grapheme" })
  .filter((name) => !["__metadata__", "__proto__"].includes(name));

describe("safetensors", () => {
  it("reads a file laid out by hand from the format's definition", () => {
    const bytes = fileOf(
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"format":"pt"},"n":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}  ',
      [0, 0, 128, 63, 0, 0, 0, 192, 5, 0, 0, 0, 0, 0, 0, 0],
    );
    const { tensors, metadata } = decodeSafetensors(bytes, "hand");
    expect(tensors).toEqual({
      a: { dtype: "float32", shape: [2], data: Float32Array.of(1, -2) },
      n: { dtype: "int64", shape: [], data: BigInt64Array.of(5n) },
    });
    expect(metadata).toEqual({ format: "pt" });
  });

  it("returns every array bit for bit, with NaN payloads, odd names and text beside them", () => {
    const anyFile = fc.record({
      tensors: fc.dictionary(anyName, anyArray, { maxKeys: 5 }),
      metadata: fc.dictionary(anyName, fc.string({ unit: "grapheme" }), { maxKeys: 3 }),
    });
    fc.assert(
      fc.property(anyFile, ({ tensors, metadata }) => {
        const read = decodeSafetensors(encodeSafetensors(tensors, metadata), "round trip");
        expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, array] of Object.entries(tensors)) {
          const back = read.tensors[name]!;
          expect([back.dtype, back.shape]).toEqual([array.dtype, array.shape]);
          expect(bitsOf(back)).toEqual(bitsOf(array));
        }
        expect({ ...read.metadata }).toEqual({ ...metadata });
      }),
      { numRuns: 200 },
    );
  });

  it("keeps every array aligned in the file", () => {
    const bytes = encodeSafetensors({
      half: ndarray("float32", [1], [1]),
      whole: ndarray("float64", [1], [2]),
      count: ndarray("int64", [1], [3]),
    });
    const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerLength % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)));
    expect(header.whole.data_offsets[0] % 8).toBe(0);
    expect(header.count.data_offsets[0] % 8).toBe(0);
  });

  it("writes only the part of a buffer that the array views", () => {
    const view = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const bytes = encodeSafetensors({ view: ndarray("float32", [2], view) });
    expect(decodeSafetensors(bytes, "view").tensors["view"]!.data).toEqual(Float32Array.of(1, 2));
  });

  it("keeps integers, bytes and booleans too", () => {
    const tensors = {
      ids: ndarray("int32", [2], [-1, 5]),
      pixels: ndarray("uint8", [3], [0, 7, 255]),
      mask: ndarray("bool", [2], [1, 0]),
    };
    expect(decodeSafetensors(encodeSafetensors(tensors), "w").tensors).toEqual(tensors);
  });

  it("reads the half-precision types of PyTorch as float32", () => {
    // 1 and -2 in binary16 are 3c00 and c000, in bfloat16 3f80 and c000.
    const header = (code: string) => `{"h":{"dtype":"${code}","shape":[2],"data_offsets":[0,4]}}`;
    const half = ndarray("float32", [2], [1, -2]);
    expect(decodeSafetensors(fileOf(header("F16"), [0, 0x3c, 0, 0xc0]), "w").tensors["h"]).toEqual(half);
    expect(decodeSafetensors(fileOf(header("BF16"), [0x80, 0x3f, 0, 0xc0]), "w").tensors["h"]).toEqual(half);
  });

  it("refuses to write reserved names", () => {
    expect(() => encodeSafetensors({ ["__metadata__"]: ndarray("float32", [1], [1]) })).toThrow(/reserved/);
  });

  it.each<[string, Uint8Array]>([
    ["an empty file", new Uint8Array()],
    ["a header longer than the file", Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 0, 123)],
    ["an absurd header length", new Uint8Array(64).fill(255)],
    ["a header that is not JSON", fileOf("{")],
    ["a header that is a list", fileOf("[]")],
    ["deeply nested JSON", fileOf("[".repeat(200_000))],
    ["text that is not UTF-8", fileOf("{}").fill(255, 8)],
    ["a negative size", fileOf('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}')],
    ["a fractional size", fileOf('{"a":{"dtype":"F32","shape":[0.5],"data_offsets":[0,2]}}', [1, 2])],
    [
      "a size that overflows",
      fileOf('{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}'),
    ],
    ["offsets out of order", fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', [1, 2, 3, 4])],
    [
      "offsets that do not match the shape",
      fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}', [1]),
    ],
    ["data cut short", fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', [1, 2, 3])],
    ["data left over", fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', [1, 2, 3, 4, 5])],
    [
      "overlapping arrays",
      fileOf(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        [1, 2, 3, 4],
      ),
    ],
    ["a missing entry", fileOf('{"a":null}')],
    ["metadata that is not text", fileOf('{"__metadata__":{"step":3}}')],
    ["a prototype-polluting name", fileOf('{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}')],
  ])("refuses %s", (_, bytes) => {
    const error = refusal(bytes);
    expect([error.code, error.where]).toEqual(["bad-file", "w.safetensors"]);
    expect(error.hint).toBeTruthy();
  });

  it("names the tensor whose dtype it does not read", () => {
    const error = refusal(fileOf('{"h":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}', [0]));
    expect(error.code).toBe("unsupported");
    expect(error.message).toMatch(/"h".*F8_E4M3/);
  });

  it("answers any damaged file with a typed error, or with what it still says", () => {
    const valid = encodeSafetensors(
      { weight: ndarray("float32", [2, 3], [1, 2, 3, 4, 5, 6]), step: ndarray("int64", [], [7]) },
      { version: "1" },
    );
    const damage = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(damage, fc.nat(valid.length), (changes, keep) => {
        const bytes = valid.slice(0, keep > valid.length / 2 ? keep : valid.length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          decodeSafetensors(bytes, "damaged");
        } catch (error) {
          expect(error).toBeInstanceOf(FathomError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("answers random bytes with a typed error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, framed) => {
        const bytes = framed ? fileOf(String.fromCharCode(...noise.map((b) => b % 127)), noise) : noise;
        try {
          decodeSafetensors(bytes, "noise");
        } catch (error) {
          expect(error).toBeInstanceOf(FathomError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

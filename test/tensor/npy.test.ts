/** @file NumPy's arrays are read as NumPy wrote them, and every lying header is told before memory is spent. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DType,
  decodeNpy,
  decodeNpyText,
  encodeNpy,
  FathomError,
  ndarray,
  sizeOf,
  toInt32,
  toNumbers,
} from "../../src/tensor/index.ts";
import { files, numbers } from "../oracles/npy.ts";
import { refusal } from "../refusal.ts";

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

/** A version 1 file with this header text and these elements. */
function npy(header: string, elements: ArrayLike<number> = []): Uint8Array {
  const length = header.length;
  const start = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8];
  return new Uint8Array([...start, ...new TextEncoder().encode(header), ...Array.from(elements)]);
}
const header = (shape: string, descr = "'<f4'") =>
  `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;

describe("reading what NumPy wrote", () => {
  it.each(Object.entries(numbers))("numbers of type %s", (type, base64) => {
    const { shape, data } = decodeNpy(bytesOf(base64), type);
    const expected = /[if]/.test(type) ? [-2, -1, 0, 1, 2, 3] : [0, 1, 2, 3, 4, 5];
    expect(shape).toEqual([2, 3]);
    expect(Array.from(data as ArrayLike<number>, Number)).toEqual(
      type === "|b1" ? [0, 1, 1, 1, 1, 1] : expected,
    );
  });

  it("each type as the dtype that holds it", () => {
    const dtypeOf = (type: string) => decodeNpy(bytesOf(numbers[type]!), type).dtype;
    const dtypes = { "|b1": "bool", "|i1": "int32", "|u1": "uint8", "<u2": "int32", "<u4": "int64" };
    for (const [type, dtype] of Object.entries(dtypes)) expect(dtypeOf(type)).toBe(dtype);
    expect([dtypeOf("<f2"), dtypeOf(">f8"), dtypeOf("<i8")]).toEqual(["float32", "float64", "int64"]);
  });

  it("Fortran order in row-major order", () => {
    const array = decodeNpy(bytesOf(files.fortran), "f");
    expect(array.shape).toEqual([2, 3, 4]);
    expect(toNumbers(array)).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it("scalars, and versions 2 and 3", () => {
    expect(decodeNpy(bytesOf(files.scalar), "s")).toEqual(ndarray("float64", [], [1.5]));
    expect(toNumbers(decodeNpy(bytesOf(files.version2), "2"))).toEqual([0, 1, 2]);
    expect(toNumbers(decodeNpy(bytesOf(files.version3), "3"))).toEqual([0, 1, 2]);
  });

  it("text, in Unicode and in bytes", () => {
    expect(decodeNpyText(bytesOf(files.text), "t")).toEqual({ shape: [3], data: ["cat", "dög", "🐠"] });
    expect(decodeNpyText(bytesOf(files.bytes), "t").data).toEqual(["csr"]);
  });

  it("half precision to its extremes", () => {
    const bits = [0x7bff, 0x0001, 0x8000, 0x7c00, 0xfc00];
    const elements = bits.flatMap((b) => [b & 255, b >> 8]);
    // 65504 and 2^-24: the largest and smallest positive numbers of binary16.
    expect(toNumbers(decodeNpy(npy(header("(5,)", "'<f2'"), elements), "f2"))).toEqual([
      65_504,
      2 ** -24,
      -0,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
  });
});

describe("writing", () => {
  it("gives NumPy's bytes", () => {
    const written = (dtype: DType, type: string) => {
      const array = decodeNpy(bytesOf(numbers[type]!), type);
      expect(array.dtype).toBe(dtype);
      expect(Buffer.from(encodeNpy(array)).toString("base64")).toBe(numbers[type]);
    };
    written("float32", "<f4");
    written("float64", "<f8");
    written("int32", "<i4");
    written("int64", "<i8");
    written("uint8", "|u1");
    written("bool", "|b1");
    expect(Buffer.from(encodeNpy(ndarray("float64", [], [1.5]))).toString("base64")).toBe(files.scalar);
  });

  it("is read back", () => {
    const shapes = fc.array(fc.nat(4), { maxLength: 5 });
    fc.assert(
      fc.property(shapes, fc.infiniteStream(fc.float({ noNaN: true })), (shape, stream) => {
        const array = ndarray("float32", shape, Float32Array.from(stream.take(sizeOf(shape))));
        expect(decodeNpy(encodeNpy(array), "round trip")).toEqual(array);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});

describe("refusing", () => {
  it("a pickle, without running it", () => {
    const error = refusal(() => decodeNpy(bytesOf(files.object), "graph.npz: meta"));
    expect(error).toMatchObject({ code: "unsupported", where: "graph.npz: meta" });
    expect(error.message).toMatch(/pickle/);
  });

  it.each([
    ["records", files.record, /structured/],
    ["complex numbers", files.complex, /complex/],
    ["text where numbers are asked for", files.text, /text/],
  ])("%s", (_, base64, message) => {
    const error = refusal(() => decodeNpy(bytesOf(base64), "x"));
    expect(error.code).toBe("unsupported");
    expect(error.message).toMatch(message);
    expect(error.hint).toBeTruthy();
  });

  it.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array()],
    ["a magic number alone", npy("").subarray(0, 6)],
    ["version 9", npy(header("(1,)"), [0, 0, 0, 0]).fill(9, 6, 7)],
    ["a header longer than the file", npy(header("(1,)")).fill(255, 8, 10)],
    ["a shape beyond any memory", npy(header("(1000000000000, 1000000000000)"), [0, 0, 0, 0])],
    ["a shape beyond the file", npy(header("(2,)"), [0, 0, 0, 0])],
    ["a shape short of the file", npy(header("(1,)"), [0, 0, 0, 0, 0])],
    ["a negative shape", npy(header("(-1,)"))],
    ["no shape", npy("{'descr': '<f4', 'fortran_order': False}")],
    ["no order", npy("{'descr': '<f4', 'shape': (1,)}", [0, 0, 0, 0])],
    ["code instead of a literal", npy("__import__('os').system('true')")],
    ["an unknown type", npy(header("(1,)", "'<<f4'"), [0, 0, 0, 0])],
    ["65 axes", npy(header(`(${"1, ".repeat(65)})`), [0, 0, 0, 0])],
  ])("%s", (_, bytes) => {
    expect(refusal(() => decodeNpy(bytes, "x.npy"))).toMatchObject({ code: "bad-file", where: "x.npy" });
  });

  it("texts without characters in any number, and characters that are none", () => {
    expect(refusal(() => decodeNpyText(npy(header("(99999999999,)", "'<U0'")), "t")).code).toBe("bad-file");
    expect(refusal(() => decodeNpyText(npy(header("(1,)", "'<U1'"), [0, 0, 255, 0]), "t")).code).toBe(
      "bad-file",
    );
  });

  it("integers beyond int64 and int32, naming the element", () => {
    const u8 = npy(header("(2,)", "'<u8'"), [...new Array(8).fill(0), ...new Array(8).fill(255)]);
    expect(refusal(() => decodeNpy(u8, "u")).where).toBe("u, element 1");
    const big = ndarray("int64", [2], BigInt64Array.of(7n, 2n ** 31n));
    expect(refusal(() => toInt32(big, "labels"))).toMatchObject({
      code: "bad-input",
      where: "labels, element 1",
    });
    // 2^53 + 1 rounds to 2^53 as a double; it must not pass for another number.
    expect(() => toInt32(ndarray("int64", [1], BigInt64Array.of(2n ** 53n + 1n)), "x")).toThrow(FathomError);
    expect(() => toInt32(ndarray("float64", [1], [0.5]), "x")).toThrow(FathomError);
    expect(toInt32(ndarray("float64", [2], [3, -4]), "x")).toEqual(ndarray("int32", [2], [3, -4]));
  });

  it("any damaged file with a typed error, or what it still says", () => {
    const originals = [...Object.values(numbers), files.fortran, files.text, files.object].map(bytesOf);
    fc.assert(
      fc.property(
        fc.constantFrom(...originals),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(),
        (original, edits, length) => {
          const bytes = original.slice(0, length % 2 === 0 ? original.length : length % original.length);
          for (const [at, value] of edits) bytes[at % bytes.length] = value;
          for (const decode of [decodeNpy, decodeNpyText]) {
            try {
              const { shape, data } = decode(bytes, "fuzz");
              expect(data.length).toBe(sizeOf(shape));
            } catch (error) {
              if (!(error instanceof FathomError)) throw error;
            }
          }
        },
      ),
      { numRuns: 1000, seed: 2 },
    );
  });
});

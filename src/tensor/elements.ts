/**
 * @file The element types of files (NumPy's names, and bf16) and the dtype that each is read as: its own where there is one,
 * else the next larger one, exactly.
 */
import { allocate, type DType, type TypedData } from "./array.ts";
import { FathomError } from "./errors.ts";
import { halfTable } from "./half.ts";

export interface ElementType {
  readonly bytes: number;
  readonly dtype: DType;
  /** Elements in native byte order, in memory of their own or of the file. */
  readonly decode: (native: ArrayBuffer, where: string) => TypedData;
}

const plain = (bytes: number, dtype: DType, decode: ElementType["decode"]): ElementType => ({
  bytes,
  dtype,
  decode,
});
/** By NumPy's name without byte order. */
export const elementTypes: ReadonlyMap<string, ElementType> = new Map([
  ["b1", plain(1, "bool", (raw) => new Uint8Array(raw).map((byte) => Number(byte !== 0)))],
  ["i1", plain(1, "int32", (raw) => Int32Array.from(new Int8Array(raw)))],
  ["u1", plain(1, "uint8", (raw) => new Uint8Array(raw))],
  ["i2", plain(2, "int32", (raw) => Int32Array.from(new Int16Array(raw)))],
  ["u2", plain(2, "int32", (raw) => Int32Array.from(new Uint16Array(raw)))],
  ["i4", plain(4, "int32", (raw) => new Int32Array(raw))],
  ["u4", plain(4, "int64", (raw) => BigInt64Array.from(new Uint32Array(raw) as never, BigInt))],
  ["i8", plain(8, "int64", (raw) => new BigInt64Array(raw))],
  ["u8", plain(8, "int64", unsigned64)],
  // The upper half of a float32.
  ["bf16", plain(2, "float32", upperHalf)],
  ["f2", plain(2, "float32", (raw) => Float32Array.from(new Uint16Array(raw), (bits) => halfTable()[bits]!))],
  ["f4", plain(4, "float32", (raw) => new Float32Array(raw))],
  ["f8", plain(8, "float64", (raw) => new Float64Array(raw))],
]);

function unsigned64(raw: ArrayBuffer, where: string): BigInt64Array {
  const row = new BigUint64Array(raw).findIndex((n) => n >= 2n ** 63n);
  if (row < 0) return new BigInt64Array(raw);
  throw outOfRange(where, row, new BigUint64Array(raw)[row]!, "int64");
}

/** bfloat16: a float32 without its lower 16 bits. */
function upperHalf(raw: ArrayBuffer): Float32Array {
  const upper = new Uint16Array(raw);
  const bits = allocate("int32", upper.length);
  for (let i = 0; i < upper.length; i++) bits[i] = upper[i]! << 16;
  return new Float32Array(bits.buffer, bits.byteOffset, bits.length);
}

export function outOfRange(where: string, index: number, value: number | bigint, dtype: DType): FathomError {
  return new FathomError({
    code: "bad-input",
    where: `${where}, element ${index}`,
    message: `The value ${value} is no ${dtype}.`,
    hint:
      dtype === "int32" ? "Whole numbers from -2147483648 to 2147483647 are needed." : "Save it as float64.",
  });
}

/**
 * @file Products of tiles, C −= A·Bᵀ and C −= A·B, where the time of a factorisation goes: in WebAssembly, or by the native
 * matrix product of onnxruntime (`native-products.ts`) where that is installed. All tiles lie in slots of the kernel.
 */
import { bytesOf } from "../../tensor/index.ts";
import { slots, type TileKernel } from "./tile-kernel.ts";

/** Sizes of C [m, n] −= A [m, k]·B. */
export interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Addresses of the operands, row-major and without gaps. */
export interface Operands {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Products of tiles on the slots of one kernel. */
export interface Products {
  /** Where to put the numbers of B [n, k] that shall be held at `target`. */
  staging(target: number): number;
  /** Brings staged numbers into the form that `subtract` reads. */
  hold(sizes: Pick<Sizes, "n" | "k">, target: number): void;
  /** C −= A·Bᵀ with B [n, k] held. */
  subtract(sizes: Sizes, operands: Operands): void | Promise<void>;
  /** The lower triangle of C −= A·Aᵀ; what lies above becomes rubbish. */
  subtractSquare(sizes: Pick<Sizes, "n" | "k">, operands: Pick<Operands, "a" | "c">): void | Promise<void>;
  /** C −= A·B with B [k, n] as it is. */
  subtractPlain(sizes: Sizes, operands: Operands): void | Promise<void>;
}

/** Products by the Wasm kernels: right factors are packed. */
export function wasmProducts(kernel: TileKernel): Products {
  const { call } = kernel;
  const size = bytesOf[kernel.dtype];
  const operand = kernel.address(slots.operand);
  const packed = kernel.address(slots.packed);
  return {
    staging: () => operand,
    hold: ({ n, k }, target) => call.packTransposed(operand, k * size, n, k, target),
    subtract: ({ m, n, k }, { a, b, c }) => call.subtract(m, n, k, a, k * size, b, c, n * size),
    subtractSquare({ n, k }, { a, c }) {
      call.packTransposed(a, k * size, n, k, packed);
      call.subtractLower(n, k, a, k * size, packed, c, n * size);
    },
    subtractPlain({ m, n, k }, { a, b, c }) {
      call.packColumns(b, n * size, n, k, packed);
      call.subtract(m, n, k, a, k * size, packed, c, n * size);
    },
  };
}

/** So many rows are multiplied by a tile in less time than packing it takes: 8 rows 0.26 ms against 0.38. */
export const fewRows = 8;

/** Products for at most some `fewRows` rows: tiles are read as they are. */
function fewProducts(kernel: TileKernel): Products {
  const { call } = kernel;
  const size = bytesOf[kernel.dtype];
  return {
    ...wasmProducts(kernel),
    staging: (target) => target,
    hold: () => {},
    subtract: ({ m, n, k }, { a, b, c }) =>
      call.fewTransposed(m, n, k, a, k * size, b, k * size, c, n * size),
    subtractPlain: ({ m, n, k }, { a, b, c }) =>
      call.fewPlain(m, n, k, a, k * size, b, n * size, c, n * size),
  };
}

/** The Wasm products for so many rows. */
export function productsFor(kernel: TileKernel, rows: number): Products {
  return rows <= fewRows ? fewProducts(kernel) : wasmProducts(kernel);
}

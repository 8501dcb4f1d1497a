/**
 * @file One instance of the tile kernels (assembly/factor) with its memory, cut in slots of one tile each. Slots hold raw or
 * packed tiles; those from `firstFree` on are the task's.
 */
import { bytesOf, FathomError, type FloatDType } from "../../tensor/index.ts";
import { tileSize } from "./tiles.ts";

/** A matrix in memory: its address, and the bytes from row to row. */
type Strided = [address: number, stride: number];
type Pack = (...of: [...b: Strided, n: number, k: number, target: number]) => void;
/** C [m, n] less a product over k, with b packed. */
type Product = (...of: [m: number, n: number, k: number, ...a: Strided, b: number, ...c: Strided]) => void;
/** C [m, n] less a product over k, of few rows x. */
type FewProduct = (
  ...of: [m: number, n: number, k: number, ...x: Strided, ...l: Strided, ...c: Strided]
) => void;
/** X [m, n] by the factor l of a diagonal tile and the inverses of its blocks. */
type Solve = (...of: [m: number, n: number, ...l: Strided, inverses: number, ...x: Strided]) => void;

/** What assembly/factor exports, by the names without the dtype's number. */
interface TileFunctions {
  packTransposed: Pack;
  packColumns: Pack;
  subtract: Product;
  subtractLower: (...of: [n: number, k: number, ...a: Strided, b: number, ...c: Strided]) => void;
  fewTransposed: FewProduct;
  fewPlain: FewProduct;
  /** The row of a pivot that is not positive, or a negative number. */
  factorTile: (...of: [n: number, ...a: Strided, inverses: number]) => number;
  solveTransposed: Solve;
  solvePlain: Solve;
}

const names = [
  "packTransposed",
  "packColumns",
  "subtract",
  "subtractLower",
  "fewTransposed",
  "fewPlain",
  "factorTile",
  "solveTransposed",
  "solvePlain",
] as const;

/** Slots with a fixed use. */
export const slots = { target: 0, operand: 1, diagonal: 2, packed: 3 } as const;
/** The first slot without a fixed use. */
export const firstFree = 4;

/** A tile with the inverses of its blocks; packed tiles are smaller. */
export const slotNumbers = tileSize * (tileSize + 64);
const pageBytes = 65_536;
/** Where a 32-bit memory ends. */
const mostBytes = 2 ** 32 - pageBytes;

/** Bytes of the memory of a kernel with so many slots. */
export function kernelBytes(count: number, dtype: FloatDType): number {
  return count * slotNumbers * bytesOf[dtype] + 2 ** 20;
}

/** Tile kernels of one dtype on a memory of their own. */
export class TileKernel {
  readonly dtype: FloatDType;
  readonly call: TileFunctions;
  readonly #memory = new WebAssembly.Memory({ initial: 16 });
  readonly #base: number;

  constructor(module: WebAssembly.Module, dtype: FloatDType) {
    this.dtype = dtype;
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    const digits = 8 * bytesOf[dtype];
    this.call = Object.fromEntries(
      names.map((name) => [name, exports[`${name}${digits}`]]),
    ) as unknown as TileFunctions;
    this.#base = Math.ceil((exports["workspaceEnd"] as () => number)() / 64) * 64;
  }

  /** Makes room for so many slots; views from before are dead. @throws FathomError too-large beyond 4 GiB. */
  reserve(count: number): void {
    const bytes = this.address(count);
    if (bytes > mostBytes) throw tooLarge(bytes);
    const missing = Math.ceil((bytes - this.#memory.buffer.byteLength) / pageBytes);
    if (missing <= 0) return;
    try {
      this.#memory.grow(missing);
    } catch (cause) {
      throw tooLarge(bytes, cause);
    }
  }

  /** Where a slot begins. */
  address(slot: number): number {
    return this.#base + slot * slotNumbers * bytesOf[this.dtype];
  }

  /** Numbers from an address on. */
  view(address: number, length: number): Float64Array | Float32Array {
    const Kind = this.dtype === "float64" ? Float64Array : Float32Array;
    return new Kind(this.#memory.buffer, address, length);
  }
}

function tooLarge(bytes: number, cause?: unknown): FathomError {
  return new FathomError({
    code: "too-large",
    message: `A worker has no memory for the ${bytes} bytes of a row of tiles.`,
    where: "memory",
    hint: "Take fewer rows, fewer threads, or the mode float32-refined.",
    ...(cause !== undefined && { cause }),
  });
}

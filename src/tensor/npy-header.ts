/**
 * @file The header of NumPy's .npy format, versions 1 to 3: magic, version, length, and a Python literal
 * `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` (numpy.lib.format). Read by its grammar, never evaluated.
 */
import { type Shape, showShape, sizeOf } from "./array.ts";
import { FathomError } from "./errors.ts";

export interface NpyHeader {
  /** Type letter and bytes an element: `f4`, `U12` (12 characters). */
  readonly type: string;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: Shape;
  /** Offset of the first element, in bytes. */
  readonly start: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const MAX_RANK = 64;
/** Far beyond any header of a plain array. */
const MAX_HEADER = 2 ** 20;

/**
 * Reads and checks the header; the elements are not looked at.
 * @throws FathomError bad-file for what is no .npy header; unsupported for Python objects (pickles), structured and other
 * types that have no plain array.
 */
export function readNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  const { text, start } = headerText(bytes, where);
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)\b/.exec(text);
  const shape = readShape(/'shape'\s*:\s*\(([^()]*)\)/.exec(text)?.[1], where);
  if (descr === null || order === null)
    throw badNpy(where, `Its header does not state descr and fortran_order.`);
  if (descr[2] !== undefined) throw unsupportedType(where, "structured records");
  const [, byteOrder, type] = /^([<>|=]?)([a-zA-Z]\d*)$/.exec(descr[1]!) ?? [];
  if (type === undefined) throw badNpy(where, `Its type ${JSON.stringify(descr[1])} is none of NumPy's.`);
  if (type.startsWith("O")) throw pickleError(where);
  return { type, bigEndian: byteOrder === ">", fortranOrder: order[1] === "True", shape, start };
}

/**
 * Checks that the elements fill the rest of the file exactly, before anything of their size is allocated.
 * @returns The bytes of the elements.
 */
export function payload(bytes: Uint8Array, header: NpyHeader, itemSize: number, where: string): Uint8Array {
  const size = sizeOf(header.shape) * itemSize;
  const there = bytes.length - header.start;
  if (size === there) return bytes.subarray(header.start);
  throw badNpy(
    where,
    `Its header declares the shape ${showShape(header.shape)}, ${size} bytes, but ${there} bytes follow.`,
  );
}

function headerText(bytes: Uint8Array, where: string): { text: string; start: number } {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) throw badNpy(where, "It does not start as .npy data do.");
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) throw badNpy(where, `Its format version is ${version}; 1 to 3 are known.`);
  const begin = version === 1 ? 10 : 12;
  if (bytes.length < begin) throw badNpy(where, "It ends inside its header.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, begin);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = begin + length;
  if (start > bytes.length || length > MAX_HEADER) {
    throw badNpy(where, `Its header claims ${length} bytes, but the data have ${bytes.length} in all.`);
  }
  const encoding = version === 3 ? "utf-8" : "latin1";
  const text = new TextDecoder(encoding).decode(bytes.subarray(begin, start)).trim();
  if (!text.startsWith("{") || !text.endsWith("}")) throw badNpy(where, "Its header is no dictionary.");
  return { text, start };
}

function readShape(text: string | undefined, where: string): number[] {
  const lengths = (text ?? "?").split(",").map((part) => part.trim());
  // A tuple of one ends in a comma, and so may any other; () has no parts.
  if (lengths.at(-1) === "") lengths.pop();
  const shape = lengths.map((part) => (/^\d+L?$/.test(part) ? Number.parseInt(part, 10) : Number.NaN));
  if (shape.length <= MAX_RANK && shape.every(Number.isSafeInteger)) return shape;
  throw badNpy(where, "Its header does not state a shape.");
}

function pickleError(where: string): FathomError {
  return new FathomError({
    code: "unsupported",
    where,
    message: "It holds Python objects, kept as a pickle: reading it would run code, which Fathom never does.",
    hint: "Save it as numbers or text where it was written: numpy.asarray(x, dtype=...) without dtype=object.",
  });
}

export function unsupportedType(where: string, what: string): FathomError {
  return new FathomError({
    code: "unsupported",
    where,
    message: `It holds ${what}; Fathom reads booleans, integers and floats of up to 8 bytes.`,
    hint: "Convert it with numpy's astype before saving.",
  });
}

export function badNpy(where: string, message: string): FathomError {
  const hint = "The file is damaged, cut short or of another kind; write or download it again.";
  return new FathomError({ code: "bad-file", where, message, hint });
}

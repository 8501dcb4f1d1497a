/**
 * @file Bounded gunzip over fflate, for Node and pages alike: a file that unpacks to more than its content
 * declares (a gzip bomb) costs one slice of work and no memory, and the CRC, which fflate skips, is checked.
 */
import { Gunzip } from "fflate";
import { FathomError } from "../tensor/index.ts";

/** Compressed bytes fed at a time; deflate unpacks at most 1032 : 1, so a slice gives 34 MB at worst. */
const SLICE = 32 * 1024;
/** Largest possible ratio of unpacked to packed bytes (zlib, "Maximum expansion factor"). */
export const MAX_DEFLATE_RATIO = 1032;
const MEND = "Download it again, or unpack it with gunzip and pass the plain file.";

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The first `length` unpacked bytes, or fewer when there are no more.
 * @param where The file, for messages.
 * @throws FathomError bad-file when the gzip data is damaged before that.
 */
export function gunzipHead(bytes: Uint8Array, length: number, where: string): Uint8Array {
  const head = new Uint8Array(length);
  let filled = 0;
  unpack(bytes, where, (chunk) => {
    const part = chunk.subarray(0, length - filled);
    head.set(part, filled);
    filled += part.length;
    return filled < length;
  });
  return head.subarray(0, filled);
}

/**
 * All the unpacked bytes, which must number `length`; unpacking stops as soon as there are more.
 * @throws FathomError bad-file when the data is damaged, shorter or longer.
 */
export function gunzipExactly(bytes: Uint8Array, length: number, where: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let filled = 0;
  const complete = unpack(bytes, where, (chunk) => {
    if (filled + chunk.length > length) {
      throw badGzip(where, `Its content goes on after the declared ${length} bytes.`, MEND);
    }
    out.set(chunk, filled);
    filled += chunk.length;
    return true;
  });
  if (filled < length) {
    throw badGzip(where, `Its content ends after ${filled} of the declared ${length} bytes.`, MEND);
  }
  if (complete) checkTrailer(bytes, out, where);
  return out;
}

/** Feeds slices until `take` returns false; true when everything was unpacked and was a single member. */
function unpack(bytes: Uint8Array, where: string, take: (chunk: Uint8Array) => boolean): boolean {
  let going = true;
  let members = 1;
  const gunzip = new Gunzip((chunk) => {
    if (going && chunk.length > 0) going = take(chunk);
  });
  gunzip.onmember = () => members++;
  for (let from = 0; going && from < bytes.length; from += SLICE) {
    try {
      gunzip.push(bytes.subarray(from, from + SLICE), from + SLICE >= bytes.length);
    } catch (cause) {
      if (cause instanceof FathomError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw badGzip(
        `${where}, byte ${Math.min(from + SLICE, bytes.length)} or before`,
        `The gzip data is damaged or cut short: ${reason}.`,
        MEND,
        cause,
      );
    }
  }
  return going && members === 1;
}

/** RFC 1952: the last eight bytes are the CRC-32 and the length of the content. */
function checkTrailer(bytes: Uint8Array, content: Uint8Array, where: string): void {
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  if (trailer.getUint32(0, true) !== crc32(content) || trailer.getUint32(4, true) !== content.length >>> 0) {
    throw badGzip(
      `${where}, byte ${bytes.length - 8}`,
      "The content does not match the checksum at the end of the gzip data.",
      MEND,
    );
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}

function badGzip(where: string, message: string, hint: string, cause?: unknown): FathomError {
  return new FathomError({ code: "bad-file", where, message, hint, cause });
}

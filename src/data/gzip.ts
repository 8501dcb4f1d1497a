/**
 * @file Bounded gunzip over fflate, for Node and pages alike: a file that unpacks to more than its content
 * declares (a gzip bomb) costs one slice of work and no memory, and the CRC, which fflate skips, is checked.
 */
import { Gunzip } from "fflate";
import { crc32, FathomError } from "../tensor/index.ts";

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

/**
 * The unpacked bytes chunk by chunk, of content of any length: what has been yielded need not be kept.
 * @throws FathomError bad-file when the data is damaged or cut short, at the point where that shows.
 */
export async function* gunzipChunks(
  packed: AsyncIterable<Uint8Array>,
  where: string,
): AsyncGenerator<Uint8Array> {
  const unpacker = new Unpacker(where);
  for await (const chunk of packed) {
    for (let from = 0; from < chunk.length; from += SLICE) {
      yield* unpacker.push(chunk.subarray(from, from + SLICE));
    }
  }
  yield* unpacker.end();
}

/** fflate's stream with the checksum that it skips. */
class Unpacker {
  readonly #where: string;
  readonly #gunzip: Gunzip;
  #ready: Uint8Array[] = [];
  #crc = 0;
  #length = 0;
  #packed = 0;
  #members = 1;
  /** One slice is held back: the stream must be told which is the last. */
  #held: Uint8Array | undefined;
  #trailer: Uint8Array = new Uint8Array(0);

  constructor(where: string) {
    this.#where = where;
    this.#gunzip = new Gunzip((chunk) => {
      if (chunk.length > 0) this.#ready.push(chunk);
    });
    this.#gunzip.onmember = () => this.#members++;
  }

  push(slice: Uint8Array): Uint8Array[] {
    const held = this.#held;
    this.#held = slice.slice();
    this.#trailer = new Uint8Array([...this.#trailer, ...slice.subarray(-8)]).slice(-8);
    return held === undefined ? [] : this.#feed(held, "more follows");
  }

  end(): Uint8Array[] {
    const chunks = this.#held === undefined ? [] : this.#feed(this.#held, "last");
    if (this.#members > 1) return chunks;
    const view = new DataView(this.#trailer.buffer);
    const right = this.#trailer.length === 8 && view.getUint32(0, true) === this.#crc;
    if (right && view.getUint32(4, true) === this.#length % 2 ** 32) return chunks;
    throw badGzip(
      `${this.#where}, byte ${Math.max(0, this.#packed - 8)}`,
      "The content does not match the checksum at the end of the gzip data: it is damaged or cut short.",
      MEND,
    );
  }

  #feed(slice: Uint8Array, place: "last" | "more follows"): Uint8Array[] {
    this.#packed += slice.length;
    try {
      this.#gunzip.push(slice, place === "last");
    } catch (cause) {
      throw damaged(this.#where, this.#packed, cause);
    }
    const chunks = this.#ready;
    this.#ready = [];
    for (const chunk of chunks) {
      this.#crc = crc32(chunk, this.#crc);
      this.#length += chunk.length;
    }
    return chunks;
  }
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
      throw damaged(where, Math.min(from + SLICE, bytes.length), cause);
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

function damaged(where: string, byte: number, cause: unknown): FathomError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return badGzip(
    `${where}, byte ${byte} or before`,
    `The gzip data is damaged or cut short: ${reason}.`,
    MEND,
    cause,
  );
}

function badGzip(where: string, message: string, hint: string, cause?: unknown): FathomError {
  return new FathomError({ code: "bad-file", where, message, hint, cause });
}

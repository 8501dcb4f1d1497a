/** @file The regular files of a tar archive (POSIX ustar) as its bytes stream by: only those that are wanted are kept. */
import { FathomError } from "../tensor/index.ts";

const BLOCK = 512;

/**
 * @param wanted The largest size of a file that is kept, by its base name; undefined for what is passed over.
 * @returns Contents by base name. Nothing is written anywhere, so paths of the archive mean nothing.
 * @throws FathomError bad-file for what is no tar archive or is cut short; too-large for a wanted file beyond its size.
 */
export async function filesOfTar(
  chunks: AsyncIterable<Uint8Array>,
  wanted: (name: string) => number | undefined,
  where: string,
): Promise<Map<string, Uint8Array>> {
  const archive = new Archive(wanted, where);
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) at += archive.take(chunk.subarray(at));
  }
  archive.end();
  return archive.files;
}

/** The archive as far as it has come. */
class Archive {
  readonly files = new Map<string, Uint8Array>();
  readonly #wanted: (name: string) => number | undefined;
  readonly #where: string;
  readonly #header = new Uint8Array(BLOCK);
  #headerFilled = 0;
  /** The file that is read, if it is kept. */
  #current: Uint8Array | undefined;
  #filled = 0;
  /** Bytes of the file, and of its last block, that are still to come. */
  #content = 0;
  #padding = 0;

  constructor(wanted: (name: string) => number | undefined, where: string) {
    this.#wanted = wanted;
    this.#where = where;
  }

  /** Takes some of the bytes, at least one, and tells how many. */
  take(bytes: Uint8Array): number {
    if (this.#content > 0) return this.#takeContent(bytes.subarray(0, this.#content));
    if (this.#padding > 0) {
      const skipped = Math.min(bytes.length, this.#padding);
      this.#padding -= skipped;
      return skipped;
    }
    return this.#takeHeader(bytes.subarray(0, BLOCK - this.#headerFilled));
  }

  /** @throws FathomError bad-file when more should have come. */
  end(): void {
    if (this.#content > 0 || this.#headerFilled > 0)
      throw badTar(this.#where, "The archive ends inside a file.");
  }

  #takeContent(part: Uint8Array): number {
    this.#current?.set(part, this.#filled);
    this.#filled += part.length;
    this.#content -= part.length;
    return part.length;
  }

  #takeHeader(part: Uint8Array): number {
    this.#header.set(part, this.#headerFilled);
    this.#headerFilled += part.length;
    if (this.#headerFilled === BLOCK) this.#begin(readHeader(this.#header, this.#where));
    return part.length;
  }

  #begin({ name, size, regular }: Entry): void {
    this.#headerFilled = 0;
    this.#content = size;
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
    const most = regular ? this.#wanted(name) : undefined;
    if (most !== undefined && size > most) throw tooLarge(this.#where, name, most);
    this.#current = most === undefined ? undefined : new Uint8Array(size);
    this.#filled = 0;
    if (this.#current !== undefined) this.files.set(name, this.#current);
  }
}

interface Entry {
  readonly name: string;
  readonly size: number;
  readonly regular: boolean;
}

function readHeader(block: Uint8Array, where: string): Entry {
  // The archive ends in blocks of zeros.
  if (block.every((byte) => byte === 0)) return { name: "", size: 0, regular: false };
  const text = (from: number, length: number) =>
    new TextDecoder("latin1").decode(block.subarray(from, from + length)).replace(/\0.*$/s, "");
  const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  const size = Number.parseInt(text(124, 12).trim() || "0", 8);
  if (Number.parseInt(text(148, 8).trim(), 8) !== sum || !(Number.isSafeInteger(size) && size >= 0)) {
    throw badTar(where, "A header of the archive is damaged, or it is no tar archive.");
  }
  const type = text(156, 1);
  return { name: text(0, 100).replace(/^.*\//, ""), size, regular: type === "" || type === "0" };
}

function tooLarge(where: string, name: string, most: number): FathomError {
  return new FathomError({
    code: "too-large",
    where: `${where}: ${name}`,
    message: `The file has more than its ${most} bytes.`,
    hint: "The archive holds something else under this name; download it again.",
  });
}

function badTar(where: string, message: string): FathomError {
  return new FathomError({ code: "bad-file", where, message, hint: "Download the archive again." });
}

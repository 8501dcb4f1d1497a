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
  const files = new Map<string, Uint8Array>();
  const header = new Uint8Array(BLOCK);
  let headerFilled = 0;
  let current: Uint8Array | undefined;
  let filled = 0;
  /** Bytes of the file, and of its last block, that are still to come. */
  let content = 0;
  let padding = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (content + padding === 0) {
        const part = chunk.subarray(at, at + BLOCK - headerFilled);
        header.set(part, headerFilled);
        headerFilled += part.length;
        at += part.length;
        if (headerFilled < BLOCK) continue;
        headerFilled = 0;
        const entry = readHeader(header, where);
        content = entry.size;
        padding = (BLOCK - (content % BLOCK)) % BLOCK;
        const most = entry.regular ? wanted(entry.name) : undefined;
        if (most !== undefined && content > most) throw tooLarge(where, entry.name, most);
        current = most === undefined ? undefined : new Uint8Array(content);
        filled = 0;
        if (current !== undefined) files.set(entry.name, current);
        continue;
      }
      const part = chunk.subarray(at, at + (content > 0 ? content : padding));
      if (content > 0) {
        current?.set(part, filled);
        filled += part.length;
        content -= part.length;
      } else padding -= part.length;
      at += part.length;
    }
  }
  if (content > 0 || headerFilled > 0) throw badTar(where, "The archive ends inside a file.");
  return files;
}

function readHeader(block: Uint8Array, where: string): { name: string; size: number; regular: boolean } {
  // The archive ends in blocks of zeros.
  if (block.every((byte) => byte === 0)) return { name: "", size: 0, regular: false };
  const text = (from: number, length: number) =>
    new TextDecoder("latin1").decode(block.subarray(from, from + length)).replace(/\0.*$/s, "");
  const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  const size = Number.parseInt(text(124, 12).trim() || "0", 8);
  if (Number.parseInt(text(148, 8).trim(), 8) !== sum || !Number.isSafeInteger(size)) {
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

/**
 * @file Where readers take their bytes from: a file, or bytes in memory (a page's upload, a test). Text formats are read
 * chunk by chunk, so that memory holds the result and not the file.
 */
import { FathomError } from "../tensor/index.ts";
import { gunzipChunks, isGzip } from "./gzip.ts";

/** Bytes that can be read once or again, and the name that errors call them by. */
export interface ByteSource {
  readonly name: string;
  /** Bytes in all, packed as they are; undefined where it is not known. */
  readonly size: number | undefined;
  chunks(): AsyncIterable<Uint8Array>;
}

/** Largest file that is read whole, in bytes. */
const MAX_WHOLE = 2 ** 32;

/** @example await loadDataset(bytesSource("mine.csv", bytes)) */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    async *chunks() {
      for (let from = 0; from < bytes.length; from += 65_536) yield bytes.subarray(from, from + 65_536);
    },
  };
}

/** A file (Node only); how many bytes are read so far is told to `onBytes`. */
export async function fileSource(path: string, onBytes?: (done: number) => void): Promise<ByteSource> {
  const { default: fs } = await import("node:fs");
  const { ioError } = await import("./places.ts");
  const read = (error: unknown) => ioError(error, path, "read");
  const stat = await fs.promises.stat(path).catch((error) => {
    throw read(error);
  });
  return {
    name: path,
    // Pipes and devices have no size.
    size: stat.isFile() ? stat.size : undefined,
    async *chunks() {
      let done = 0;
      try {
        for await (const chunk of fs.createReadStream(path, { highWaterMark: 262_144 })) {
          done += chunk.length;
          onBytes?.(done);
          yield chunk as Uint8Array;
        }
      } catch (error) {
        throw error instanceof FathomError ? error : read(error);
      }
    },
  };
}

/** The content chunk by chunk: unpacked where it is gzip. */
export async function* contentOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  const chunks = source.chunks()[Symbol.asyncIterator]();
  try {
    const first = await chunks.next();
    if (first.done) return;
    const all = rejoined(first.value, chunks);
    yield* isGzip(first.value) ? gunzipChunks(all, source.name) : all;
  } finally {
    await chunks.return?.();
  }
}

async function* rejoined(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/**
 * All the bytes, as they are.
 * @throws FathomError too-large beyond 4 GiB; io when they cannot be read.
 */
export async function readWhole(source: ByteSource): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source.chunks()) {
    size += chunk.length;
    if (size > MAX_WHOLE) {
      throw new FathomError({
        code: "too-large",
        where: source.name,
        message: `The file has more than ${MAX_WHOLE} bytes.`,
        hint: "Split the data set, or write it as CSV or libsvm, which are read in pieces.",
      });
    }
    parts.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

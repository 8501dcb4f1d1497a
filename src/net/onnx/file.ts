/** @file ONNX files: size checked before reading, external data only from the model's own folder. */

import { FathomError } from "../../tensor/index.ts";
import { MAX_MODEL_BYTES, tooLarge } from "./decode.ts";
import { type OnnxInput, onnxInputs } from "./describe.ts";
import { modelError, quoted } from "./errors.ts";
import type { ByteRange } from "./external.ts";
import { type ImportedModel, type ImportOptions, importOnnx } from "./import.ts";

type FileSystem = typeof import("node:fs");
type Paths = typeof import("node:path");

/**
 * Reads a model from a file; weights that lie beside it are read from its folder, never from outside.
 * @param path The `.onnx` file.
 * @throws FathomError as {@link importOnnx}; not-found or bad-file when the file cannot be read, too-large above 2 GB.
 * @example const model = await readOnnxFile("model.onnx", { dims: { batch: 1 } });
 */
export async function readOnnxFile(
  path: string,
  options: Omit<ImportOptions, "external"> = {},
): Promise<ImportedModel> {
  const [fs, paths] = await Promise.all([import("node:fs"), import("node:path")]);
  const bytes = readWhole(fs, path);
  const folder = fs.realpathSync(paths.dirname(path));
  return importOnnx(bytes, {
    ...options,
    external: (location, range) => readPart(fs, paths, { folder, location, range }),
  });
}

/**
 * The inputs of a model in a file, open dimensions by name.
 * @throws FathomError as {@link readOnnxFile}.
 * @example (await readOnnxInputs("model.onnx"))[0].dims
 */
export async function readOnnxInputs(path: string): Promise<OnnxInput[]> {
  return onnxInputs(readWhole(await import("node:fs"), path));
}

function readWhole(fs: FileSystem, path: string): Uint8Array {
  try {
    const { size } = fs.statSync(path);
    if (size > MAX_MODEL_BYTES) throw tooLarge(size, path);
    return fs.readFileSync(path);
  } catch (cause) {
    if (cause instanceof FathomError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const missing = code === "ENOENT" || code === "ENOTDIR";
    throw new FathomError({
      code: missing ? "not-found" : "bad-file",
      message: missing ? `There is no file ${path}.` : `${path} cannot be read: ${message}.`,
      where: path,
      hint: "Name an .onnx file.",
      cause,
    });
  }
}

interface Part {
  readonly folder: string;
  readonly location: string;
  readonly range: ByteRange;
}

/** Links are followed before it is decided whether a file lies in the folder. */
function readPart(fs: FileSystem, paths: Paths, { folder, location, range }: Part): Uint8Array {
  try {
    const path = fs.realpathSync(paths.join(folder, location));
    if (!path.startsWith(folder.endsWith(paths.sep) ? folder : folder + paths.sep)) throw outside(location);
    const { size } = fs.statSync(path);
    if (!(range.offset + range.length <= size)) {
      const message = `${quoted(location)} has ${size} bytes; the model wants bytes ${range.offset} to ${range.offset + range.length}.`;
      throw modelError({ message, where: location });
    }
    return readRange(fs, path, range);
  } catch (cause) {
    if (cause instanceof FathomError) throw cause;
    const message = `The model's data ${quoted(location)} cannot be read: ${(cause as Error).message}.`;
    throw new FathomError({
      code: "not-found",
      message,
      where: location,
      hint: "Keep the files of external data beside the model.",
      cause,
    });
  }
}

function readRange(fs: FileSystem, path: string, { offset, length }: ByteRange): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = fs.openSync(path, "r");
  try {
    for (let done = 0; done < length; ) {
      // One call of the system reads less than 2 GB.
      const read = fs.readSync(file, bytes, done, Math.min(length - done, 2 ** 30), offset + done);
      if (read === 0) return bytes.subarray(0, done);
      done += read;
    }
    return bytes;
  } finally {
    fs.closeSync(file);
  }
}

function outside(location: string): Error {
  return modelError({
    message: `The model's data ${quoted(location)} lie outside its folder.`,
    where: location,
    hint: "External data must lie in the folder of the model or below it.",
  });
}

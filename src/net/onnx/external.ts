/** @file Tensor data kept beside the model in other files: where they may lie, and which part of them is wanted. */
import type { TensorProto } from "onnx-buf";
import { FathomError } from "../../tensor/index.ts";
import { modelError, quoted } from "./errors.ts";

/** A part of a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Gives a part of a file beside the model; `location` is a relative path that does not leave the model's folder. */
export type ReadExternal = (location: string, range: ByteRange) => Uint8Array;

/**
 * The bytes of a tensor that lies outside the model.
 * @param length The bytes that its shape needs.
 * @throws FathomError bad-file for a location outside the model's folder or a length that does not fit; not-found when there
 * is nothing to read with.
 */
export function readExternal(
  proto: TensorProto,
  length: number,
  where: string,
  read: ReadExternal | undefined,
): Uint8Array {
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = checkLocation(entries.get("location") ?? "", where);
  const offset = wholeNumber(entries.get("offset") ?? "0", where);
  const stated = wholeNumber(entries.get("length") ?? String(length), where);
  if (stated !== length) {
    throw modelError({
      message: `${where} needs ${length} bytes by its shape; its external data are ${stated}.`,
      where,
    });
  }
  if (read === undefined) {
    throw new FathomError({
      code: "not-found",
      message: `${where} lies in the file ${quoted(location)} beside the model.`,
      where,
      hint: "Read the model with readOnnxFile, or give the option external.",
    });
  }
  const bytes = length === 0 ? new Uint8Array() : read(location, { offset, length });
  if (bytes.length === length) return bytes;
  throw modelError({
    message: `${where} needs ${length} bytes; ${quoted(location)} gives ${bytes.length}.`,
    where,
  });
}

/** Relative, in forward slashes, never upwards: anything else could name a file that the model has no business with. */
function checkLocation(location: string, where: string): string {
  const parts = location.split("/");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here.
  const odd = location === "" || /[\\\u0000-\u001f]/.test(location) || /^[A-Za-z]:/.test(location);
  if (!odd && !location.startsWith("/") && !parts.includes("..")) return location;
  throw modelError({
    message: `${where} names external data at ${quoted(location)}, which is no path inside the model's folder.`,
    where,
    hint: "External data must lie in the folder of the model or below it.",
  });
}

function wholeNumber(text: string, where: string): number {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
  throw modelError({
    message: `${where} has external data at ${quoted(text)}, which is no position.`,
    where,
  });
}

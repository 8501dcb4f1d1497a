/**
 * @file NumPy's .npz archives: a zip of .npy arrays by key, read lazily (graphs.md §10 for the bounds), and written so
 * that equal arrays give equal bytes.
 */
import { zipSync } from "fflate";
import type { NdArray } from "./array.ts";
import { FathomError } from "./errors.ts";
import { decodeNpy, decodeNpyText, encodeNpy, type TextArray } from "./npy.ts";
import { readZipDirectory, unpackMember } from "./zip.ts";

/** An archive opened: only what is asked for is unpacked. */
export interface Npz {
  /** The file's name. */
  readonly where: string;
  /** Without `.npy`, in the order of the archive. */
  readonly keys: readonly string[];
  has(key: string): boolean;
  /**
   * One array.
   * @throws FathomError not-found listing the keys; what `decodeNpy` throws, and bad-file for damaged data.
   */
  read(key: string): NdArray;
  /** One array of text. @throws FathomError as `read`. */
  readText(key: string): TextArray;
}

/**
 * Opens an archive. Names are only names: nothing is written anywhere, and of two members with one name the last counts,
 * as in Python.
 * @param bytes The whole file.
 * @param where Its name, for messages.
 * @throws FathomError bad-file for what is no zip archive; too-large for zip bombs: beyond 4 GiB unpacked, or a member
 * of more than 16 MiB that claims more than 1000 times its packed size.
 * @example decodeNpz(await readFile("graph.npz"), "graph.npz").read("labels")
 */
export function decodeNpz(bytes: Uint8Array, where: string): Npz {
  const members = new Map(
    readZipDirectory(bytes, where).map((member) => [member.name.replace(/\.npy$/, ""), member]),
  );
  const keys = [...members.keys()];
  const open = (key: string): [Uint8Array, string] => {
    const member = members.get(key);
    if (member === undefined) throw missing(where, key, keys);
    const place = `${where}: ${key}`;
    return [unpackMember(bytes, member, place), place];
  };
  return {
    where,
    keys,
    has: (key) => members.has(key),
    read: (key) => decodeNpy(...open(key)),
    readText: (key) => decodeNpyText(...open(key)),
  };
}

/**
 * Writes arrays as one archive, in the order given. Time stamps are fixed, so equal input gives equal bytes.
 * @param arrays By key; a key is a file name without a slash at its start.
 * @param options `compression`: "deflate" (unless said) or "none".
 * @throws FathomError bad-input for a key that is empty; too-large beyond 4 GiB.
 * @example await writeFile("data.npz", encodeNpz({ x, y }))
 */
export function encodeNpz(
  arrays: Readonly<Record<string, NdArray>>,
  { compression = "deflate" }: { readonly compression?: "deflate" | "none" } = {},
): Uint8Array {
  // The first day that zip can tell, in local time as fflate writes it: the same bytes in every zone.
  const options = { mtime: new Date(1980, 0, 1), level: compression === "none" ? 0 : 6 } as const;
  const entries = Object.entries(arrays).map(([key, array]) => {
    if (key === "") throw badKey();
    return [`${key}.npy`, [encodeNpy(array), options]] as const;
  });
  const total = entries.reduce((sum, [, [{ length }]]) => sum + length, 0);
  if (total >= 2 ** 32) {
    throw new FathomError({
      code: "too-large",
      message: `The arrays take ${total} bytes; an archive holds less than 4 GiB.`,
      hint: "Write several files, or .npy files.",
    });
  }
  return zipSync(Object.fromEntries(entries) as unknown as Parameters<typeof zipSync>[0]);
}

function badKey(): FathomError {
  return new FathomError({
    code: "bad-input",
    message: "An array has an empty key.",
    hint: "Give it a name.",
  });
}

function missing(where: string, key: string, keys: readonly string[]): FathomError {
  const shown = keys.slice(0, 20).join(", ") + (keys.length > 20 ? ", …" : "");
  return new FathomError({
    code: "not-found",
    where,
    message: `There is no array "${key}".`,
    hint: keys.length === 0 ? "The archive is empty." : `The archive has ${shown}.`,
  });
}

/** @file Lines of a text file, plain or gzip, read in pieces: a line of any length costs bounded memory. */
import { FathomError } from "../tensor/index.ts";
import { type ByteSource, contentOf } from "./source.ts";

/** Consecutive lines, without their ends. */
export interface LineBatch {
  /** Number of the first line, from 1. */
  readonly first: number;
  readonly lines: readonly string[];
}

/** A longer line is no row of a table. In characters. */
export const MAX_LINE = 2 ** 24;

/**
 * The lines in batches, as they arrive. A byte-order mark is dropped, lines end in LF or CRLF, and the last one need not.
 * @throws FathomError bad-file for bytes that are not UTF-8 text; too-large for a line of more than 16 Mi characters;
 * what reading and unpacking throw.
 * @example for await (const { first, lines } of lineBatches(source)) for (const [i, text] of lines.entries()) use(text, first + i);
 */
export async function* lineBatches(source: ByteSource): AsyncGenerator<LineBatch> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let first = 1;
  let open: string[] = [];
  let openLength = 0;
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw notText(source.name, first, cause);
    }
  };
  for await (const chunk of contentOf(source)) {
    const lines = decode(chunk).split("\n");
    const rest = lines.pop()!;
    if (lines.length > 0) {
      lines[0] = open.join("") + lines[0]!;
      yield { first, lines: lines.map(withoutReturn) };
      first += lines.length;
      open = [];
      openLength = 0;
    }
    open.push(rest);
    openLength += rest.length;
    if (openLength > MAX_LINE) throw tooLong(source.name, first);
  }
  const last = open.join("") + decode();
  if (last !== "") yield { first, lines: [withoutReturn(last)] };
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** `file.csv, line 3`: how errors name a place in a text file. */
export function linePlace(name: string, line: number): string {
  return `${name}, line ${line}`;
}

function notText(name: string, line: number, cause: unknown): FathomError {
  return new FathomError({
    code: "bad-file",
    where: `${linePlace(name, line)} or after`,
    message: "The file is not UTF-8 text.",
    hint: "Save it as UTF-8, or check that it is the right file.",
    cause,
  });
}

export function tooLong(name: string, line: number): FathomError {
  return new FathomError({
    code: "too-large",
    where: linePlace(name, line),
    message: `A line, or the text in one pair of quotes, is longer than ${MAX_LINE} characters.`,
    hint: "Rows end in a line feed and quotes are closed; check that the file is what its name says.",
  });
}

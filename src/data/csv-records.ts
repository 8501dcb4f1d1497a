/**
 * @file Records of delimited text. Lines without quotes are cut at the delimiter, at the speed of the engine; from the first
 * quote on, blocks of whole records go through csv-parse, which knows RFC 4180.
 */
import { type CsvError, parse } from "csv-parse/sync";
import { FathomError } from "../tensor/index.ts";
import { lineBatches, linePlace, MAX_LINE, tooLong } from "./lines.ts";
import type { ByteSource } from "./source.ts";

/** One record and the line that it starts on, from 1. */
export type TakeRecord = (cells: string[], line: number) => void;

/** Characters that are worth a call of the parser. */
const BLOCK = 2 ** 16;
const delimiters = [",", "\t", ";"] as const;

/**
 * Calls `take` with each record; empty lines are left out.
 * @param delimiter One character; found in the first line unless said.
 * @throws FathomError bad-file for quotes that do not match, naming the line, and what `lineBatches` throws.
 */
export async function eachRecord(
  source: ByteSource,
  delimiter: string | undefined,
  take: TakeRecord,
): Promise<void> {
  let separator = delimiter;
  let quoted: QuotedBlock | undefined;
  for await (const { first, lines } of lineBatches(source)) {
    for (const [i, line] of lines.entries()) {
      if (quoted === undefined) {
        if (line.trim() === "") continue;
        separator ??= delimiterOf(line);
        if (!line.includes('"')) {
          take(line.split(separator), first + i);
          continue;
        }
        quoted = new QuotedBlock(source.name, separator, take);
      }
      quoted.add(line, first + i);
    }
  }
  quoted?.flush();
}

/** The delimiter that occurs most often in a line outside of quotes; a comma where none does. */
function delimiterOf(line: string): string {
  const bare = line.replaceAll(/"(?:[^"]|"")*"/g, "");
  const counts = delimiters.map((candidate) => bare.split(candidate).length - 1);
  return delimiters[counts.indexOf(Math.max(...counts))]!;
}

/** Lines kept until they are whole records. */
class QuotedBlock {
  readonly #name: string;
  readonly #delimiter: string;
  readonly #take: TakeRecord;
  #lines: string[] = [];
  #first = 1;
  #length = 0;
  /** Inside quotes the number of quotes so far is odd. */
  #open = false;

  constructor(name: string, delimiter: string, take: TakeRecord) {
    this.#name = name;
    this.#delimiter = delimiter;
    this.#take = take;
  }

  add(line: string, number: number): void {
    if (this.#lines.length === 0) this.#first = number;
    // Lines of spaces are empty lines here as they are before the first quote.
    this.#lines.push(this.#open || line.trim() !== "" ? line : "");
    this.#length += line.length + 1;
    if ((line.split('"').length - 1) % 2 === 1) this.#open = !this.#open;
    if (this.#length > MAX_LINE && this.#open) throw tooLong(this.#name, this.#first);
    if (this.#length > BLOCK && !this.#open) this.flush();
  }

  flush(): void {
    for (const { record, info } of this.#parse()) this.#take(record, this.#first - 1 + info.lines);
    this.#lines = [];
    this.#length = 0;
  }

  /** With `info`, each record comes with the line that it ends on. */
  #parse(): { record: string[]; info: { lines: number } }[] {
    try {
      return parse(this.#lines.join("\n"), {
        delimiter: this.#delimiter,
        info: true,
        relax_column_count: true,
        skip_empty_lines: true,
      }) as unknown as { record: string[]; info: { lines: number } }[];
    } catch (cause) {
      const { lines } = cause as CsvError & { lines?: number };
      throw new FathomError({
        code: "bad-file",
        where: linePlace(this.#name, this.#first - 1 + (lines ?? 1)),
        message: "The quotes do not match.",
        hint: 'A quoted cell is "like this", with its own quotes doubled: "5"" pipe".',
        cause,
      });
    }
  }
}

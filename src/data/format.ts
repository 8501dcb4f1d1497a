/** @file One file format, one record: its name, its extensions, which options it takes, and how it is read. */
import type { Dataset } from "./dataset.ts";
import type { ReadOptions } from "./options.ts";
import type { ByteSource } from "./source.ts";

/** The files of one data set. */
export interface DataFiles {
  /** What the data set is called. */
  readonly name: string;
  readonly train: ByteSource;
  /** Test rows of their own; without them the reader splits. */
  readonly test?: ByteSource | undefined;
}

/** A format of data files: how it is recognised, and how it is read. */
export interface DataFormat {
  readonly name: string;
  /** Of file names, lower case: `.csv`. */
  readonly extensions: readonly string[];
  /** Whether `.csv.gz` and the like are read too. */
  readonly packing: "plain" | "plain or gzip";
  /** One line for lists: what such a file holds. */
  readonly summary: string;
  readonly options: readonly (keyof ReadOptions)[];
  /** @throws FathomError naming the file, and the row and column at fault. */
  read(files: DataFiles, options: ReadOptions): Promise<Dataset>;
}

/**
 * States a format.
 * @example export const csv = defineFormat({ name: "csv", extensions: [".csv"], … });
 */
export function defineFormat(format: DataFormat): DataFormat {
  return format;
}

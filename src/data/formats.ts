/** @file The formats that data sets are read in: a line here for each record. */

import { FathomError } from "../tensor/index.ts";
import { npz, safetensors } from "./arrays-dataset.ts";
import { csv } from "./csv.ts";
import type { Dataset } from "./dataset.ts";
import type { DataFiles, DataFormat } from "./format.ts";
import { jsonl } from "./jsonl.ts";
import { libsvm } from "./libsvm.ts";
import type { ReadOptions } from "./options.ts";
import { asBinary, taskOf } from "./tasks.ts";

/** Formats of files, found by extension. */
export const fileFormats: readonly DataFormat[] = [csv, libsvm, jsonl, npz, safetensors];

/** Layouts of folders, in the order in which a folder is tried (read-path.ts). */
export const folderLayouts = [
  { name: "cifar10", summary: "data_batch_1.bin to 5 and test_batch.bin, or cifar-10-binary.tar.gz" },
  { name: "idx", summary: "train-images-idx3-ubyte and its three companions, plain or gzip" },
  { name: "train and test files", summary: "train.csv and test.csv, or any other format above" },
  {
    name: "images",
    summary: "PNG or JPEG pictures in a folder for each class; train/ and test/ above them where given",
  },
] as const;

/** The format of a file name, if it has one; a packed name only where the format is read packed. */
export function formatOf(name: string): DataFormat | undefined {
  const lower = name.toLowerCase();
  const bare = lower.replace(/\.gz$/, "");
  return fileFormats.find(({ extensions, packing }) =>
    extensions.some((extension) => (packing === "plain" ? lower : bare).endsWith(extension)),
  );
}

/**
 * Reads the files of a data set in the format that the training file's name tells.
 * @throws FathomError unsupported for a name of no known format; bad-input for an option that the format has no use for;
 * what the reader throws.
 * @example await readDataFiles({ name: "mine", train: bytesSource("mine.csv", bytes) }, { label: "species" })
 */
export async function readDataFiles(files: DataFiles, options: ReadOptions = {}): Promise<Dataset> {
  const format = formatOf(files.train.name);
  if (format === undefined) throw unknownFormat(files.train.name);
  if (files.test !== undefined && formatOf(files.test.name) !== format) {
    throw new FathomError({
      code: "bad-input",
      where: files.test.name,
      message: `The test file is not in the format of ${files.train.name} (${format.name}).`,
      hint: "Give both parts in one format.",
    });
  }
  refuseOptions(options, format.options, `${files.name} (${format.name})`);
  const dataset = await format.read(files, options);
  return options.task === "binary" && taskOf(dataset) === "classes" ? asBinary(dataset) : dataset;
}

/** Refuses options that a format has no use for, rather than to ignore them. */
export function refuseOptions(
  options: ReadOptions,
  taken: readonly (keyof ReadOptions)[],
  where: string,
): void {
  const names: Record<keyof ReadOptions, true> = {
    label: true,
    task: true,
    target: true,
    delimiter: true,
    header: true,
    text: true,
    bag: true,
    tokens: true,
    length: true,
    vocabulary: true,
    shape: true,
    split: true,
    splitSeed: true,
  };
  for (const name of Object.keys(names) as (keyof ReadOptions)[]) {
    if (options[name] === undefined || taken.includes(name)) continue;
    throw new FathomError({
      code: "bad-input",
      where: `${where}, ${name}`,
      message: `The option ${name} does not apply to this data.`,
      hint: taken.length === 0 ? "Leave it out." : `Leave it out; what applies is ${taken.join(", ")}.`,
    });
  }
}

/** Extensions and layouts, for hints. */
export function readable(): string {
  const extensions = fileFormats.flatMap((format) => format.extensions);
  return `Read are files ${extensions.join(" ")}, and folders of IDX files, of CIFAR-10, of train and test files, or of pictures by class.`;
}

function unknownFormat(name: string): FathomError {
  return new FathomError({
    code: "unsupported",
    where: name,
    message: "The file's name tells no format that is read.",
    hint: readable(),
  });
}

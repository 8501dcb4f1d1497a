/**
 * @file CIFAR-10 in its binary version (Krizhevsky 2009): files of records, one byte label and 3 × 32 × 32 bytes of red, green
 * and blue. Read from the unpacked folder or from the archive as it is downloaded (Node only).
 */
import fs from "node:fs/promises";
import path from "node:path";
import { FathomError, ndarray } from "../tensor/index.ts";
import {
  CIFAR10_ARCHIVE,
  CIFAR10_FILES,
  CIFAR10_FOLDER,
  CIFAR10_TEST,
  CIFAR10_TRAIN,
} from "./cifar10-files.ts";
import { checkedDataset, type Dataset, type Split } from "./dataset.ts";
import { ioError, namesIn } from "./places.ts";
import { contentOf, fileSource, readWhole } from "./source.ts";
import { filesOfTar } from "./tar.ts";

const PIXELS = 3 * 32 * 32;
const RECORD = 1 + PIXELS;
/** A batch has 10,000 records; smaller ones are read as well. */
const MAX_FILE = 10_000 * RECORD;
const classNames = "airplane automobile bird cat deer dog frog horse ship truck".split(" ");

/** Whether a folder with these names holds the data set: its files, a folder of them, or the archive. */
export function holdsCifar10(names: readonly string[]): boolean {
  return (
    names.includes(CIFAR10_ARCHIVE) ||
    names.includes(CIFAR10_FOLDER) ||
    names.some((n) => CIFAR10_FILES.includes(n))
  );
}

/**
 * Reads the folder that holds the batches, the folder of them, or the archive.
 * @throws FathomError not-found naming a file that is missing; bad-file for one that is no list of records, naming the byte;
 * bad-input for a label above 9.
 * @example await readCifar10("data/cifar-10-batches-bin", "cifar10")
 */
export async function readCifar10(folder: string, name: string): Promise<Dataset> {
  const files = await batches(folder);
  const source = (file: string) => path.join(folder, file);
  const bytesOf = (file: string) => {
    const bytes = files.get(file);
    if (bytes !== undefined) return { name: source(file), bytes };
    throw new FathomError({
      code: "not-found",
      where: folder,
      message: `There is no ${file} in ${folder}.`,
      hint: `CIFAR-10 is ${CIFAR10_FILES.join(", ")}, or the archive ${CIFAR10_ARCHIVE}.`,
    });
  };
  return checkedDataset({
    name,
    kind: "image",
    inputShape: [3, 32, 32],
    classes: 10,
    classNames,
    scale: 1 / 255,
    train: records(CIFAR10_TRAIN.map(bytesOf)),
    test: records([bytesOf(CIFAR10_TEST)]),
    source: folder,
  });
}

async function batches(folder: string): Promise<Map<string, Uint8Array>> {
  const names = await namesIn(folder);
  const loose = names.some((name) => CIFAR10_FILES.includes(name));
  if (!loose && names.includes(CIFAR10_FOLDER)) return batches(path.join(folder, CIFAR10_FOLDER));
  if (!loose && names.includes(CIFAR10_ARCHIVE)) {
    const archive = await fileSource(path.join(folder, CIFAR10_ARCHIVE));
    const wanted = (name: string) => (CIFAR10_FILES.includes(name) ? MAX_FILE : undefined);
    return filesOfTar(contentOf(archive), wanted, archive.name);
  }
  const files = new Map<string, Uint8Array>();
  for (const name of names.filter((found) => CIFAR10_FILES.includes(found))) {
    const file = path.join(folder, name);
    const { size } = await fs.stat(file).catch((error) => {
      throw ioError(error, file, "read");
    });
    if (size > MAX_FILE) throw badBatch(file, `The file has ${size} bytes, a batch at most ${MAX_FILE}.`);
    files.set(name, await readWhole(await fileSource(file)));
  }
  return files;
}

function records(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Split {
  const count = files.reduce((sum, { name, bytes }) => sum + recordsIn(bytes, name), 0);
  const inputs = new Uint8Array(count * PIXELS);
  const labels = new Int32Array(count);
  let row = 0;
  for (const { name, bytes } of files) {
    for (let at = 0; at < bytes.length; at += RECORD, row++) {
      labels[row] = bytes[at]!;
      if (labels[row]! > 9) {
        throw new FathomError({
          code: "bad-input",
          where: `${name}, record ${at / RECORD + 1}`,
          message: `The label ${labels[row]} is out of range: there are 10 classes, 0 to 9.`,
          hint: "The file is damaged or of another data set (CIFAR-100 has two labels a record).",
        });
      }
      inputs.set(bytes.subarray(at + 1, at + RECORD), row * PIXELS);
    }
  }
  return { inputs: ndarray("uint8", [count, 3, 32, 32], inputs), labels: ndarray("int32", [count], labels) };
}

function recordsIn(bytes: Uint8Array, name: string): number {
  if (bytes.length > 0 && bytes.length % RECORD === 0) return bytes.length / RECORD;
  const last = Math.floor(bytes.length / RECORD) * RECORD;
  throw badBatch(
    `${name}, byte ${last}`,
    `The file ends inside a record: ${bytes.length} bytes, ${RECORD} a record.`,
  );
}

function badBatch(where: string, message: string): FathomError {
  return new FathomError({
    code: "bad-file",
    where,
    message,
    hint: "Take the binary version of CIFAR-10 (cifar-10-binary.tar.gz) and unpack it again.",
  });
}

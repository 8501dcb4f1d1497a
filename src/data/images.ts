/**
 * @file A folder of pictures in a folder for each class, `cats/001.png`; with `train/` and `test/` above them where the parts
 * are given. All of one size; grey if all are grey, else in colour. Folders are not followed deeper, so links cannot loop.
 */
import type { Dirent } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { FathomError, ndarray } from "../tensor/index.ts";
import { checkedDataset, type Dataset } from "./dataset.ts";
import { LabelColumn } from "./labels.ts";
import { type ReadOptions, withInputShape } from "./options.ts";
import { decodePicture, type Picture, pictureSize } from "./picture.ts";
import { ioError, systemCode } from "./places.ts";
import { bytesSource } from "./source.ts";
import { badRow, partition } from "./table.ts";

const PICTURE = /\.(png|jpe?g)$/i;
/** 2 GiB of pixels, and no file of them larger than 64 MiB. */
const MAX_BYTES = 2 ** 31;
const MAX_FILE = 2 ** 26;
const PARTS = { train: ["train", "training"], test: ["test", "val", "valid", "validation"] } as const;

/** Told after each picture. */
export type OnPicture = (done: number, total: number) => void;

/**
 * Reads a folder of pictures; classes are the names of the folders in ascending order.
 * @throws FathomError bad-shape naming a picture of another size; bad-file naming one that is damaged; not-found when there
 * are none; too-large beyond 2 GiB of pixels; io for links that lead nowhere or in circles.
 * @example await readImages("flowers", "flowers", { split: 0.25 })
 */
export async function readImages(
  folder: string,
  name: string,
  options: ReadOptions = {},
  onPicture?: OnPicture,
): Promise<Dataset> {
  const folders = await subfolders(folder);
  const part = (names: readonly string[]) => folders.find((found) => names.includes(found.toLowerCase()));
  const [training, testing] = [part(PARTS.train), part(PARTS.test)];
  const parted = training !== undefined && testing !== undefined;
  const roots = parted ? [path.join(folder, training), path.join(folder, testing)] : [folder];
  const lists = await Promise.all(roots.map(picturesIn));
  const total = lists.reduce((sum, list) => sum + list.length, 0);
  const pixels = await readPixels(lists.flat(), total, onPicture);
  const columns = lists.map(labelColumn);
  const files = {
    name,
    train: bytesSource(roots[0]!, new Uint8Array()),
    test: parted ? bytesSource(roots[1]!, new Uint8Array()) : undefined,
  };
  const [train, test] = columns as [LabelColumn, LabelColumn?];
  const rows = (labels: LabelColumn) => ({ count: labels.codes.length, labels });
  const split = partition(files, { train: rows(train), test: test && rows(test) }, options);
  const start = parted ? train.codes.length : 0;
  const dataset = checkedDataset({
    ...split.facts,
    source: folder,
    kind: "image",
    inputShape: pixels.shape,
    scale: 1 / 255,
    train: { ...split.facts.train, inputs: pixels.take(split.trainRows, 0) },
    test: { ...split.facts.test, inputs: pixels.take(split.testRows, start) },
  });
  return withInputShape(dataset, options.shape);
}

interface PictureFile {
  readonly file: string;
  readonly className: string;
}

async function picturesIn(root: string): Promise<PictureFile[]> {
  const found: PictureFile[] = [];
  for (const className of await subfolders(root)) {
    const folder = path.join(root, className);
    const names = (await entries(folder)).map((entry) => entry.name).filter((name) => PICTURE.test(name));
    found.push(...names.sort().map((name) => ({ file: path.join(folder, name), className })));
  }
  if (found.length > 0) return found;
  throw new FathomError({
    code: "not-found",
    where: root,
    message: `There are no PNG or JPEG pictures in folders of ${root}.`,
    hint: "Put the pictures of each class into a folder of its name: cats/001.png, dogs/001.png.",
  });
}

/** Names in ascending order, hidden ones left out. */
async function subfolders(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await entries(folder)) {
    if (entry.name.startsWith(".")) continue;
    if (
      entry.isDirectory() ||
      (entry.isSymbolicLink() && (await leadsToFolder(path.join(folder, entry.name))))
    )
      names.push(entry.name);
  }
  return names.sort();
}

async function leadsToFolder(link: string): Promise<boolean> {
  const found = await fs.stat(link).catch((error) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw ioError(error, link, "read");
  });
  return found?.isDirectory() === true;
}

async function entries(folder: string): Promise<Dirent[]> {
  return fs.readdir(folder, { withFileTypes: true }).catch((error) => {
    throw ioError(error, folder, "read");
  });
}

function labelColumn(list: readonly PictureFile[]): LabelColumn {
  const column = new LabelColumn("the folders");
  for (const { file, className } of list) column.add(className, file);
  return column;
}

/** Pixels of all pictures; grey ones are kept as they are until one in colour comes. */
class Pixels {
  readonly #first: Picture;
  readonly #firstFile: string;
  #channels: 1 | 3;
  #data: Uint8Array;
  #count = 0;
  readonly #total: number;

  constructor(first: Picture, file: string, total: number) {
    this.#first = first;
    this.#firstFile = file;
    this.#total = total;
    this.#channels = first.channels;
    this.#data = this.#allocate();
  }

  get shape(): [number, number, number] {
    return [this.#channels, this.#first.height, this.#first.width];
  }

  add(picture: Picture): void {
    const area = picture.width * picture.height;
    if (picture.channels > this.#channels) this.#toColour(area);
    const at = this.#count * this.#channels * area;
    for (let c = 0; c < this.#channels; c++) {
      const plane = picture.channels === 1 ? 0 : c;
      this.#data.set(picture.data.subarray(plane * area, (plane + 1) * area), at + c * area);
    }
    this.#count++;
  }

  /** @throws FathomError bad-shape naming both files. */
  checkSize({ width, height }: { width: number; height: number }, file: string): void {
    const { width: w, height: h } = this.#first;
    if (width === w && height === h) return;
    throw new FathomError({
      code: "bad-shape",
      where: file,
      message: `The picture has ${width} × ${height} pixels, ${this.#firstFile} has ${w} × ${h}.`,
      hint: "Bring all pictures to one size first.",
    });
  }

  take(rows: Int32Array, start: number) {
    const [channels, height, width] = this.shape;
    const size = channels * height * width;
    const out = new Uint8Array(rows.length * size);
    for (const [i, row] of rows.entries()) {
      out.set(this.#data.subarray((start + row) * size, (start + row + 1) * size), i * size);
    }
    return ndarray("uint8", [rows.length, ...this.shape], out);
  }

  #allocate(): Uint8Array {
    const size = this.#total * this.#channels * this.#first.width * this.#first.height;
    if (size <= MAX_BYTES) return new Uint8Array(size);
    throw new FathomError({
      code: "too-large",
      where: this.#firstFile,
      message: `${this.#total} pictures like this one have ${size} bytes of pixels; up to ${MAX_BYTES} are read.`,
      hint: "Make the pictures smaller, or use fewer.",
    });
  }

  #toColour(area: number): void {
    const grey = this.#data;
    this.#channels = 3;
    this.#data = this.#allocate();
    for (let i = 0; i < this.#count; i++) {
      const plane = grey.subarray(i * area, (i + 1) * area);
      for (let c = 0; c < 3; c++) this.#data.set(plane, (3 * i + c) * area);
    }
  }
}

async function readPixels(
  list: readonly PictureFile[],
  total: number,
  onPicture: OnPicture | undefined,
): Promise<Pixels> {
  let pixels: Pixels | undefined;
  for (const [i, { file }] of list.entries()) {
    const bytes = await readPicture(file);
    pixels?.checkSize(pictureSize(bytes, file), file);
    const picture = decodePicture(bytes, file);
    pixels ??= new Pixels(picture, file, total);
    pixels.add(picture);
    onPicture?.(i + 1, total);
  }
  return pixels!;
}

async function readPicture(file: string): Promise<Uint8Array> {
  try {
    const stat = await fs.stat(file);
    if (!stat.isFile()) throw badRow(file, "It is no file.", "Remove it from the folder of the class.");
    if (stat.size > MAX_FILE) {
      throw badRow(file, `The file has ${stat.size} bytes; up to ${MAX_FILE} are read.`, "Make it smaller.");
    }
    return await fs.readFile(file);
  } catch (error) {
    throw error instanceof FathomError ? error : ioError(error, file, "read");
  }
}

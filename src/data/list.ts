/** @file What the catalogue holds and what of it is on this machine (Node only). */
import { catalogue } from "./catalogue.ts";
import { fileFormats, folderLayouts } from "./formats.ts";
import { folderOf } from "./places.ts";

export interface ListedDataset {
  readonly name: string;
  readonly description: string;
  readonly trainSize: number;
  readonly testSize: number;
  /** Whether `loadDataset` would find it now. */
  readonly available: boolean;
  /** The folder of its files; none for generated sets. */
  readonly path?: string;
  /** Bytes to download; none for generated sets. */
  readonly bytes?: number;
}

/**
 * The data sets known by name, and where they are.
 * @example (await listDatasets()).filter(({ available }) => available)
 */
export async function listDatasets(): Promise<ListedDataset[]> {
  return Promise.all(
    catalogue.map(async (entry): Promise<ListedDataset> => {
      const { name, description, trainSize, testSize } = entry;
      const facts = { name, description, trainSize, testSize };
      if (entry.kind === "generated") return { ...facts, available: true };
      const path = await folderOf(entry);
      const bytes = entry.files.reduce((sum, file) => sum + file.bytes, 0);
      return { ...facts, available: path !== undefined, bytes, ...(path === undefined ? {} : { path }) };
    }),
  );
}

export interface ListedFormat {
  readonly name: string;
  /** Of files; none for folders. */
  readonly extensions: readonly string[];
  readonly summary: string;
}

/**
 * What `loadDataset` reads from a path: formats of files, then layouts of folders.
 * @example listFormats().map(({ name }) => name) // ["csv", "libsvm", …]
 */
export function listFormats(): ListedFormat[] {
  return [
    ...fileFormats.map(({ name, extensions, packing, summary }) => ({
      name,
      extensions:
        packing === "plain" ? extensions : extensions.flatMap((extension) => [extension, `${extension}.gz`]),
      summary,
    })),
    ...folderLayouts.map(({ name, summary }) => ({ name, extensions: [], summary })),
  ];
}

/** @file The data sets that Fathom knows by name: what they are, where they come from, how a copy is checked. */
import type { Shape } from "../tensor/index.ts";
import { CIFAR10_ARCHIVE, CIFAR10_FILES, CIFAR10_FOLDER } from "./cifar10-files.ts";

export interface Checksum {
  /** Of the file as it is, or of its content after gunzip: copies packed anew differ as files only. */
  readonly of: "file" | "content";
  readonly algorithm: "md5" | "sha256";
  readonly hex: string;
}

export interface DataFile {
  readonly name: string;
  /** Size at the mirrors, in bytes. */
  readonly bytes: number;
  readonly checksum: Checksum;
}

interface EntryFacts {
  readonly name: string;
  readonly description: string;
  readonly inputShape: Shape;
  readonly classes: number;
  readonly trainSize: number;
  readonly testSize: number;
}

/** Made on the spot, in any number; the sizes are the defaults. */
export interface GeneratedEntry extends EntryFacts {
  readonly kind: "generated";
}

/** Files that are fetched once. */
export interface DownloadableEntry extends EntryFacts {
  readonly kind: "downloadable";
  /** Four IDX files, or the batches of CIFAR-10; IDX unless said. */
  readonly format?: "idx" | "cifar10";
  readonly files: readonly DataFile[];
  /** Sets of names that do in their place: what they unpack to. */
  readonly alternatives?: readonly (readonly string[])[];
  /** Folders that hold all the files; tried in this order. */
  readonly mirrors: readonly string[];
}

export type CatalogueEntry = GeneratedEntry | DownloadableEntry;

const contentSha256 = (hex: string): Checksum => ({ of: "content", algorithm: "sha256", hex });
const fileMd5 = (hex: string): Checksum => ({ of: "file", algorithm: "md5", hex });

/** Every data set that `loadDataset` knows by name. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    name: "digits",
    kind: "generated",
    description: "handwritten-looking digits, generated: no download, unlimited",
    inputShape: [1, 28, 28],
    classes: 10,
    trainSize: 10_000,
    testSize: 2_000,
  },
  {
    name: "mnist",
    kind: "downloadable",
    description: "handwritten digits (LeCun, Cortes, Burges 1998)",
    inputShape: [1, 28, 28],
    classes: 10,
    trainSize: 60_000,
    testSize: 10_000,
    // Of the content: the original files and later repackings of them unpack to the same bytes.
    files: [
      {
        name: "train-images-idx3-ubyte.gz",
        bytes: 9_912_422,
        checksum: contentSha256("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
      },
      {
        name: "train-labels-idx1-ubyte.gz",
        bytes: 28_881,
        checksum: contentSha256("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
      },
      {
        name: "t10k-images-idx3-ubyte.gz",
        bytes: 1_648_877,
        checksum: contentSha256("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
      },
      {
        name: "t10k-labels-idx1-ubyte.gz",
        bytes: 4_542,
        checksum: contentSha256("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
      },
    ],
    mirrors: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
  },
  {
    name: "fashion-mnist",
    kind: "downloadable",
    description: "articles of clothing (Xiao, Rasul, Vollgraf 2017)",
    inputShape: [1, 28, 28],
    classes: 10,
    trainSize: 60_000,
    testSize: 10_000,
    // As its authors publish them.
    files: [
      {
        name: "train-images-idx3-ubyte.gz",
        bytes: 26_421_880,
        checksum: fileMd5("8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
      },
      {
        name: "train-labels-idx1-ubyte.gz",
        bytes: 29_515,
        checksum: fileMd5("25c81989df183df01b3e8a0aad5dffbe"),
      },
      {
        name: "t10k-images-idx3-ubyte.gz",
        bytes: 4_422_102,
        checksum: fileMd5("bef4ecab320f06d8554ea6380940ec79"),
      },
      {
        name: "t10k-labels-idx1-ubyte.gz",
        bytes: 5_148,
        checksum: fileMd5("bb300cfdad3c16e7a12a480ee83cd310"),
      },
    ],
    mirrors: [
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ],
  },
  {
    name: "cifar10",
    kind: "downloadable",
    format: "cifar10",
    description: "small colour pictures of ten kinds of things (Krizhevsky 2009)",
    inputShape: [3, 32, 32],
    classes: 10,
    trainSize: 50_000,
    testSize: 10_000,
    // As its author publishes it, with the checksum of its page.
    files: [
      { name: CIFAR10_ARCHIVE, bytes: 170_052_171, checksum: fileMd5("c32a1d4ab5d03f1284b67883e8d87530") },
    ],
    alternatives: [[CIFAR10_FOLDER], CIFAR10_FILES],
    mirrors: ["https://www.cs.toronto.edu/~kriz/"],
  },
];

/** The entry of a name, if it is known. */
export function catalogueEntry(name: string): CatalogueEntry | undefined {
  return catalogue.find((entry) => entry.name === name);
}

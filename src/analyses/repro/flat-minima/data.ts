/**
 * @file The data of the cases. Every seed has a draw of its own: fresh rows of a generated set, or other rows of a real one.
 * All draws of a case lie in one data set, so that one compiled trainer serves them by their rows.
 */
import {
  blockLinks,
  blockNodes,
  type Dataset,
  digits,
  fileSource,
  joinDraws,
  loadDataset,
  readGraphNodes,
  relabel,
  searchFolders,
  textTopics,
  visionPrototypes,
} from "../../../data/index.ts";
import { FathomError, type Key, ndarray, permutation } from "../../../tensor/index.ts";

/** Rows of one seed: to train on, to choose ρ by, to report errors of. */
export interface Draw {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

export interface CaseData {
  readonly dataset: Dataset;
  /** One a seed. */
  readonly draws: readonly Draw[];
}

/** Rows of a draw. The validation rows are labelled as the training rows are, and so as noisy. */
interface Sizes {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** The data for so many seeds, or why they are not there. */
export type DataMaker = (key: Key, seeds: number) => Promise<CaseData | string>;

const range = (from: number, count: number) => Int32Array.from({ length: count }, (_, i) => from + i);

/** A set that is drawn anew for every seed. */
function drawnAnew(
  make: (key: Key, train: number) => Dataset,
  { train, validation }: Pick<Sizes, "train" | "validation">,
): DataMaker {
  return async (key, seeds) => {
    const draws = range(0, seeds);
    const sets = Array.from(draws, (seed) => make(key.split("draw").split(seed), train + validation));
    const [all, test] = [sets[0]!.train.labels.data.length, sets[0]!.test.labels.data.length];
    return {
      dataset: joinDraws(sets),
      draws: Array.from(draws, (seed) => ({
        train: range(seed * all, train),
        validation: range(seed * all + train, validation),
        test: range(seed * test, test),
      })),
    };
  };
}

/** The vision set of training.md §1.6; `relabelled` is its share of 30 % unless said. */
export function vision(relabelled?: number): DataMaker {
  const make = (key: Key, train: number) =>
    visionPrototypes({ key, train, ...(relabelled === undefined ? {} : { relabelled }) });
  return drawnAnew(make, { train: 800, validation: 200 });
}

/** The text set of §1.6. */
export function text(relabelled?: number): DataMaker {
  const make = (key: Key, train: number) =>
    textTopics({ key, train, ...(relabelled === undefined ? {} : { relabelled }) });
  return drawnAnew(make, { train: 500, validation: 200 });
}

/** The graph set of §1.6. */
export function graph(relabelled?: number): DataMaker {
  const make = (key: Key, train: number) =>
    blockNodes({ key, train, ...(relabelled === undefined ? {} : { relabelled }) });
  return drawnAnew(make, { train: 200, validation: 100 });
}

/** Links of a block graph; `train` counts links and other pairs. */
export function links(relabelled: number): DataMaker {
  const make = (key: Key, train: number) => blockLinks({ key, train: train / 2, relabelled });
  return drawnAnew(make, { train: 800, validation: 200 });
}

/** Generated digits, some of them relabelled. */
export function generatedDigits(relabelled: number): DataMaker {
  const sizes = { train: 1000, validation: 200 };
  return drawnAnew((key, count) => {
    const training = digits({ key: key.split("train"), count });
    const noisy = relabel(training.labels.data, {
      key: key.split("relabel"),
      share: relabelled,
      classes: 10,
    });
    return {
      name: "digits",
      kind: "image",
      inputShape: [1, 28, 28],
      classes: 10,
      scale: 1 / 255,
      train: { ...training, labels: ndarray("int32", [count], noisy) },
      test: digits({ key: key.split("test"), count: 1000 }),
      source: `generated (key ${key})`,
    };
  }, sizes);
}

/** Rows of a real data set, other ones for every seed. */
function drawnFrom(load: () => Promise<Dataset>, { train, validation, test }: Sizes): DataMaker {
  return async (key, seeds) => {
    const dataset = await whereThere(load);
    if (typeof dataset === "string") return dataset;
    const [all, tests] = [dataset.train.labels.data.length, dataset.test.labels.data.length];
    return {
      dataset,
      draws: Array.from({ length: seeds }, (_, seed) => {
        const order = permutation(key.split("rows").split(seed), all);
        const asked = permutation(key.split("test").split(seed), tests);
        return {
          train: order.slice(0, train),
          validation: order.slice(train, train + validation),
          test: asked.slice(0, test),
        };
      }),
    };
  };
}

/** What is not on this machine is no error: its cases are left out and named. */
async function whereThere<T>(load: () => Promise<T>): Promise<T | string> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof FathomError && ["not-found", "io"].includes(error.code)) return error.message;
    throw error;
  }
}

/** A data set by its name: `mnist`, or a file in `$FATHOM_DATA`. */
export function named(name: string, sizes: Sizes): DataMaker {
  return drawnFrom(() => loadDataset(name), sizes);
}

/** Nodes of a citation graph, a file of `$FATHOM_DATA/graphs`, with features propagated twice. */
export function citations(name: string, sizes: Sizes): DataMaker {
  return drawnFrom(async () => {
    for (const folder of searchFolders("graphs")) {
      const dataset = await whereThere(async () => readGraphNodes(await fileSource(`${folder}/${name}.npz`)));
      if (typeof dataset !== "string") return { ...dataset, name };
    }
    const message = `The graph ${name} is not on this machine: looked for ${name}.npz in ${searchFolders("graphs").join(" and ")}.`;
    throw new FathomError({
      code: "not-found",
      message,
      where: name,
      hint: "Put it there, or set FATHOM_DATA.",
    });
  }, sizes);
}

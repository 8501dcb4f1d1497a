/**
 * @file Texts with labels or targets as a data set: token ids of a fixed length for an embedding, or bags of words, a vector
 * whose coordinate i says how often the token of id i occurs.
 */
import { checkedDataset, type Dataset } from "./dataset.ts";
import type { DataFiles } from "./format.ts";
import type { ReadOptions } from "./options.ts";
import { badRow, checkDenseSize, partition, type Rows } from "./table.ts";
import { type BagKind, bags, encodingOf, type Texts, tokenizers } from "./tokens.ts";

/** Rows of one file. */
export interface TextRows extends Rows {
  readonly texts: Texts;
}

/** @throws FathomError bad-input for a tokeniser or a bag that there is not. */
export function checkTextOptions({ tokens, bag }: ReadOptions, name: string): void {
  if (tokens !== undefined && !tokenizers.includes(tokens)) {
    const message = `There is no tokeniser ${JSON.stringify(tokens)}.`;
    throw badRow(`${name}, tokens`, message, `Give ${tokenizers.join(" or ")}.`);
  }
  if (bag !== undefined && !bags.includes(bag)) {
    throw badRow(`${name}, bag`, `There is no bag ${JSON.stringify(bag)}.`, `Give ${bags.join(" or ")}.`);
  }
}

/**
 * The rows of a file as a data set, split where there are no test rows; ids and frequencies are those of the training rows.
 * @throws FathomError bad-input for options that do not go together and as `encodingOf`; too-large beyond 2 GiB.
 */
export function textDataset(
  files: DataFiles,
  { train, test }: { readonly train: TextRows; readonly test: TextRows | undefined },
  options: ReadOptions,
): Dataset {
  const { shape, bag, length } = options;
  if (shape !== undefined) {
    throw badRow(`${files.name}, shape`, "Texts have no other shape.", "Give the length instead.");
  }
  if (bag !== undefined && length !== undefined) {
    throw badRow(`${files.name}, length`, "Bags count whole texts.", "Leave out the length, or the bag.");
  }
  const { trainRows, testRows, facts } = partition(files, { train, test }, options);
  const encoding = encodingOf(train.texts, trainRows, options, files.train.name);
  const rows = { train: trainRows, test: testRows };
  const texts = { train: train.texts, test: (test ?? train).texts };
  const width = bag === undefined ? encoding.length : encoding.vocabulary.size;
  checkDenseSize(trainRows.length + testRows.length, width, files.train.name);
  const weigh = bag === undefined ? undefined : encoding.weigher(bag);
  const inputs = (part: "train" | "test") =>
    weigh === undefined ? encoding.encode(texts[part], rows[part]) : weigh(texts[part], rows[part]);
  const note =
    bag === undefined
      ? cutNote(
          encoding.length,
          [encoding.cut(texts.train, trainRows), encoding.cut(texts.test, testRows)],
          trainRows.length + testRows.length,
        )
      : bagNotes[bag];
  return checkedDataset({
    ...facts,
    source: `${facts.source}${note}`,
    kind: bag === undefined ? "ids" : "vector",
    inputShape: [width],
    scale: 1,
    vocabulary: encoding.vocabulary,
    train: { ...facts.train, inputs: inputs("train") },
    test: { ...facts.test, inputs: inputs("test") },
  });
}

const bagNotes: Readonly<Record<BagKind, string>> = {
  counts: "; bags of words, counts / √length",
  tfidf: "; bags of words, tf-idf",
};

function cutNote(length: number, cuts: readonly [number, number], rows: number): string {
  const cut = cuts[0] + cuts[1];
  return cut === 0 ? "" : `; ${cut} of ${rows} texts cut to ${length} tokens`;
}

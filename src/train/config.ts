/**
 * @file The config of a run as JSON: everything that its bits depend on, so that a run folder can tell whether it may be
 * resumed. Data and rows are named by fingerprint.
 */
import { createHash } from "node:crypto";
import { type Dataset, taskOf } from "../data/index.ts";
import type { NdArray } from "../tensor/index.ts";
import { version } from "../version.ts";
import type { Recipe } from "./recipe.ts";
import type { Json, JsonObject } from "./run-folder.ts";
import type { TrainOptions } from "./train-options.ts";

/**
 * The network, the data, every option that is not only a matter of speed, and the library's version. How often metrics
 * are taken belongs to it, because a resumed run goes on writing the same lines.
 */
export function configOf(recipe: Recipe, options: TrainOptions): JsonObject {
  const { checkpointEvery: _, rows, validationRows, ...rest } = recipe;
  const { dataset, model, key, initial } = options;
  return {
    fathom: version,
    net: model.net as unknown as Json,
    data: { name: dataset.name, ...fingerprint(dataset) },
    ...(rest as unknown as JsonObject),
    rows: rows === undefined ? "all" : { count: rows.length, sha256: hash([rows]) },
    validationRows:
      validationRows === undefined
        ? "none"
        : { count: validationRows.length, sha256: hash([validationRows]) },
    key: key.toString(),
    initial: initial === undefined ? "drawn" : { sha256: hashArrays(initial) },
    device: options.options?.device ?? "cpu",
  };
}

function fingerprint(dataset: Dataset): JsonObject {
  const { train, test, scale } = dataset;
  const targets = [train.targets, test.targets].flatMap((array) => array?.data ?? []);
  return {
    ...(taskOf(dataset) === "classes" ? {} : { task: taskOf(dataset) }),
    ...vocabularyOf(dataset),
    train: train.labels.shape[0]!,
    test: test.labels.shape[0]!,
    scale,
    sha256: hash([train.inputs.data, train.labels.data, test.inputs.data, test.labels.data, ...targets]),
  };
}

/** What the ids of texts mean: without it, the weights are of no use on other texts. */
function vocabularyOf({ kind, vocabulary }: Dataset): JsonObject {
  if (vocabulary === undefined) return {};
  const { size, words } = vocabulary;
  // One string: 20,000 lines of JSON would bury the config. Words hold no spaces.
  return { texts: { as: kind, size, ...(words === undefined ? {} : { words: words.join(" ") }) } };
}

function hashArrays(arrays: Readonly<Record<string, NdArray>>): string {
  const names = Object.keys(arrays).sort();
  return hash([new TextEncoder().encode(names.join("\n")), ...names.map((name) => arrays[name]!.data)]);
}

function hash(parts: readonly ArrayBufferView[]): string {
  const sha = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of parts) {
    sha.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return sha.digest("hex");
}

/** @file A problem of two classes: even against odd labels of a data set. */
import type { Dataset, Split } from "../../src/data/index.ts";
import type { NdArray } from "../../src/tensor/index.ts";

export function parity(dataset: Dataset): Dataset {
  const halved = (split: Split): Split => {
    const labels = split.labels as NdArray<"int32">;
    return { ...split, labels: { ...labels, data: labels.data.map((label) => label % 2) } };
  };
  return { ...dataset, classes: 2, train: halved(dataset.train), test: halved(dataset.test) };
}

/** @file MNIST as the paper uses it (kernels.md §6.2): trained on rows 5000 to 54,999, asked about the 10,000 test images. */
import { type Dataset, loadDataset } from "../../../data/index.ts";
import { FathomError } from "../../../tensor/index.ts";
import type { Rows } from "../../items.ts";

/** The data set, or why it is not there. */
export async function openMnist(): Promise<Dataset | string> {
  try {
    return await loadDataset("mnist");
  } catch (error) {
    if (error instanceof FathomError && error.code === "not-found")
      return 'MNIST is not on this machine: "fathom data get mnist" loads it, or FATHOM_DATA names the folder that has it as mnist';
    throw error;
  }
}

/** The first so many of the paper's training rows. */
export function trainRows(count: number): Rows {
  return { split: "train", rows: Array.from({ length: count }, (_, i) => 5000 + i) };
}

export function testRows(count: number): Rows {
  return { split: "test", rows: Array.from({ length: count }, (_, i) => i) };
}

/** @file The `--data` option: a name, or a path (cli.md). */
import { Option } from "commander";
import type { Dataset } from "../data/index.ts";
import { Key } from "../tensor/index.ts";
import type { Context } from "./context.ts";

export function dataOption(): Option {
  return new Option(
    "--data <name>",
    "digits (generated), mnist, fashion-mnist, or the path of a folder of IDX files",
  ).default("digits");
}

/** The data set with its generated parts drawn from the command's seed. */
export async function readDataset(name: string, context: Context): Promise<Dataset> {
  const { loadDataset } = await import("../data/index.ts");
  context.progress.report({ label: `reading ${name}`, done: 0, total: null });
  return loadDataset(name, { key: Key.fromSeed(context.seed).split("data") });
}

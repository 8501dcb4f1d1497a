/** @file The `--data` option: a name, or a path (cli.md). */
import { type Command, Option } from "commander";
import type { Dataset } from "../data/index.ts";
import { Key } from "../tensor/index.ts";
import type { Context } from "./context.ts";

export interface DataOptions {
  readonly data: string;
  readonly standardize?: true;
}

/** Adds the options of a command that needs data. */
export function withData(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--data <name>",
        "digits (generated), mnist, fashion-mnist, or the path of a folder of IDX files",
      ).default("digits"),
    )
    .option("--standardize", "shift and scale inputs to mean 0 and variance 1 (pixels are /255 unless said)");
}

/** The data set with its generated parts drawn from the command's seed. */
export async function readDataset({ data, standardize }: DataOptions, context: Context): Promise<Dataset> {
  const { loadDataset } = await import("../data/index.ts");
  context.progress.report({ label: `reading ${data}`, done: 0, total: null });
  const key = Key.fromSeed(context.seed).split("data");
  return loadDataset(data, { key, standardize: standardize === true });
}

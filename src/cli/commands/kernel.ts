/** @file `fathom kernel`: kernel matrices of an infinitely wide network between items of a data set. */
import { type Command, Option } from "commander";
import type { Outcome } from "../../analyses/index.ts";
import type { KernelPlan, KernelValue } from "../../kernels/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { type DataOptions, dataFacts, dataLines, readDataset, withData } from "../dataset.ts";
import { badUsage, inFlags } from "../errors.ts";
import { type KernelFlags, kernelFlags } from "../kernel-options.ts";
import { readNetwork } from "../network.ts";
import { bytesOption } from "../options.ts";
import { asking } from "../questions.ts";
import { summaryText } from "../report-files.ts";
import { type RowRange, rowsOf, rowsOption } from "../rows.ts";
import { alignedTable } from "../table.ts";

/** Seconds from which a job is announced. */
const long = 2;

interface KernelOptions extends DataOptions, KernelFlags {
  readonly rows: RowRange[];
  readonly cols?: RowRange[];
  readonly get: KernelValue[];
  readonly limit?: number;
}

/** `nngp,ntk` */
function getOption(text: string): KernelValue[] {
  const values = text.split(",").map((part) => part.trim());
  const known = values.every((value) => value === "nngp" || value === "ntk");
  if (known && new Set(values).size === values.length) return values as KernelValue[];
  throw badUsage(`--get is "${text}".`, "--get", "Give nngp, ntk, or nngp,ntk.");
}

function declare(command: Command): Command {
  withData(command).argument("<net>", "JSON file, - for standard input, or one line");
  const options = [
    new Option("--rows <a:b>", "items of the rows, end excluded; test:a:b for those of the test part")
      .argParser(rowsOption("--rows"))
      .makeOptionMandatory(),
    new Option("--cols <a:b>", "items of the columns (default: the rows with themselves)").argParser(
      rowsOption("--cols"),
    ),
    new Option("--get <values>", "nngp (initial outputs), ntk (training), or both: nngp,ntk")
      .argParser(getOption)
      .default(["nngp"], "nngp"),
    ...kernelFlags(),
    new Option("--limit <bytes>", "refuse a store that takes more, as 20GB").argParser(
      bytesOption("--limit"),
    ),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

/** How many items ranges have. */
function countOf(ranges: readonly RowRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}

function checkSize(
  { rows, cols = rows, limit }: KernelOptions,
  { folder }: Context,
  mostShown: number,
): void {
  const [down, across] = [countOf(rows), countOf(cols)];
  if (folder === undefined && limit !== undefined)
    throw badUsage("--limit is of a store.", "--limit", "Name the store by --out, as --out kernel.zarr.");
  if (folder !== undefined || Math.max(down, across) <= mostShown) return;
  throw badUsage(
    `A kernel of ${down} × ${across} is more than is printed (${mostShown} × ${mostShown}).`,
    "--out",
    "Name a store for it, as --out kernel.zarr, or ask for fewer rows.",
  );
}

/** `2 h 50 min` */
function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What a long job will take, before it begins. */
async function announce(plan: KernelPlan, { io, globals, folder }: Context): Promise<void> {
  if (globals.quiet || plan.seconds < long) return;
  const { showBytes } = await import("../../runtime/index.ts");
  const { pairs, finished, bytes, threads, seconds } = plan;
  const where = folder === undefined ? "in memory" : `in ${folder}`;
  const before = finished === 0 ? "" : ` (${finished.toLocaleString("en")} are there already)`;
  io.stderr.write(
    `${pairs.toLocaleString("en")} pairs${before}, ${showBytes(bytes)} ${where}, about ${durationText(seconds)} on ${threads} thread${threads === 1 ? "" : "s"}.\n`,
  );
}

async function ask(
  operand: string,
  options: KernelOptions,
  context: Context,
): Promise<Outcome & { data: string }> {
  const analyses = await import("../../analyses/index.ts");
  checkSize(options, context, analyses.mostKernelRows);
  const { rows, cols, get, precision, parameterisation, limit } = options;
  const net = await readNetwork(operand, context.io);
  const dataset = await readDataset(options, context);
  const outcome = await analyses
    .kernel({
      ...asking(context),
      net,
      dataset,
      rows: rowsOf(dataset, rows, "--rows"),
      ...(cols === undefined ? {} : { columns: rowsOf(dataset, cols, "--cols") }),
      get,
      precision,
      parameterisation,
      ...(context.folder === undefined ? {} : { store: context.folder }),
      ...(limit === undefined ? {} : { limit }),
      onPlan: (plan) => void announce(plan, context),
    })
    .catch((error) => {
      throw sayingHow(error, context);
    });
  return { ...outcome, json: { ...outcome.json, data: dataFacts(dataset) }, data: dataLines(dataset) };
}

/** What was stopped says how to go on. */
function sayingHow(error: unknown, { folder }: Context): unknown {
  if (folder === undefined || !(error instanceof FathomError) || error.code !== "cancelled")
    return inFlags(error, { limit: "--limit" });
  const hint = `Finished chunks are kept in ${folder}: run the same command again to go on.`;
  return new FathomError({ code: error.code, message: error.message, hint, cause: error });
}

/** The corner of each matrix for a terminal. */
function cornersText({ document }: Outcome): string {
  const tables = document.sections.flatMap((section) => section.tables ?? []);
  return tables
    .map(({ title, columns, rows }) => {
      const head = columns.map((name) => ({ title: name, align: "right" as const }));
      return `\n${title}\n${alignedTable(
        head,
        rows.map((row) => row.map((cell) => String(cell ?? "—"))),
      )}`;
    })
    .join("");
}

export const kernelCommand: CommandSpec = {
  name: "kernel",
  summary: "kernel matrices of an infinitely wide network",
  description:
    "Computes the NNGP kernel (the covariance of initial outputs) and the tangent kernel of the infinitely wide network between items of a data set. Up to 512 × 512 they are in the JSON; --out X.zarr keeps them as Zarr arrays that NumPy reads, and a job that was stopped or killed goes on with the same command.",
  examples: [
    ["fathom kernel mlp:depth=3,activation=relu,sw2=2 --rows 0:8 --get nngp,ntk", "on the generated digits"],
    [
      "fathom kernel examples/resnet-gp.json --data mnist --rows test:0:100 --cols 0:200 --json",
      "test images by training images",
    ],
    [
      "fathom kernel examples/resnet-gp.json --data mnist --rows 0:5000 --out kernel.zarr --limit 1GB",
      "a large one, on disk",
    ],
  ],
  declare,
  out: "store",
  device: "cpu",
  assertable: "summary.nngp.condition<1e6",
  async run(context, operands, raw) {
    const outcome = await ask(operands[0]!, raw as unknown as KernelOptions, context);
    const text = (await summaryText(outcome.document, context)) + cornersText(outcome) + outcome.data;
    return { json: outcome.json, text };
  },
};

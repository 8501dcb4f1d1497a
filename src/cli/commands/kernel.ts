/** @file `fathom kernel`: kernel matrices of an infinitely wide network between items of a data set. */
import { type Command, Option } from "commander";
import type { Outcome } from "../../analyses/index.ts";
import type { KernelValue } from "../../kernels/index.ts";
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
    new Option(
      "--rows <a:b>",
      "items of the rows, end excluded; commas join ranges, as 0:4,8:10; test:a:b for those of the test part",
    )
      .argParser(rowsOption("--rows"))
      .makeOptionMandatory(),
    new Option(
      "--cols <a:b>",
      "items of the columns, in the same way (default: the rows with themselves)",
    ).argParser(rowsOption("--cols")),
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

/** Without a store there is nothing to limit. */
function checkLimit({ limit }: KernelOptions, { folder }: Context): void {
  if (folder !== undefined || limit === undefined) return;
  throw badUsage(
    "--limit bounds a store, and there is none.",
    "--limit",
    "Name the store by --out, as --out kernel.zarr.",
  );
}

/** What is more than is printed needs a store. */
function checkSize(
  down: number,
  across: number,
  { folder, most }: { readonly folder: string | undefined; readonly most: number },
): void {
  if (folder !== undefined || Math.max(down, across) <= most) return;
  throw badUsage(
    `A kernel of ${down} × ${across} is more than is printed (${most} × ${most}).`,
    "--out",
    "Name a store for it, as --out kernel.zarr, or ask for fewer rows.",
  );
}

async function ask(
  operand: string,
  options: KernelOptions,
  context: Context,
): Promise<Outcome & { data: string }> {
  checkLimit(options, context);
  const [analyses, { announceKernel, sayingHow }] = await Promise.all([
    import("../../analyses/index.ts"),
    import("../kernel-plan.ts"),
  ]);
  const { rows, cols, get, precision, parameterisation, limit } = options;
  const net = await readNetwork(operand, context.io);
  const dataset = await readDataset(options, context);
  const [down, across] = [rowsOf(dataset, rows, "--rows"), cols && rowsOf(dataset, cols, "--cols")];
  checkSize(down.rows.length, (across ?? down).rows.length, {
    folder: context.folder,
    most: analyses.mostKernelRows,
  });
  const outcome = await analyses
    .kernel({
      ...asking(context),
      net,
      dataset,
      rows: down,
      ...(across === undefined ? {} : { columns: across }),
      get,
      precision,
      parameterisation,
      ...(context.folder === undefined ? {} : { store: context.folder }),
      ...(limit === undefined ? {} : { limit }),
      onPlan: (plan) => announceKernel(plan, context),
    })
    .catch((error) => {
      throw inFlags(sayingHow(error, context.folder), { limit: "--limit" });
    });
  return { ...outcome, json: { ...outcome.json, data: dataFacts(dataset) }, data: dataLines(dataset) };
}

/** Entries are rounded to six digits: large ones have no zeros that were never computed. */
function cellText(cell: string | number | null): string {
  if (typeof cell !== "number") return cell ?? "—";
  return Math.abs(cell) < 1e6 ? String(cell) : cell.toExponential().replace("e+", "e");
}

/** The corner of each matrix for a terminal. */
function cornersText({ document }: Outcome): string {
  const tables = document.sections.flatMap((section) => section.tables ?? []);
  return tables
    .map(({ title, columns, rows }) => {
      const head = columns.map((name) => ({ title: name, align: "right" as const }));
      return `\n${title}\n${alignedTable(
        head,
        rows.map((row) => row.map(cellText)),
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

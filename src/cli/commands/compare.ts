/** @file `fathom compare`: which architecture's inductive bias suits the data. */
import { basename } from "node:path";
import { type Command, Option } from "commander";
import type { Outcome } from "../../analyses/index.ts";
import type { Net } from "../../net/index.ts";
import { FathomError, relocated } from "../../tensor/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { besideRows, type DataOptions, dataFacts, dataLines, readDataset, withData } from "../dataset.ts";
import { badUsage, inFlags } from "../errors.ts";
import type { Io } from "../io.ts";
import { choiceFlag, curveFlag, type KernelFlags, kernelFlags } from "../kernel-options.ts";
import { readNetwork } from "../network.ts";
import { integerOption } from "../options.ts";
import { asking } from "../questions.ts";
import { reported } from "../report-files.ts";
import { type RowRange, rowsOf, rowsOption } from "../rows.ts";
import { alignedTable } from "../table.ts";

const gets = ["nngp", "ntk"] as const;
/** Rows of either part unless said: the eigenvectors of both together take seconds. */
const usualRows = 500;

interface CompareOptions extends DataOptions, KernelFlags {
  readonly train?: RowRange[];
  readonly test?: RowRange[];
  readonly get: (typeof gets)[number];
  readonly curve?: number[];
  readonly subsets?: number;
}

function declare(command: Command): Command {
  withData(command, besideRows).argument(
    "<nets...>",
    "JSON files, - for standard input, or one line each; of one alone there are numbers and no ranking",
  );
  const options = [
    new Option("--train <a:b>", `training rows, end excluded (default: the first ${usualRows})`).argParser(
      rowsOption("--train"),
    ),
    new Option(
      "--test <a:b>",
      `test rows, test:a:b for those of the test part (default: its first ${usualRows})`,
    ).argParser(rowsOption("--test")),
    choiceFlag("get", "kernel of initial outputs, or of training", gets),
    curveFlag("training items of the measured curve (default: halves)"),
    new Option("--subsets <n>", "random subsets of each smaller size (default 4)").argParser(
      integerOption("--subsets", { min: 1, max: 1000 }),
    ),
    ...kernelFlags(),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

/** What a network is called: its file without the ending, or its line; a second one of a name is numbered. */
function namesOf(operands: readonly string[]): string[] {
  const names = operands.map((operand) => {
    if (/^\s*\{/.test(operand)) return "network";
    return /\.json$/i.test(operand) ? basename(operand).replace(/\.json$/i, "") : operand;
  });
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}

/** Standard input ends with the first network that is read from it. */
function checkInputs(operands: readonly string[]): void {
  if (operands.filter((operand) => operand === "-").length < 2) return;
  throw badUsage(
    "Standard input holds one network, and is named twice.",
    "NET",
    "Write one of them to a file.",
  );
}

/** @throws FathomError as `readNetwork`, naming the network: a one-line form has no file that does. */
async function readOne(operand: string, name: string, io: Io): Promise<Net> {
  return readNetwork(operand, io).catch((error) => {
    if (!(error instanceof FathomError)) throw error;
    const { where = "NET" } = error;
    throw where.startsWith(operand) ? error : relocated(error, { where: `${name}: ${where}` });
  });
}

async function ask(
  operands: readonly string[],
  options: CompareOptions,
  context: Context,
): Promise<Outcome & { readonly data: string }> {
  const { train, test, get, curve, subsets, precision, parameterisation } = options;
  checkInputs(operands);
  const names = namesOf(operands);
  const nets = [];
  for (const [i, operand] of operands.entries()) {
    nets.push({ name: names[i]!, net: await readOne(operand, names[i]!, context.io) });
  }
  const dataset = await readDataset(options, context, besideRows);
  const usual = (split: "train" | "test") => [
    { split, from: 0, to: Math.min(usualRows, dataset[split].labels.data.length) },
  ];
  const analyses = await import("../../analyses/index.ts");
  const outcome = await analyses
    .compare({
      ...asking(context),
      nets,
      dataset,
      train: rowsOf(dataset, train ?? usual("train"), "--train"),
      test: rowsOf(dataset, test ?? usual("test"), "--test"),
      get,
      precision,
      parameterisation,
      ...(curve === undefined ? {} : { sizes: curve }),
      ...(subsets === undefined ? {} : { trials: subsets }),
      ...(context.folder === undefined ? {} : { folder: context.folder }),
    })
    .catch((error) => {
      throw inFlags(error, { sizes: "--curve", train: "--train" });
    });
  return { ...outcome, json: { ...outcome.json, data: dataFacts(dataset) }, data: dataLines(dataset) };
}

/** The tables of the document, whose rows are the same networks, side by side for a terminal. */
function tableText({ document }: Outcome): string {
  const [first, ...others] = document.sections[0]!.tables!;
  const columns = [...first!.columns, ...others.flatMap((table) => table.columns.slice(1))];
  const rows = first!.rows.map((row, i) => [...row, ...others.flatMap((table) => table.rows[i]!.slice(1))]);
  const kept = columns
    .map((_, i) => i)
    .filter((i) => columns[i] !== "95 % interval" && columns[i] !== "a target");
  return alignedTable(
    kept.map((i) => ({ title: columns[i]!, align: i === 0 ? "left" : "right" })),
    rows.map((row) => kept.map((i) => String(row[i] ?? ""))),
  );
}

export const compareCommand: CommandSpec = {
  name: "compare",
  summary: "which architecture suits the data, before any is trained",
  description:
    "Compares the inductive bias of networks on data by their kernels of infinite width: the evidence of their Gaussian processes, the alignment of kernel and classes, and the learning curve that the kernel's eigenvectors predict beside the measured one. An interrupted comparison goes on where it stopped when --out is the same.",
  examples: [
    [
      "fathom compare mlp:depth=1,activation=relu,sw2=2 mlp:depth=5,activation=relu,sw2=2 mlp:depth=3,activation=erf,sw2=3",
      "shallow or deep, ReLU or erf, on the generated digits",
    ],
    [
      "fathom compare examples/convnet-gp.json examples/resnet-gp.json mlp:depth=3,activation=relu,sw2=2 --data mnist --train 0:1000 --test test:0:1000",
      "convolutional against fully connected",
    ],
  ],
  declare,
  device: "cpu",
  defaultFolder: "fathom-out/compare",
  assertable: "comparisons[0].evidence>5",
  async run(context, operands, raw) {
    const outcome = await ask(operands, raw as unknown as CompareOptions, context);
    return reported(outcome, context, tableText(outcome) + outcome.data);
  },
};

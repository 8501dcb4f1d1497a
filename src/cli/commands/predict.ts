/** @file `fathom predict`: exact prediction with the kernel of an infinitely wide network. */
import { type Command, Option } from "commander";
import type { Get, PredictOutcome } from "../../analyses/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { besideRows, type DataOptions, dataFacts, dataLines, readDataset, withData } from "../dataset.ts";
import { badUsage, inFlags } from "../errors.ts";
import { writeInto } from "../folder.ts";
import { choiceFlag, curveFlag, type KernelFlags, kernelFlags } from "../kernel-options.ts";
import { readNetwork } from "../network.ts";
import { integerOption, numberOption } from "../options.ts";
import { curveText } from "../predict-text.ts";
import { predictionsCsv } from "../predictions-csv.ts";
import { asking } from "../questions.ts";
import { summaryText, writeFigures, writeReport } from "../report-files.ts";
import { type RowRange, rowsOf, rowsOption } from "../rows.ts";
import { checkSearch, type SearchFlags, searchFlags, searchOf } from "../search-options.ts";

const gets = ["nngp", "ntk", "ntkgp"] as const;
const modes = ["float64", "float32-refined"] as const;
/** What the library calls them. */
const flags = {
  time: "--time",
  curve: "--curve",
  memory: "--memory",
  "search.rows": "--search-rows",
  "search.tries": "--tries",
  "search.validation": "--validation",
  "search.space.sw2": "--search-space",
  "search.space.sb2": "--search-space",
  "search.space.depth": "--search-space",
  "search.space.jitter": "--search-space",
} as const;

interface PredictOptions extends DataOptions, KernelFlags, SearchFlags {
  readonly train: RowRange[];
  readonly test?: RowRange[];
  readonly get: Get;
  readonly time?: number;
  readonly learningRate?: number;
  readonly jitter?: number;
  readonly mode: (typeof modes)[number];
  readonly variance?: true;
  readonly curve?: number[];
  readonly kernel?: string;
  readonly order: number;
}

function declare(command: Command): Command {
  withData(command, besideRows).argument("<net>", "JSON file, - for standard input, or one line");
  for (const option of [...rowFlags(), ...predictorFlags(), ...solverFlags(), ...searchFlags()])
    command.addOption(option);
  return command;
}

function rowFlags(): Option[] {
  return [
    new Option("--train <a:b>", "training rows, end excluded; commas join ranges")
      .argParser(rowsOption("--train"))
      .makeOptionMandatory(),
    new Option(
      "--test <a:b>",
      "rows to predict, test:a:b for those of the test part (default: the whole test part)",
    ).argParser(rowsOption("--test")),
    curveFlag("also the error with the first n, m, … training rows"),
  ];
}

function predictorFlags(): Option[] {
  return [
    choiceFlag("get", "Bayesian network, ensemble of trained networks, or Gaussian process with Θ", gets),
    new Option(
      "--time <steps>",
      "steps of gradient descent on the squared loss (default: to the end)",
    ).argParser(numberOption("--time", { min: 0 })),
    new Option("--learning-rate <r>", "rate of these steps (default 1)").argParser(
      numberOption("--learning-rate", { above: 0 }),
    ),
    new Option("--variance", "also variances and probabilities of classes"),
    new Option("--order <n>", "order in 1/width").argParser(integerOption("--order", { min: 0 })).default(0),
  ];
}

function solverFlags(): Option[] {
  return [
    new Option(
      "--jitter <x>",
      "added to the kernel's diagonal, in units of its mean (default: the least of 0, 1e-10, …, 1e-4 that does)",
    ).argParser(numberOption("--jitter", { min: 0 })),
    new Option(
      "--kernel <store>",
      "where the kernel of the training rows is kept or found, as one of fathom kernel (default: in --out)",
    ),
    choiceFlag("mode", "factor of the kernel; float32-refined takes half the memory", modes),
    ...kernelFlags(),
  ];
}

function checkOptions({ order, learningRate, time }: PredictOptions): void {
  if (order > 0) {
    throw new FathomError({
      code: "unsupported",
      message: `Corrections of order ${order} in 1/width are not computed yet.`,
      where: "--order",
      hint: "Leave out --order: predictions are those of infinite width.",
    });
  }
  if (learningRate !== undefined && time === undefined)
    throw badUsage(
      "--learning-rate is the rate of steps, and none were asked for.",
      "--learning-rate",
      "Say how many by --time, or leave it out.",
    );
}

async function ask(
  operand: string,
  options: PredictOptions,
  context: Context,
): Promise<PredictOutcome & { data: string }> {
  const { train, test, get, time, learningRate, jitter, mode, precision } = options;
  const { parameterisation, variance, curve, kernel } = options;
  const net = await readNetwork(operand, context.io);
  const dataset = await readDataset(options, context, besideRows);
  const whole = [{ split: "test" as const, from: 0, to: dataset.test.labels.data.length }];
  const [analyses, { announcePrediction }] = await Promise.all([
    import("../../analyses/index.ts"),
    import("../kernel-plan.ts"),
  ]);
  const outcome = await analyses.predict({
    ...asking(context),
    net,
    dataset,
    train: rowsOf(dataset, train, "--train"),
    test: rowsOf(dataset, test ?? whole, "--test"),
    get,
    mode,
    precision,
    parameterisation,
    ...(time === undefined ? {} : { time }),
    ...(learningRate === undefined ? {} : { learningRate }),
    ...(jitter === undefined ? {} : { jitter }),
    ...(variance === undefined ? {} : { variance }),
    ...(curve === undefined ? {} : { curve }),
    ...(kernel === undefined ? {} : { store: kernel }),
    ...searchOf(options, dataset),
    ...(context.folder === undefined ? {} : { folder: context.folder }),
    onPlan: (plan) => announcePrediction(plan, kernel ?? context.folder, context),
  });
  return { ...outcome, json: { ...outcome.json, data: dataFacts(dataset) }, data: dataLines(dataset) };
}

/** The library names its options; here they are flags. The store of other rows or another network may have either. */
function asTyped(error: unknown): unknown {
  if (!(error instanceof FathomError) || error.code === "cancelled") return error;
  if (error.where?.endsWith(".zarr")) {
    return new FathomError({
      code: error.code,
      message: error.message,
      where: `--out or --kernel, ${error.where}`,
      hint: "Name another folder or store, or remove that one.",
      cause: error,
    });
  }
  return inFlags(error, flags);
}

export const predictCommand: CommandSpec = {
  name: "predict",
  summary: "exact prediction with an infinitely wide network",
  description:
    "Predicts classes with the kernel of the infinitely wide network: as a Bayesian network (nngp), or as the ensemble of networks trained by gradient descent (ntk), to the end or for some steps. --out keeps the kernel and the fit, so that a run that was stopped goes on and later rows need no new fit.",
  examples: [
    [
      "fathom predict mlp:depth=3,activation=relu,sw2=2 --train 0:500 --test test:0:200",
      "on the generated digits",
    ],
    [
      "fathom predict examples/resnet-gp.json --data mnist --train 5000:5300 --test test:0:500 --curve 100 --variance",
      "a convolutional network, with variances",
    ],
    [
      "fathom predict examples/tanh-mlp.json --train 0:500 --get ntk --time 1000 --learning-rate 1",
      "networks in the middle of their training",
    ],
    [
      "fathom predict mlp:depth=3,activation=relu --train 0:500 --search evidence --search-space sw2=0.5:8,sb2=0.01:4,depth=1:6 --out found",
      "find variances and depth first; found/net.json is the best network",
    ],
  ],
  declare,
  device: "cpu",
  assertable: "errorRate<0.1",
  async run(context, operands, raw) {
    const options = raw as unknown as PredictOptions;
    checkOptions(options);
    checkSearch(options);
    const { sayingHow } = await import("../kernel-plan.ts");
    const outcome = await ask(operands[0]!, options, context).catch((error) => {
      throw asTyped(sayingHow(error, context.folder ?? options.kernel));
    });
    const summary = await summaryText(outcome.document, context);
    const text = summary + curveText(outcome.result) + outcome.data;
    if (context.folder === undefined) return { json: outcome.json, text };
    const report = await writeReport(outcome, context.folder);
    const predictions = await writeInto(context.folder, "predictions.csv", predictionsCsv(outcome.result));
    const { search } = outcome.json as { readonly search?: { readonly net: object } };
    if (search !== undefined)
      await writeInto(context.folder, "net.json", `${JSON.stringify(search.net, null, 2)}\n`);
    const figures = await writeFigures(outcome, context.folder);
    return {
      json: { ...outcome.json, predictions, figures, report },
      text: `${text}Predictions: ${predictions}\nReport: ${report}\n`,
    };
  },
};

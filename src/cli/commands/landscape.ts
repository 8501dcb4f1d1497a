/** @file `fathom landscape`: how flat the loss is around trained weights, and what lies between several of them. */
import { basename, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { LandscapePart, LandscapeSubject, Outcome, Solution } from "../../analyses/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { type DataOptions, dataFacts, dataLines, readDataset, withData } from "../dataset.ts";
import { badUsage, inFlags } from "../errors.ts";
import { type ForeignOptions, withDimFlag, withForeign } from "../foreign-options.ts";
import { checkOnnxFile, isOnnx } from "../network.ts";
import { choiceOption, integerOption, numberOption } from "../options.ts";
import { asking } from "../questions.ts";
import { reported } from "../report-files.ts";
import { type RowRange, rowsOf, rowsOption } from "../rows.ts";
import { alignedTable } from "../table.ts";

const parts = ["eigenvalues", "trace", "density", "sharpness", "slice", "grid", "between"] as const;
const losses = ["crossEntropy", "mse", "bce"] as const;

interface LandscapeOptions extends DataOptions, ForeignOptions {
  readonly rows?: RowRange[];
  readonly loss?: (typeof losses)[number];
  readonly measure?: LandscapePart[];
  readonly rho?: number;
  readonly adaptiveRho?: number;
  readonly top?: number;
  readonly points?: number;
  readonly side?: number;
}

function declare(command: Command): Command {
  withForeign(withData(command)).argument(
    "<runs...>",
    "folders of training runs of one network (RUN, or RUN:NAME for an average kept in it), or one ONNX file",
  );
  const number = (flags: string, text: string, parser: (text: string) => number) =>
    new Option(flags, text).argParser(parser);
  const options = [
    new Option(
      "--rows <a:b>",
      "examples that the loss is a mean over, test:a:b for those of the test part (default: the first 1024 for training)",
    ).argParser(rowsOption("--rows")),
    new Option("--measure <names>", `some of ${parts.join(", ")}, joined by commas (default: all)`).argParser(
      partsOption,
    ),
    number("--rho <r>", "radius of sharpness (default 0.05)", numberOption("--rho", { above: 0 })),
    number(
      "--adaptive-rho <r>",
      "radius of adaptive sharpness (default: 10 times --rho)",
      numberOption("--adaptive-rho", { above: 0 }),
    ),
    number("--top <k>", "eigenvalues at the top (default 3)", integerOption("--top", { min: 1, max: 20 })),
    number("--points <n>", "points along a line (default 51)", integerOption("--points", { min: 3 })),
    number(
      "--side <n>",
      "points along each side of a plane (default 25)",
      integerOption("--side", { min: 3, max: 201 }),
    ),
    new Option("--loss <name>", `${losses.join(", ")} (default: that of the run)`).argParser(
      choiceOption("--loss", losses),
    ),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

function partsOption(text: string): LandscapePart[] {
  return text.split(",").map((name) => choiceOption("--measure", parts)(name.trim()));
}

/** The weights of an operand `RUN` or `RUN:NAME`, and what was trained. */
async function readSolution(operand: string) {
  const { readRun } = await import("../../train/index.ts");
  const [, folder = operand, average] = /^(.+):([\w.-]+)$/.exec(operand) ?? [];
  const { config, parameters, averages } = await readRun(folder);
  if (average === undefined) return { name: basename(resolve(folder)), folder, config, parameters };
  const kept = averages?.[average];
  if (kept === undefined) {
    const known = Object.keys(averages ?? {});
    throw badUsage(
      `The run ${folder} keeps no average "${average}".`,
      operand,
      known.length === 0
        ? "Train with --average to keep one."
        : `It keeps ${known.map((name) => `${folder}:${name}`).join(", ")}.`,
    );
  }
  return { name: `${basename(resolve(folder))}:${average}`, folder, config, parameters: kept };
}

type ReadSolution = Awaited<ReturnType<typeof readSolution>>;

/** @throws FathomError naming the run whose network is another one. */
function checkSameNetwork([first, ...others]: readonly ReadSolution[]): void {
  const net = JSON.stringify(first!.config["net"]);
  const other = others.find(({ config }) => JSON.stringify(config["net"]) !== net);
  if (other === undefined) return;
  throw badUsage(
    `${other.folder} is a run of another network than ${first!.folder}: there is no line between their weights.`,
    other.folder,
    "Give runs of one network; look at others by a command of their own.",
  );
}

/** Two runs of one folder name are told apart by their paths. */
function namedApart(read: readonly ReadSolution[], operands: readonly string[]): Solution[] {
  const unique = new Set(read.map(({ name }) => name)).size === read.length;
  return read.map(({ name, parameters }, i) => ({ name: unique ? name : operands[i]!, parameters }));
}

interface Subject {
  readonly subject: LandscapeSubject;
  /** What the runs were trained with. */
  readonly loss?: (typeof losses)[number];
  readonly onData?: string;
}

async function runsSubject(operands: readonly string[]): Promise<Subject> {
  const { buildModel, parseNet } = await import("../../net/index.ts");
  const read = [];
  for (const operand of operands) read.push(await readSolution(operand));
  checkSameNetwork(read);
  const { net, loss, data } = read[0]!.config;
  return {
    subject: { model: buildModel(parseNet(net)), solutions: namedApart(read, operands) },
    ...(losses.includes(loss as never) ? { loss: loss as (typeof losses)[number] } : {}),
    ...(typeof data === "object" && data !== null && "name" in data ? { onData: String(data["name"]) } : {}),
  };
}

async function ask(
  operands: readonly string[],
  options: LandscapeOptions,
  context: Context,
): Promise<Outcome & { readonly data: string }> {
  const foreign = operands.some(isOnnx);
  if (foreign && operands.length > 1) {
    throw badUsage("An ONNX model is looked at alone.", "RUNS", "Give one .onnx file, or folders of runs.");
  }
  if (foreign) await checkOnnxFile(operands[0]!);
  const runs = foreign ? undefined : await runsSubject(operands);
  const dataset = await readDataset(options, context);
  const { dim, output, rows, measure, rho, adaptiveRho, top, points, side } = options;
  const loss = options.loss ?? runs?.loss;
  const source = {
    path: operands[0]!,
    dataset,
    ...(dim === undefined ? {} : { dims: dim }),
    ...(output === undefined ? {} : { output }),
  };
  const { landscape } = await import("../../analyses/index.ts");
  const outcome = await withDimFlag(() =>
    landscape({
      ...asking(context),
      subject: runs?.subject ?? { foreign: source },
      dataset,
      ...(rows === undefined ? {} : { rows: rowsOf(dataset, rows, "--rows") }),
      ...(measure === undefined ? {} : { parts: measure }),
      ...(loss === undefined ? {} : { loss }),
      ...(rho === undefined ? {} : { rho }),
      ...(adaptiveRho === undefined ? {} : { adaptiveRho }),
      ...(top === undefined ? {} : { top }),
      ...(points === undefined ? {} : { points }),
      ...(side === undefined ? {} : { side }),
      ...(context.folder === undefined ? {} : { folder: context.folder }),
    }),
  ).catch((error) => {
    throw inFlags(error, { rho: "--rho", adaptiveRho: "--adaptive-rho", rows: "--rows", loss: "--loss" });
  });
  const other = otherData(runs?.onData, dataset.name);
  return {
    ...outcome,
    json: { ...outcome.json, data: dataFacts(dataset) },
    data: `${other}${dataLines(dataset)}`,
  };
}

/** The runs remember what they were trained on; other data may be meant, and are said. */
function otherData(trainedOn: string | undefined, name: string): string {
  if (trainedOn === undefined || trainedOn === name) return "";
  return `The run was trained on ${trainedOn}; this is the loss on ${name} (--data ${trainedOn} for the former).\n`;
}

/** Every table of the section, for a terminal. */
function tablesText({ document }: Outcome): string {
  const tables = document.sections.flatMap((section) => section.tables ?? []);
  return tables
    .map(({ title, columns, rows }) => {
      const cells = rows.map((row) => columns.map((_, i) => String(row[i] ?? "")));
      const heads = columns.map(
        (column, i) => ({ title: column, align: i === 0 ? "left" : "right" }) as const,
      );
      return `${title}\n${alignedTable(heads, cells)}`;
    })
    .join("\n");
}

export const landscapeCommand: CommandSpec = {
  name: "landscape",
  summary: "how flat the loss is around trained weights, and between them",
  description:
    "Looks at the loss surface around the weights of training runs (or of an ONNX model): ends and density of the Hessian's spectrum, its trace, sharpness in the worst case and on average, slices along random directions scaled filter by filter, and the lines and planes between several runs with their barriers. The loss is that of the data alone, on a fixed set of examples. An interrupted look goes on where it stopped when --out is the same.",
  examples: [
    ["fathom landscape fathom-out/train", "around the last run of fathom train"],
    [
      "fathom landscape runs/sgd runs/sam runs/sam:swa-0.75 --data mnist",
      "two runs and an average, and the plane through them",
    ],
    ["fathom landscape runs/a --measure eigenvalues,trace --rows test:0:2000", "curvature of the test loss"],
    ["fathom landscape model.onnx --data cifar10", "a model from elsewhere"],
    ["fathom landscape runs/a --assert 'lambdaMax<100'", "a check for continuous integration"],
  ],
  declare,
  defaultFolder: "fathom-out/landscape",
  assertable: "lambdaMax<100",
  async run(context, operands, raw) {
    const outcome = await ask(operands, raw as unknown as LandscapeOptions, context);
    return reported(outcome, context, tablesText(outcome) + outcome.data);
  },
};

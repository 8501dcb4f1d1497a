/** @file `fathom export`: a trained run, or a network with fresh weights, as an ONNX model. */
import { stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Command, Option } from "commander";
import { makeFolder } from "../../make-folder.ts";
import type { Model } from "../../net/index.ts";
import { type FathomError, Key, type NdArray } from "../../tensor/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { badUsage } from "../errors.ts";
import { cannotWrite } from "../folder.ts";
import { readNetwork } from "../network.ts";
import { integerOption } from "../options.ts";

interface ExportCommandOptions {
  readonly onnx: string;
  readonly batch: number;
  readonly overwrite?: true;
}

/** What is exported. */
interface Subject {
  readonly model: Model;
  readonly parameters: Readonly<Record<string, NdArray>>;
  readonly weights: "trained" | "untrained";
}

function declare(command: Command): Command {
  return command
    .argument("<run>", "folder of a training run, or a network (JSON file, - for standard input, one line)")
    .addOption(new Option("--onnx <file>", "the file to write").makeOptionMandatory())
    .addOption(
      new Option("--batch <n>", "examples that the model takes at once")
        .argParser(integerOption("--batch", { min: 1 }))
        .default(1),
    )
    .option("--overwrite", "replace the file where there is one");
}

async function isFolder(path: string): Promise<boolean> {
  const entry = await stat(path).catch(() => undefined);
  return entry?.isDirectory() === true;
}

async function subjectOf(operand: string, context: Context): Promise<Subject> {
  const { buildModel, initialise, parseNet } = await import("../../net/index.ts");
  if (await isFolder(operand)) {
    context.progress.report({ label: "reading the run", done: 0, total: null });
    const { readRun } = await import("../../train/index.ts");
    const { config, parameters } = await readRun(operand);
    return { model: buildModel(parseNet(config["net"])), parameters, weights: "trained" };
  }
  const model = buildModel(await readNetwork(operand, context.io));
  context.progress.report({ label: "drawing weights", done: 0, total: null });
  return { model, parameters: initialise(model, Key.fromSeed(context.seed)), weights: "untrained" };
}

const modelFile = { what: "The model", flag: "--onnx", hint: "Name a file that can be written." } as const;

function alreadyThere(path: string): FathomError {
  return badUsage(`${path} is already there.`, "--onnx", "Name another file, or give --overwrite.");
}

async function write(path: string, bytes: Uint8Array, { overwrite }: ExportCommandOptions): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await writeFile(path, bytes, { flag: overwrite === true ? "w" : "wx" });
  } catch (cause) {
    throw cannotWrite(path, cause, modelFile);
  }
}

/** Refuses before the work what writing would refuse after it. */
async function checkTarget({ onnx, overwrite }: ExportCommandOptions): Promise<void> {
  const entry = await stat(onnx).catch(() => undefined);
  if (entry?.isDirectory() === true) throw badUsage(`${onnx} is a folder.`, "--onnx", "Name a file in it.");
  if (entry !== undefined && overwrite !== true) throw alreadyThere(onnx);
}

export const exportCommand: CommandSpec = {
  name: "export",
  summary: "write a trained network as an ONNX model",
  description:
    "Writes the network of a run with its trained weights as an ONNX model of standard operators (inference mode, operator set 18), which onnxruntime, Netron and other tools open. Its input is called input, its output output, weights keep their names, and the network's description is in its metadata. A network instead of a run is written with fresh weights of --seed.",
  examples: [
    ["fathom export fathom-out/train --onnx model.onnx", "the run of fathom train"],
    ["fathom export runs/a --onnx model.onnx --batch 32", "for 32 examples at once"],
    ["fathom export mlp:depth=3,width=64,in=784 --onnx fresh.onnx --seed 1", "untrained weights"],
  ],
  declare,
  async run(context, operands, raw) {
    const options = raw as unknown as ExportCommandOptions;
    const { onnx, batch } = options;
    await checkTarget(options);
    const { model, parameters, weights } = await subjectOf(operands[0]!, context);
    const { exportOnnx } = await import("../../train/index.ts");
    const { countParameters } = await import("../../net/index.ts");
    context.progress.report({ label: "writing the model", done: 0, total: null });
    const bytes = exportOnnx(model, parameters, { batch });
    await write(onnx, bytes, options);
    const input = [batch, ...model.inputShape];
    const output = [batch, ...model.outputShape];
    const json = {
      onnx,
      bytes: bytes.length,
      operatorSet: 18,
      weights,
      parameters: countParameters(model),
      input: { name: "input", shape: input },
      output: { name: "output", shape: output },
    };
    const text = [
      `${onnx}: ${bytes.length} bytes, ${json.parameters} ${weights} parameters`,
      `input [${input.join(", ")}] → output [${output.join(", ")}], operator set 18`,
      "",
    ];
    return { json, text: text.join("\n") };
  },
};

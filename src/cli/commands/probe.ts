/** @file `fathom probe`: what the parts of an ONNX model do to small changes, by block and between any two tensors. */
import { Option } from "commander";
import type { ForeignSource, Outcome } from "../../analyses/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { type DataOptions, readDataset, withOptionalData } from "../dataset.ts";
import { badUsage } from "../errors.ts";
import { type ForeignOptions, withDimFlag, withForeign } from "../foreign-options.ts";
import { checkOnnxFile, isOnnx } from "../network.ts";
import { integerOption } from "../options.ts";
import { blocksText, tensorsText } from "../probe-text.ts";
import { asking } from "../questions.ts";
import { summaryText, writeReport } from "../report-files.ts";

interface ProbeOptions extends ForeignOptions, Omit<DataOptions, "data"> {
  readonly data?: string;
  readonly from?: string;
  readonly to?: string;
  readonly probes?: number;
  readonly list?: true;
}

export const probeCommand: CommandSpec = {
  name: "probe",
  summary: "what the blocks of an ONNX model do to small changes",
  description:
    "Measures partial Jacobians of an ONNX model with the weights it has: the gain of every block, their product over the depth, and J between any two tensors. Blocks are found in the graph, named after their modules. Open dimensions are fixed by --dim, by the data, or to a sensible batch. Without --data, inputs are standard normal numbers, or random token ids. fathom survey asks more of a model.",
  examples: [
    ["fathom probe model.onnx --data cifar10", "block by block, on real pictures"],
    ["fathom probe model.onnx --list", "the tensors that J can be taken between"],
    ["fathom probe model.onnx --from /embed/Add_output_0 --to logits --dim batch=8", "between two of them"],
    ["fathom probe model.onnx --json --assert 'pairs.0.J<100'", "a check for continuous integration"],
  ],
  declare: (command) =>
    withForeign(withOptionalData(command))
      .argument("<model>", "ONNX file")
      .option("--from <tensor>", "where J starts (default: the input, or the embeddings of token ids)")
      .option("--to <tensor>", "where it ends (default: the output)")
      .addOption(
        new Option("--probes <n>", "random probes an input (default: enough for the widths)").argParser(
          integerOption("--probes", { min: 1, max: 4096 }),
        ),
      )
      .option("--list", "list the tensors and stop"),
  assertable: "pairs.0.J<100",
  async run(context, operands, raw) {
    const options = raw as unknown as ProbeOptions;
    const path = operands[0]!;
    if (!isOnnx(path)) {
      const hint = "fathom criticality NET --measure does the same for described networks.";
      throw badUsage(`${path} is no .onnx file.`, "MODEL", hint);
    }
    await checkOnnxFile(path);
    const source = await sourceOf(path, options, context);
    const { listModel, probeModel } = await import("../../analyses/index.ts");
    if (options.list) {
      const tensors = await withDimFlag(() => listModel({ source }));
      return { json: { tensors }, text: tensorsText(tensors) };
    }
    const { from, to, probes } = options;
    const question = {
      ...asking(context),
      source,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(probes === undefined ? {} : { probes }),
    };
    const outcome = await withDimFlag(() => probeModel(question));
    return said(outcome, context);
  },
};

async function sourceOf(path: string, options: ProbeOptions, context: Context): Promise<ForeignSource> {
  const { data, dim, output, ...reading } = options;
  const dataset = data === undefined ? {} : { dataset: await readDataset({ ...reading, data }, context) };
  return {
    path,
    ...(dim === undefined ? {} : { dims: dim }),
    ...(output === undefined ? {} : { output }),
    ...dataset,
  };
}

async function said(outcome: Outcome, context: Context) {
  const report = context.folder === undefined ? {} : { report: await writeReport(outcome, context.folder) };
  const summary = await summaryText(outcome.document, context);
  const note = report.report === undefined ? "" : `Report: ${report.report}\n`;
  return { json: { ...outcome.json, ...report }, text: `${summary}${blocksText(outcome.document)}${note}` };
}

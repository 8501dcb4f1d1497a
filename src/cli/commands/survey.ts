/** @file `fathom survey`: will this network train on this data, at which rates, and what should be changed? */
import { Option } from "commander";
import type { Outcome } from "../../analyses/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { type DataOptions, readDataset, withData } from "../dataset.ts";
import { badUsage } from "../errors.ts";
import { type ForeignOptions, withDimFlag, withForeign } from "../foreign-options.ts";
import { checkOnnxFile, isOnnx, readNetwork } from "../network.ts";
import { numberOption } from "../options.ts";
import { asking } from "../questions.ts";
import { summaryText, writeReport } from "../report-files.ts";

interface SurveyOptions extends DataOptions, ForeignOptions {
  readonly minutes: number;
  readonly versus?: string;
}

export const surveyCommand: CommandSpec = {
  name: "survey",
  summary: "will this network train on this data, at which rates, and what to change",
  description:
    "Measures a network against a data set beside what theory predicts, and writes report.html: a verdict, advice with its evidence, and the numbers.",
  examples: [
    ["fathom survey examples/tanh-mlp.json", "a described network on the generated digits"],
    [
      "fathom survey mlp:depth=30,width=128,activation=tanh,sw2=2.5,sb2=0.05 --data mnist",
      "one line, real digits",
    ],
    ["fathom survey net.json --versus other.json --minutes 5", "two networks, more time"],
    ["fathom survey model.onnx --data cifar10", "an ONNX model, with the weights it has"],
    [
      "fathom survey net.json --json --assert 'criticality.fixedPoint.chiJ<1.1'",
      "a check for continuous integration",
    ],
  ],
  declare: (command) =>
    withForeign(withData(command))
      .argument("<net>", "JSON file, - for standard input, one line, or an ONNX model")
      .addOption(
        new Option("--minutes <m>", "time to spend")
          .argParser(numberOption("--minutes", { above: 0, max: 10_080 }))
          .default(2),
      )
      .option("--versus <net>", "compare with this network instead of the advised initialisation"),
  defaultFolder: "fathom-out/survey",
  assertable: "criticality.fixedPoint.chiJ<1.1",
  async run(context, operands, options) {
    const outcome = await ask(operands[0]!, options as unknown as SurveyOptions, context);
    const report = await writeReport(outcome, context.folder!);
    const summary = await summaryText(outcome.document, context);
    return { json: { ...outcome.json, report }, text: `${summary}Report: ${report}\n` };
  },
};

async function ask(subject: string, options: SurveyOptions, context: Context): Promise<Outcome> {
  const { minutes, versus, dim, output, ...data } = options;
  const seconds = minutes * 60;
  if (isOnnx(subject)) {
    if (versus !== undefined) throw noVersus(subject);
    await checkOnnxFile(subject);
    const { surveyForeign } = await import("../../analyses/index.ts");
    const source = {
      path: subject,
      dataset: await readDataset(data, context),
      ...(dim === undefined ? {} : { dims: dim }),
      ...(output === undefined ? {} : { output }),
    };
    return withDimFlag(() => surveyForeign({ ...asking(context), source, seconds }));
  }
  const stray = dim === undefined ? (output === undefined ? undefined : "--output") : "--dim";
  if (stray !== undefined)
    throw badUsage(`${stray} is for ONNX models.`, stray, "Described networks have no open dimensions.");
  const net = await readNetwork(subject, context.io);
  const other = versus === undefined ? {} : { versus: await readNetwork(versus, context.io) };
  const dataset = await readDataset(data, context);
  const { survey } = await import("../../analyses/index.ts");
  return survey({ ...asking(context), net, dataset, seconds, ...other });
}

function noVersus(subject: string): Error {
  const hint = "Survey each model by itself and compare their reports; or describe both networks.";
  return badUsage(
    `--versus trains both networks from fresh weights, which ${subject} does not say how to draw.`,
    "--versus",
    hint,
  );
}

/** @file `fathom survey`: will this network train on this data, at which rates, and what should be changed? */
import { Option } from "commander";
import type { CommandSpec } from "../command.ts";
import { type DataOptions, readDataset, withData } from "../dataset.ts";
import { readNetwork } from "../network.ts";
import { numberOption } from "../options.ts";
import { asking } from "../questions.ts";
import { summaryText, writeReport } from "../report-files.ts";

interface SurveyOptions extends DataOptions {
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
    [
      "fathom survey net.json --json --assert 'criticality.fixedPoint.chiJ<1.1'",
      "a check for continuous integration",
    ],
  ],
  declare: (command) =>
    withData(command)
      .argument("<net>", "JSON file, - for standard input, or one line")
      .addOption(
        new Option("--minutes <m>", "time to spend")
          .argParser(numberOption("--minutes", { above: 0, max: 10_080 }))
          .default(2),
      )
      .option("--versus <net>", "compare with this network instead of the advised initialisation"),
  defaultFolder: "fathom-out/survey",
  assertable: "criticality.fixedPoint.chiJ<1.1",
  async run(context, operands, options) {
    const { minutes, versus, ...data } = options as unknown as SurveyOptions;
    const net = await readNetwork(operands[0]!, context.io);
    const other = versus === undefined ? {} : { versus: await readNetwork(versus, context.io) };
    const dataset = await readDataset(data, context);
    const { survey } = await import("../../analyses/index.ts");
    const outcome = await survey({ ...asking(context), net, dataset, seconds: minutes * 60, ...other });
    const report = await writeReport(outcome, context.folder!);
    const summary = await summaryText(outcome.document, context);
    return { json: { ...outcome.json, report }, text: `${summary}Report: ${report}\n` };
  },
};

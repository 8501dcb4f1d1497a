/** @file `fathom isometry`: weights, variances and input scale for dynamical isometry. */
import { type Command, Option } from "commander";
import type { CommandSpec } from "../command.ts";
import { writeInto } from "../folder.ts";
import { integerOption, numberOption } from "../options.ts";
import { asking } from "../questions.ts";
import { writeReport } from "../report-files.ts";
import { spectrumText } from "../spectrum-text.ts";

interface IsometryOptions {
  readonly activation: string;
  readonly depth: number;
  readonly sigma2: number;
  readonly width: number;
}

function declare(command: Command): Command {
  return command
    .requiredOption("--activation <name>", "tanh, erf, leakyRelu(0.9), …")
    .requiredOption("--depth <n>", "hidden layers", integerOption("--depth", { min: 1, max: 49_999 }))
    .addOption(
      new Option("--sigma2 <v>", "variance of the eigenvalues of J Jᵀ that is allowed")
        .argParser(numberOption("--sigma2", { above: 0 }))
        .default(0.25),
    )
    .addOption(
      new Option("--width <n>", "units a layer of the network that is written")
        .argParser(integerOption("--width", { min: 2, max: 65_536 }))
        .default(256),
    );
}

/** The network, for a person to copy. */
function netText(net: unknown): string {
  return net === undefined ? "" : `\nAs a network (NET):\n${JSON.stringify(net)}\n`;
}

export const isometryCommand: CommandSpec = {
  name: "isometry",
  summary: "initialisation for dynamical isometry",
  description:
    "Computes the weights, variances and input scale under which all singular values of the Jacobian of a deep network are near 1: orthogonal weights at χ_J = 1 and a small second moment. Says when there is none. --out writes the network and a report.",
  examples: [
    ["fathom isometry --activation erf --depth 100", "100 layers, variance 0.25"],
    ["fathom isometry --activation tanh --depth 1000 --sigma2 0.1 --out iso", "and write network and report"],
    ["fathom isometry --activation relu --depth 20", "says why there is none"],
  ],
  declare,
  assertable: "edge<3",
  async run(context, _operands, raw) {
    const { activation, ...rest } = raw as unknown as IsometryOptions;
    const { depth, sigma2, width } = rest;
    const { parseActivation } = await import("../../net/index.ts");
    const { isometry } = await import("../../analyses/index.ts");
    const spec = parseActivation(activation, "--activation");
    const outcome = isometry({ ...asking(context), activation: spec, depth, sigma2, width });
    const net = outcome.json["net"];
    const text = (await spectrumText(outcome, context)) + netText(net);
    if (context.folder === undefined) return { json: outcome.json, text };
    const report = await writeReport(outcome, context.folder);
    const written = net && (await writeInto(context.folder, "net.json", `${JSON.stringify(net, null, 2)}\n`));
    return {
      json: { ...outcome.json, report },
      text: `${text}${written ? `Network: ${written}\n` : ""}Report: ${report}\n`,
    };
  },
};

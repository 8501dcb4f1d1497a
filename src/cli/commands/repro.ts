/** @file `fathom repro`: one paper's claims against ours, as a table. */
import { Option } from "commander";
import type { CheckedClaim } from "../../analyses/index.ts";
import type { CommandSpec } from "../command.ts";
import { choiceOption } from "../options.ts";
import { asking } from "../questions.ts";
import { writeReport } from "../report-files.ts";
import { pairs } from "../table.ts";

const scales = ["test", "repro", "full"] as const;

interface ReproOptions {
  readonly scale: (typeof scales)[number];
}

/** Columns that the names of a claim's facts take. */
const nameWidth = 12;

interface Formats {
  readonly wrap: (text: string, width: number) => string[];
  readonly duration: (seconds: number) => string;
}

/** A claim in a few lines: its status, then what the paper says and what was found. */
function claimText(row: CheckedClaim, width: number, { wrap, duration }: Formats): string {
  const lines = ([name, text]: readonly [string, string]) =>
    wrap(text, width - nameWidth).map((line, i) => [i === 0 ? `  ${name}` : "", line] as const);
  const facts = [
    ["paper", row.paper],
    ["ours", row.ours],
    ["bar", row.bar],
    ["shown by", row.command],
  ] as const;
  const time = row.status === "not tested" ? "" : ` (${duration(row.seconds)})`;
  return `${row.claim}: ${row.status}${time}\n${pairs(facts.flatMap(lines))}`;
}

export const reproCommand: CommandSpec = {
  name: "repro",
  summary: "one paper's claims against ours, as a table",
  description:
    "Runs the experiments behind a paper's claims and says of each whether it is reproduced, by a bar that is stated. Interrupted runs go on where they stopped when --out is the same.",
  examples: [
    ["fathom repro partial-jacobians --scale test", "in seconds"],
    ["fathom repro freeness --out freeness", "in minutes, into the folder freeness"],
    ["FATHOM_DATA=~/data fathom repro cnn-gp --scale test", "with MNIST in ~/data/mnist"],
  ],
  declare: (command) =>
    command
      .argument("<id>", "partial-jacobians, freeness, cnn-gp")
      .addOption(
        new Option("--scale <size>", "test takes seconds, repro minutes, full is the size of the paper")
          .argParser(choiceOption("--scale", scales))
          .default("repro"),
      ),
  defaultFolder: "fathom-out/repro",
  assertable: "notReproduced==0",
  async run(context, operands, raw) {
    const { scale } = raw as unknown as ReproOptions;
    const { repro } = await import("../../analyses/index.ts");
    const outcome = await repro({ ...asking(context), id: operands[0]!, scale, folder: context.folder! });
    const report = await writeReport(outcome, context.folder!);
    const { formatSeconds, wrapText } = await import("../../report/index.ts");
    const formats = { wrap: wrapText, duration: formatSeconds };
    const claims = outcome.json.claims.map((row) => claimText(row, context.width, formats));
    const { sentence } = outcome.document.verdict;
    return {
      json: { ...outcome.json, report },
      text: `${outcome.document.subject}\n\n${claims.join("\n")}\n${sentence}\nReport: ${report}\n`,
    };
  },
};

/** @file `fathom doctor`: what is available on this machine, and what would mend what is not. */
import pc from "picocolors";
import { FathomError } from "../../tensor/index.ts";
import type { CommandSpec } from "../command.ts";

/** The beginning of what a library says at length; --json has all of it. */
function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

export const doctorCommand: CommandSpec = {
  name: "doctor",
  summary: "what works on this machine, and what would mend the rest",
  description:
    "Checks Node, both ONNX runtimes, graphics devices, cores, memory and the folder for data. Exits with 1 when something that Fathom needs is missing.",
  examples: [
    ["fathom doctor", "a line for each check"],
    ["fathom doctor --json --assert 'ok==true'", "for scripts"],
  ],
  assertable: "ok==true",
  async run(context) {
    const { doctor } = await import("../../runtime/index.ts");
    const { dataFolder } = await import("../../data/index.ts");
    const checks = await doctor({ cacheFolder: dataFolder() });
    const missing = checks.filter(({ ok, optional }) => !ok && optional !== true);
    const colors = pc.createColors(context.color);
    const lines = checks.map(({ name, ok, detail, hint, optional }) => {
      const mark = ok ? colors.green("✓") : optional ? colors.dim("–") : colors.red("✗");
      const shown = ok ? detail : shortened(detail, Math.max(40, context.width - 22));
      return `${mark} ${name.padEnd(18)} ${shown}${ok || hint === undefined ? "" : `\n  ${" ".repeat(18)} ${hint}`}`;
    });
    const failure = new FathomError({
      code: "failed",
      message: `Missing: ${missing.map(({ name }) => name).join(", ")}.`,
      where: "doctor",
      hint: "The checks above say what mends each.",
    });
    return {
      json: { ok: missing.length === 0, checks },
      text: `${lines.join("\n")}\n`,
      ...(missing.length === 0 ? {} : { failure }),
    };
  },
};

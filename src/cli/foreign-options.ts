/** @file Options of commands that measure ONNX models. */
import { type Command, Option } from "commander";
import { badUsage } from "./errors.ts";

export interface ForeignOptions {
  readonly dim?: Readonly<Record<string, number>>;
  readonly output?: string;
}

const heading = "Options of ONNX models:";

/** Adds them. */
export function withForeign(command: Command): Command {
  return command
    .addOption(
      new Option("--dim <name=n>", "fix an open dimension of an ONNX model, as batch=8; may be repeated")
        .argParser(dimOption)
        .helpGroup(heading),
    )
    .addOption(
      new Option(
        "--output <name>",
        "the output of an ONNX model that counts (default: the first of floats)",
      ).helpGroup(heading),
    );
}

function dimOption(text: string, before: Readonly<Record<string, number>> = {}): Record<string, number> {
  const [, name, size] = /^(.+)=([1-9]\d{0,8})$/.exec(text) ?? [];
  if (name !== undefined) return { ...before, [name]: Number(size) };
  throw badUsage(`--dim is "${text}".`, "--dim", "Give a name and a whole number, as batch=8.");
}

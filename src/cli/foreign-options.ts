/** @file Options of commands that measure ONNX models. */
import { type Command, Option } from "commander";
import { FathomError } from "../tensor/index.ts";
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

/** An open dimension is named by the library as its option; here it is a flag. */
export async function withDimFlag<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const name = error instanceof FathomError ? /^dims\.(.+)$/.exec(error.where ?? "")?.[1] : undefined;
    if (name === undefined) throw error;
    const { message, hint = "" } = error as FathomError;
    const mend = /fix it with dims/.test(hint)
      ? `Fix it with --dim ${shown(name)}=8, or give data of a fixed shape.`
      : hint;
    throw badUsage(message, "--dim", mend);
  }
}

/** A name as a shell needs it to be typed. */
function shown(name: string): string {
  return /^[\w.]+$/.test(name) ? name : `'${name}'`;
}

/** @file From errors to exit codes and messages: 1 a computation failed, 2 bad input or usage, 3 an assertion (cli.md). */
import { CommanderError } from "commander";
import { FathomError, isInputError } from "../tensor/index.ts";

export const exitCodes = { done: 0, failed: 1, badInput: 2, assertion: 3, interrupted: 130 } as const;

/** An `--assert` that does not hold; its message lists what failed. */
export class AssertionFailed extends Error {
  override readonly name = "AssertionFailed";
}

/** A value of an option or argument that cannot be used. */
export function badUsage(message: string, where: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", message, where, hint });
}

/**
 * An error of the library, which names its options, with the flags in their place; others as they are.
 * @param flags By the library's names.
 * @example throw inFlags(error, { limit: "--limit" })
 */
export function inFlags(error: unknown, flags: Readonly<Record<string, string>>): unknown {
  if (!(error instanceof FathomError) || error.where === undefined) return error;
  const { code, message, where, hint } = error;
  if (!Object.hasOwn(flags, where)) return error;
  return new FathomError({ code, message, where: flags[where]!, ...(hint && { hint }), cause: error });
}

/** The exit code that an error ends the command with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
  if (error instanceof AssertionFailed) return exitCodes.assertion;
  return isInputError(error) ? exitCodes.badInput : exitCodes.failed;
}

/** What is printed of an error. */
interface Described {
  readonly message: string;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
}

/** Commander's message without its prefix, its suggestion as a hint. */
function describeUsage(error: CommanderError): Described {
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = rest
    .map((line) => line.trim().replace(/^\((.*)\)$/, "$1"))
    .filter((line) => line !== "");
  const message = `${first.charAt(0).toUpperCase()}${first.slice(1)}.`.replace(/\.\.$/, ".");
  return {
    message,
    where: /(?<=Required option '|Missing required argument ')(--[\w-]+|\w+)/i.exec(message)?.[0],
    hint:
      suggestion.join(" ") || "fathom --help lists commands, fathom COMMAND --help its options and examples.",
  };
}

function describe(error: unknown): Described {
  if (error instanceof CommanderError) return describeUsage(error);
  if (error instanceof FathomError) return error;
  if (error instanceof AssertionFailed) return { message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { message, hint: "This is a fault of Fathom, not of the input: --debug shows where it happened." };
}

/** Text from files of others cannot drive the terminal: control characters but line breaks are dropped. */
export function safeText(text: string): string {
  return text.toWellFormed().replace(/(?!\n)\p{Cc}/gu, "");
}

/**
 * The lines for an error: what is wrong, where, how to mend it; the stack only when debugging.
 * @example errorLines(error, { debug: false })
 */
export function errorLines(error: unknown, { debug }: { readonly debug: boolean }): string {
  const { message, where, hint } = describe(error);
  const lines = [`error: ${message}`];
  if (where !== undefined) lines.push(`  where: ${where}`);
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  if (debug && error instanceof Error) lines.push(stackOf(error));
  return `${safeText(lines.join("\n"))}\n`;
}

/** The stack with those of the causes. */
function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? ""}${cause}`;
}

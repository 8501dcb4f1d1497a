/**
 * @file What a command is made of: its words for the help, its options, its work, and how the result is said. The frame
 * here does what is the same for all: JSON or text, `--out`, `--assert`, Ctrl-C.
 */
import { Command, Option } from "commander";
import { FathomError } from "../tensor/index.ts";
import { type Comparison, failedComparisons, parseAssertion } from "./assert.ts";
import { addGlobalOptions, Context, type GlobalOptions } from "./context.ts";
import { AssertionFailed } from "./errors.ts";
import { checkFolder, writeInto } from "./folder.ts";
import { listenForInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { type Json, printJson, toJson } from "./json.ts";
import { progressReporter } from "./progress.ts";

/** What a command found: the JSON of cli.md and the same for people. */
export interface CommandResult {
  readonly json: object;
  readonly text: string;
  /** An outcome that is a result and still a failure (a training that diverged): printed, then raised. */
  readonly failure?: Error;
}

export interface CommandSpec {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What it does and what it answers. */
  readonly description: string;
  /** Command lines with a word on each. */
  readonly examples: readonly (readonly [string, string])[];
  /** Adds arguments and options. */
  declare?(command: Command): void;
  /** Where results go when `--out` does not say: undefined writes nothing. */
  readonly defaultFolder?: string;
  /** `--out` names a store that the command makes itself: nothing else is written into it. */
  readonly out?: "store";
  /** It computes on processors alone: other devices are refused. */
  readonly device?: "cpu";
  /** An example of `--assert` where it applies; the paths are those of the JSON. */
  readonly assertable?: string;
  run(
    context: Context,
    operands: readonly string[],
    options: Readonly<Record<string, unknown>>,
  ): Promise<CommandResult>;
}

function examplesText(examples: CommandSpec["examples"]): string {
  const lines = examples.map(([line, what]) => `  # ${what}\n  ${line}`);
  return `\nExamples:\n${lines.join("\n")}`;
}

/** An argument as a shell needs it to be typed. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The commander command of a specification. */
export function buildCommand(spec: CommandSpec, io: Io, argv: readonly string[]): Command {
  const command = new Command(spec.name)
    .summary(spec.summary)
    .description(spec.description)
    .helpOption("-h, --help", "show this help");
  spec.declare?.(command);
  if (spec.assertable !== undefined) {
    command.addOption(
      new Option(
        "--assert <expression>",
        `exit with 3 unless it holds, as '${spec.assertable}'; paths are those of --json, && joins`,
      ).argParser(parseAssertion),
    );
  }
  addGlobalOptions(command).addHelpText("after", examplesText(spec.examples));
  return command.action(async () => {
    const commandLine = ["fathom", ...argv].map(shellWord).join(" ");
    await execute(spec, { io, commandLine, operands: command.args, options: command.opts() });
  });
}

interface Invocation {
  readonly io: Io;
  readonly commandLine: string;
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

async function execute(spec: CommandSpec, { io, commandLine, operands, options }: Invocation): Promise<void> {
  const globals = options as unknown as GlobalOptions;
  checkDevice(spec, globals);
  const wanted = globals.out ?? spec.defaultFolder;
  const folder = wanted === undefined || spec.out === "store" ? wanted : await checkFolder(wanted);
  const progress = await progressReporter(io.stderr, { quiet: globals.quiet === true });
  using interrupt = listenForInterrupt(process, io.stderr);
  const context = new Context({ io, globals, progress, signal: interrupt.signal, commandLine, folder });
  try {
    const result = await spec.run(context, operands, options);
    progress.stop();
    const json = toJson(result.json);
    if (folder !== undefined && spec.out !== "store")
      await writeInto(folder, "result.json", `${printJson(json)}\n`);
    io.stdout.write(globals.json ? `${printJson(json)}\n` : result.text);
    if (result.failure) throw result.failure;
    checkAssertion(options["assert"] as readonly Comparison[] | undefined, json);
  } finally {
    progress.stop();
  }
}

/** A result never names a device that had no part in it. */
function checkDevice({ name, device }: CommandSpec, globals: GlobalOptions): void {
  if (device === undefined || globals.device === device) return;
  throw new FathomError({
    code: "unsupported",
    message: `fathom ${name} computes kernels on the processor: it has no use for ${globals.device}.`,
    where: "--device",
    hint: "Leave out --device; --threads says how many cores to use.",
  });
}

function checkAssertion(assertion: readonly Comparison[] | undefined, json: Json): void {
  if (assertion === undefined) return;
  const failed = failedComparisons(assertion, json);
  if (failed.length > 0) throw new AssertionFailed(`These assertions do not hold:\n  ${failed.join("\n  ")}`);
}

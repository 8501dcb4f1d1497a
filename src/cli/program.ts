/** @file The program: its commands, and the one place where errors become exit codes. */
import { Command, CommanderError } from "commander";
import { version } from "../version.ts";
import { buildCommand, type CommandSpec } from "./command.ts";
import { chooseCommand } from "./commands/choose.ts";
import { compareCommand } from "./commands/compare.ts";
import { criticalityCommand } from "./commands/criticality.ts";
import { dataGetCommand, dataListCommand } from "./commands/data.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { exportCommand } from "./commands/export.ts";
import { isometryCommand } from "./commands/isometry.ts";
import { kernelCommand } from "./commands/kernel.ts";
import { landscapeCommand } from "./commands/landscape.ts";
import { phaseCommand } from "./commands/phase.ts";
import { predictCommand } from "./commands/predict.ts";
import { probeCommand } from "./commands/probe.ts";
import { reproCommand } from "./commands/repro.ts";
import { schemaCommand } from "./commands/schema.ts";
import { spectrumCommand } from "./commands/spectrum.ts";
import { surveyCommand } from "./commands/survey.ts";
import { trainCommand } from "./commands/train.ts";
import { tuneCommand } from "./commands/tune.ts";
import { widthsCommand } from "./commands/widths.ts";
import { badUsage, errorLines, exitCodeOf, exitCodes } from "./errors.ts";
import type { Io } from "./io.ts";

const introduction = `Deep-learning theory put to work: how a network will behave before it is trained.

NET is a JSON file, - for standard input, or one line:
  mlp:depth=30,width=128,activation=tanh,sw2=1.0,sb2=0,norm=none|ln-pre|ln-act|ln-skip|ln-block|batchnorm,mu=0,out=10`;

const closing = `
Start here:
  fathom survey mlp:depth=30,width=128,activation=tanh,sw2=2.5,sb2=0.05,out=10 --data digits

Exit codes: 0 done, 1 a computation failed, 2 bad input or usage, 3 an --assert does not hold.`;

/** Help and version go to stdout; what commander says of errors is said by `runCli` instead. */
function quieten(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: () => {},
  });
  for (const child of command.commands) quieten(child, io);
}

/** `help`, `help survey`, `help data get`. */
function helpCommand(program: Command): Command {
  return new Command("help")
    .summary("show the help of a command")
    .argument("[command...]")
    .helpOption("-h, --help", "show this help")
    .action((path: readonly string[]) => {
      let at = program;
      for (const name of path) {
        const next = at.commands.find((command) => command.name() === name);
        if (next === undefined) throw unknownCommand(name, at);
        at = next;
      }
      at.outputHelp();
    });
}

function unknownCommand(name: string, group: Command): Error {
  const known = group.commands.map((command) => command.name());
  const hint =
    known.length === 0 ? `${group.name()} has no commands of its own.` : `Known: ${known.join(", ")}.`;
  return badUsage(`There is no command "${name}".`, "help", hint);
}

/** The commands, in the order of the help. */
export const commands: readonly CommandSpec[] = [
  surveyCommand,
  criticalityCommand,
  phaseCommand,
  tuneCommand,
  spectrumCommand,
  isometryCommand,
  widthsCommand,
  probeCommand,
  kernelCommand,
  predictCommand,
  compareCommand,
  chooseCommand,
  trainCommand,
  landscapeCommand,
  exportCommand,
  reproCommand,
  doctorCommand,
  schemaCommand,
];

/** Those of `fathom data`. */
export const dataCommands: readonly CommandSpec[] = [dataListCommand, dataGetCommand];

function createProgram(io: Io, argv: readonly string[]): Command {
  const program = new Command("fathom")
    .description(introduction)
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .addHelpText("after", closing);
  for (const spec of commands) program.addCommand(buildCommand(spec, io, argv));
  const data = new Command("data").description(
    "the data sets Fathom knows: what is here, and how to get the others",
  );
  for (const spec of dataCommands) data.addCommand(buildCommand(spec, io, argv));
  program.addCommand(data.helpOption("-h, --help", "show this help"));
  program.addCommand(helpCommand(program));
  quieten(program, io);
  return program;
}

/** A group without a command shows its help, which says all there is. */
function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.code === "commander.help";
}

/**
 * Runs one command line; never throws.
 * @returns the exit code of cli.md.
 * @example process.exitCode = await runCli(["doctor", "--json"], process)
 */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  if (argv.length === 0) {
    createProgram(io, argv).outputHelp();
    return exitCodes.done;
  }
  try {
    await createProgram(io, argv).parseAsync(argv, { from: "user" });
    return exitCodes.done;
  } catch (error) {
    const code = exitCodeOf(error);
    if (code !== exitCodes.done && !isHelp(error))
      io.stderr.write(errorLines(error, { debug: argv.includes("--debug") }));
    return code;
  }
}

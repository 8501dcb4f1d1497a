/** @file What every command is given: the global options of cli.md, progress, the signal of Ctrl-C, the way to print. */
import { type Command, Option } from "commander";
import type { CompileOptions } from "../runtime/index.ts";
import { type Io, wantsColour } from "./io.ts";
import { choiceOption, integerOption, numberOption } from "./options.ts";
import type { ProgressReporter } from "./progress.ts";

/** Devices of the runtime that the command line offers. */
const devices = ["cpu", "wasm", "webgpu", "cuda", "interpreter"] as const;

/** The global options as they are parsed. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly seed: number;
  readonly out?: string;
  readonly device: (typeof devices)[number];
  readonly threads?: number;
  readonly memory?: number;
}

const heading = "Options of every command:";

/** Adds the global options to a command, so that they may stand anywhere after its name. */
export function addGlobalOptions(command: Command): Command {
  const options = [
    new Option("--json", "print the result as one JSON document and nothing else"),
    new Option("--seed <n>", "seed of every random stream")
      .argParser(integerOption("--seed", { min: 0 }))
      .default(0),
    new Option("--out <dir>", "folder for the results"),
    new Option("--device <name>", `where to compute: ${devices.join(", ")}`)
      .argParser(choiceOption("--device", devices))
      .default("cpu"),
    new Option("--threads <n>", "threads within one operation (default: the cores)").argParser(
      integerOption("--threads", { min: 1, max: 1024 }),
    ),
    new Option("--memory <GB>", "refuse computations that need more (default: the machine's)").argParser(
      numberOption("--memory", { above: 0 }),
    ),
    new Option("--quiet", "no progress"),
    new Option("--debug", "show the stack of an error"),
  ];
  for (const option of options) command.addOption(option.helpGroup(heading));
  return command;
}

/** What one command runs with. */
export class Context {
  readonly io: Io;
  readonly globals: GlobalOptions;
  readonly progress: ProgressReporter;
  readonly signal: AbortSignal;
  /** The command as it was typed, for the report. */
  readonly commandLine: string;
  /** Where results are written; undefined when nothing was asked to be. */
  readonly folder: string | undefined;

  constructor(parts: Pick<Context, "io" | "globals" | "progress" | "signal" | "commandLine" | "folder">) {
    this.io = parts.io;
    this.globals = parts.globals;
    this.progress = parts.progress;
    this.signal = parts.signal;
    this.commandLine = parts.commandLine;
    this.folder = parts.folder;
  }

  get seed(): number {
    return this.globals.seed;
  }

  /** Options for everything that compiles. */
  get compileOptions(): CompileOptions {
    const { device, threads, memory } = this.globals;
    return {
      device,
      ...(threads === undefined ? {} : { threads }),
      ...(memory === undefined ? {} : { memory: memory * 1e9 }),
    };
  }

  /** Columns of the terminal, 80 where there is none. */
  get width(): number {
    return this.io.stdout.columns ?? 80;
  }

  get color(): boolean {
    return wantsColour(this.io.stdout, this.io.env);
  }
}

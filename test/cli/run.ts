/** @file Runs the command line inside the test, with streams that keep what was written. */
import { runCli } from "../../src/cli/program.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Setting {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

class Sink {
  text = "";
  write(text: string): void {
    this.text += text;
  }
}

async function* onePiece(text: string): AsyncGenerator<string> {
  yield text;
}

/** The exit code and the two streams of one command line. */
export async function run(argv: readonly string[], { stdin = "", env = {} }: Setting = {}): Promise<Ran> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const code = await runCli(argv, { stdout, stderr, stdin: onePiece(stdin), env });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

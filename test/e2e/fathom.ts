/** @file Runs the real command line in a process of its own. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export const run = promisify(execFile);
export const main = "src/cli/main.ts";

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The exit code and both streams of `fathom …`. */
export async function fathom(...args: string[]): Promise<Result> {
  try {
    const { stdout, stderr } = await run(process.execPath, [main, ...args], { maxBuffer: 2 ** 26 });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Result;
  }
}

#!/usr/bin/env node
/** @file The `fathom` command: hands the process to the program and takes its exit code (cli.md). */
import { runCli } from "./program.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader went away (`fathom … | head`): nothing is left to say.
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
});

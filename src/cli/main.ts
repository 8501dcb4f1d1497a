#!/usr/bin/env node
/** @file The `fathom` command: hands the process to the program and takes its exit code (cli.md). */
import { enableCompileCache } from "node:module";

// Halves the time to the first word from the second run on; worker threads find the cache by the environment.
const { directory } = enableCompileCache();
if (directory !== undefined) process.env["NODE_COMPILE_CACHE"] ??= directory;
const { runCli } = await import("./program.ts");

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

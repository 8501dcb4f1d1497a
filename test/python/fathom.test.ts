/** @file python/fathom.py: its own tests, run by the Python that is there; those of exports where the peers are installed. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const folder = import.meta.dirname;
const peers = join(folder, "..", "..", "bench", "peers", ".venv", "bin", "python");
const hasPython = spawnSync("python3", ["--version"]).status === 0;

function runTests(python: string, file: string) {
  // The command line is run by the Node that runs this test.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}` };
  const { status, stderr } = spawnSync(python, ["-W", "ignore", join(folder, file)], {
    encoding: "utf8",
    env,
  });
  return { status, stderr };
}

describe("python/fathom.py", () => {
  it.skipIf(!hasPython)("turns arguments into flags and errors into exceptions, without PyTorch", () => {
    expect(runTests("python3", "test_arguments.py")).toEqual({
      status: 0,
      stderr: expect.stringContaining("OK"),
    });
  });

  it.skipIf(!existsSync(peers))(
    "exports modules as training sees them, and measures between them",
    {
      timeout: 120_000,
    },
    () => {
      expect(runTests(peers, "test_export.py")).toEqual({ status: 0, stderr: expect.stringContaining("OK") });
    },
  );
});

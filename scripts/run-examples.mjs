/**
 * @file Runs every example as a user would: programs (`examples/*.ts`) are executed, network descriptions
 * (`examples/*.json`) are surveyed on the generated digits within a small budget.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const out = mkdtempSync(join(tmpdir(), "fathom-examples-"));
const files = readdirSync("examples").sort();
const survey = (file) => [
  "src/cli/main.ts",
  ...["survey", join("examples", file), "--data", "digits", "--minutes", "0.4", "--quiet"],
  ...["--out", join(out, file)],
];
const commands = [
  ...files.filter((file) => file.endsWith(".ts")).map((file) => [file, [join("examples", file)]]),
  ...files.filter((file) => file.endsWith(".json")).map((file) => [file, survey(file)]),
];

const failed = commands.filter(([file, command]) => {
  const start = performance.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, command, { encoding: "utf8" });
  console.log(`${status === 0 ? "✓" : "✗"} ${file} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  if (status !== 0) console.log(stdout, stderr);
  return status !== 0;
});
rmSync(out, { recursive: true, force: true });
process.exit(failed.length === 0 ? 0 : 1);

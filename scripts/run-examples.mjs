/**
 * @file Runs every example as a user would: programs (`examples/*.ts`) are executed, network descriptions
 * (`examples/*.json`) are surveyed on the generated digits within a small budget, and what they answer is checked.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const out = mkdtempSync(join(tmpdir(), "fathom-examples-"));
const files = readdirSync("examples").sort();
const survey = (file) => [
  "src/cli/main.ts",
  ...["survey", join("examples", file), "--data", "digits", "--minutes", "0.4", "--json", "--quiet"],
  ...["--out", join(out, file)],
];
const programs = files
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ file, command: [join("examples", file)], faultsOf: () => [] }));
const networks = files
  .filter((file) => file.endsWith(".json"))
  .map((file) => ({ file, command: survey(file), faultsOf: faultsOfSurvey }));

/** Every question is answered, or left out for a reason; a network that is trained is better than guessing. */
function faultsOfSurvey(stdout) {
  const { verdict, analyses, notApplicable, training } = JSON.parse(stdout);
  const reasons = Object.fromEntries(notApplicable.map(({ id, because }) => [id, because]));
  const silent = ["criticality", "separation", "learningRate", "training"].filter(
    (id) => analyses[id] === undefined && !reasons[id],
  );
  const { before, after } = training?.best ?? {};
  const error = Math.min(before ?? 1, after ?? 1);
  return [
    ...silent.map((id) => `${id} is neither answered nor left out for a reason`),
    ...(training !== undefined && error >= training.chance
      ? [`its error of ${error} is that of guessing`]
      : []),
    ...(/NaN|undefined|Infinity/.test(verdict) ? [`its verdict reads: ${verdict}`] : []),
  ];
}

function run({ file, command, faultsOf }) {
  const start = performance.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, command, { encoding: "utf8" });
  const faults = status === 0 ? faultsOf(stdout) : [stdout, stderr];
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${faults.length === 0 ? "✓" : "✗"} ${file} (${seconds} s)`, ...faults);
  return faults.length === 0;
}

const failed = [...programs, ...networks].filter((example) => !run(example));
rmSync(out, { recursive: true, force: true });
process.exit(failed.length === 0 ? 0 : 1);

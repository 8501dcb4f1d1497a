/**
 * @file Runs every example as a user would: programs (`examples/*.ts`) are executed, network descriptions
 * (`examples/*.json`) are surveyed on the generated digits within a small budget, and what they answer is checked. Networks
 * whose variances are those of Gaussian processes, too large for plain SGD, are trained with Adam as well, and their kernels
 * computed and predicted with.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const out = mkdtempSync(join(tmpdir(), "fathom-examples-"));
const files = readdirSync("examples").sort();
/** Convolutions on two cores want more than the others; what a survey of each question takes. */
const minutes = { "resnet-gp.json": 0.6, "residual-cnn-gp.json": 0.7, "convnet-gp.json": 1.2 };
const fathom = (command, file, options) => [
  ...["src/cli/main.ts", command, join("examples", file), "--data", "digits", ...options],
  ...["--json", "--quiet", "--out", join(out, command, file)],
];
const survey = (file) => fathom("survey", file, ["--minutes", minutes[file] ?? 0.4]);
const train = (file) => fathom("train", file, ["--optimizer", "adam", "--batch", 16, "--steps", 200]);
const programs = files
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ file, command: [join("examples", file)], faultsOf: () => [] }));
const networks = files
  .filter((file) => file.endsWith(".json"))
  .map((file) => ({ file, command: survey(file), faultsOf: faultsOfSurvey }));
const trained = ["residual-cnn-gp.json", "convnet-gp.json"].map((file) => ({
  file: `${file}, trained with Adam`,
  command: train(file),
  faultsOf: faultsOfTraining,
}));
const kernelNets = ["resnet-gp.json", "convnet-gp.json", "residual-cnn-gp.json"];
const kernels = kernelNets.map((file) => ({
  file: `${file}, its kernels`,
  command: fathom("kernel", file, ["--rows", "0:4", "--cols", "test:0:3", "--get", "nngp,ntk"]),
  faultsOf: faultsOfKernel,
}));
const predictions = kernelNets.map((file) => ({
  file: `${file}, prediction`,
  command: fathom("predict", file, ["--train", "0:200", "--test", "test:0:100", "--variance"]),
  faultsOf: faultsOfPrediction,
}));

/** Both kernels of four items with three, all of them positive numbers: pixels are. */
function faultsOfKernel(stdout) {
  const { nngp, ntk } = JSON.parse(stdout);
  const entries = [nngp, ntk].flat(2);
  return entries.length === 24 && entries.every((value) => value > 0) ? [] : [stdout];
}

/** Of ten digits 90 % are wrong by guessing. */
function faultsOfPrediction(stdout) {
  const { errorRate, variance } = JSON.parse(stdout);
  const fine = errorRate < 0.6 && variance.length === 100 && variance.every((value) => value >= 0);
  return fine ? [] : [`a test error of ${errorRate}, variances ${variance}`];
}

/** Every question is answered, or left out for a reason that is not the budget; training is better than guessing. */
function faultsOfSurvey(stdout) {
  const { verdict, analyses, notApplicable, training } = JSON.parse(stdout);
  const reasons = Object.fromEntries(notApplicable.map(({ id, because }) => [id, because]));
  const silent = ["criticality", "separation", "learningRate", "training", "kernelBaseline"].filter(
    (id) => analyses[id] === undefined && !reasons[id],
  );
  const { before, after } = training?.best ?? {};
  const error = Math.min(before ?? 1, after ?? 1);
  return [
    ...silent.map((id) => `${id} is neither answered nor left out for a reason`),
    ...notApplicable
      .filter(({ because }) => because.includes("--minutes"))
      .map(({ id, because }) => `${id} is left out: ${because}`),
    ...(training !== undefined && error >= training.chance
      ? [`its error of ${error} is that of guessing`]
      : []),
    ...(/NaN|undefined|Infinity/.test(verdict) ? [`its verdict reads: ${verdict}`] : []),
  ];
}

/** Of ten digits 90 % are wrong by guessing; five points below it are learned. */
function faultsOfTraining(stdout) {
  const { status, test } = JSON.parse(stdout);
  return status === "done" && test.error < 0.85 ? [] : [`${status}, with a test error of ${test.error}`];
}

function run({ file, command, faultsOf }) {
  const start = performance.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, command, { encoding: "utf8" });
  const faults = status === 0 ? faultsOf(stdout) : [stdout, stderr];
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${faults.length === 0 ? "✓" : "✗"} ${file} (${seconds} s)`, ...faults);
  return faults.length === 0;
}

const failed = [...programs, ...networks, ...trained, ...kernels, ...predictions].filter(
  (example) => !run(example),
);
rmSync(out, { recursive: true, force: true });
process.exit(failed.length === 0 ? 0 : 1);

/**
 * @file What training holds in memory, beside its bound: 3 × parameters + optimiser state + the activations of one batch.
 * Usage: node bench/training-memory.ts [--json]. Peak resident memory of a process of its own, less what it held before
 * the trainer was compiled; wide layers, so that parameters dwarf the runtime.
 */
import { resourceUsage } from "node:process";
import type { Dataset } from "../src/data/index.ts";
import { buildModel, countParameters, parseNet } from "../src/net/index.ts";
import { Key, ndarray, normal } from "../src/tensor/index.ts";
import { createTrainer } from "../src/train/index.ts";

const [width, depth, batch, rows] = [2048, 5, 64, 256];
const megabytes = 1 / 2 ** 20;

const key = Key.fromSeed(0);
const inputs = normal(key, "float32", [rows, width]);
const labels = ndarray(
  "int32",
  [rows],
  Int32Array.from({ length: rows }, (_, i) => i % 10),
);
const dataset: Dataset = {
  name: "noise",
  kind: "vector",
  inputShape: [width],
  classes: 10,
  scale: 1,
  source: "generated",
  train: { inputs, labels },
  test: { inputs, labels },
};
const hidden = Array.from({ length: depth }, () => [
  { kind: "dense", width },
  { kind: "activation", activation: "relu" },
]).flat();
const model = buildModel(
  parseNet({
    fathom: 1,
    input: { kind: "vector", shape: [width] },
    layers: [...hidden, { kind: "dense", width: 10 }],
  }),
);

const parameters = countParameters(model) * 4 * megabytes;
const activations = batch * width * 2 * (depth + 1) * 4 * megabytes;
const before = process.memoryUsage().rss * megabytes;
await using trainer = await createTrainer({
  model,
  dataset,
  batch,
  optimizer: { kind: "sgd" },
  stepsPerCall: 4,
});
const run = trainer.start({ key, learningRate: 0.01, steps: 24 });
await run.advance(24);
// Linux counts kilobytes, and the peak of the process.
const peak = resourceUsage().maxRSS / 1024;
const bound = 3 * parameters + parameters + activations;
const held = peak - before;
const report = {
  parameters,
  state: parameters,
  activations,
  held,
  bound,
  ratio: held / bound,
  perParameters: held / parameters,
};
if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
  for (const [name, value] of Object.entries(report))
    process.stdout.write(`${name.padEnd(14)} ${value.toFixed(2)}\n`);
}

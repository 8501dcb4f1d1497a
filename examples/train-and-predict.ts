/**
 * @file From data to predictions: trains a small convolutional network into a run folder, reads the run back, predicts, and
 * predicts the same from its ONNX model. Run it with `npx node examples/train-and-predict.ts`.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  applyModel,
  argmax,
  buildModel,
  compile,
  exportOnnx,
  importOnnx,
  input,
  inputsOf,
  Key,
  loadDataset,
  parameterInputs,
  parseNet,
  readRun,
  rowsAsFloat,
  train,
} from "../src/index.ts";

const dataset = await loadDataset("digits", { trainSize: 4000, testSize: 500 });
const relu = { kind: "activation", activation: "relu" };
const net = parseNet({
  fathom: 1,
  input: { kind: "image", shape: [1, 28, 28] },
  layers: [
    { kind: "conv", channels: 8, kernel: 5, stride: 2, sw2: 2 },
    { kind: "batchNorm", affine: true },
    relu,
    { kind: "conv", channels: 16, kernel: 3, stride: 2, sw2: 2 },
    relu,
    { kind: "flatten" },
    { kind: "dropout", rate: 0.2 },
    { kind: "dense", width: 10 },
  ],
});

const runFolder = join(await mkdtemp(join(tmpdir(), "fathom-")), "run");
const { test } = await train({
  model: buildModel(net),
  dataset,
  optimizer: { kind: "adam" },
  learningRate: 0.003,
  batch: 64,
  epochs: 3,
  key: Key.fromSeed(0),
  runFolder,
});
console.log(`test error ${(100 * test.error).toFixed(1)} %`);

const { config, parameters } = await readRun(runFolder);
const model = buildModel(parseNet(config["net"]));
const rows = [0, 1, 2, 3, 4, 5, 6, 7];
const x = rowsAsFloat(dataset, "test", rows);

const weights = parameterInputs(model);
const images = input("images", x.shape);
const logits = applyModel(model, weights, images).output;
await using predictor = await compile({
  inputs: [images, ...Object.values(weights)],
  outputs: { digit: argmax(logits, { axis: 1 }) },
});
const { digit } = await predictor.run({ images: x, ...parameters });
console.log("predicted", [...digit!.data].join(" "));
console.log("labelled ", [...dataset.test.labels.data.subarray(0, rows.length)].join(" "));

const onnx = importOnnx(exportOnnx(model, parameters, { batch: rows.length }));
const imported = argmax(onnx.outputs["output"]!, { axis: 1 });
await using exported = await compile({ inputs: inputsOf([imported]), outputs: { digit: imported } });
const again = await exported.run({ input: x, ...onnx.parameters });
console.log("by ONNX  ", [...again["digit"]!.data].join(" "));

/**
 * @file A baseline without training: the exact prediction of an infinitely wide network on digits, as a Bayesian network and
 * as the ensemble of networks trained to the end, with the evidence of several depths. Run it with
 * `npx node examples/gp-baseline.ts`.
 */
import {
  classScores,
  classTargets,
  denseMatrix,
  gpInference,
  kernelDiagonal,
  kernelMatrix,
  loadDataset,
  ntkInference,
  parseNetText,
  rowsAsFloat,
} from "../src/index.ts";

const [count, tested] = [500, 200];
const dataset = await loadDataset("digits", { trainSize: count, testSize: tested });
const rows = (n: number) => Array.from({ length: n }, (_, i) => i);
const [train, test] = [
  rowsAsFloat(dataset, "train", rows(count)),
  rowsAsFloat(dataset, "test", rows(tested)),
];
const y = classTargets(dataset.train.labels, dataset.classes);
const labels = dataset.test.labels.data;
const errorsOf = (predicted: Int32Array) => predicted.filter((label, i) => label !== labels[i]).length;

for (const depth of [1, 3, 6]) {
  const net = parseNetText(`mlp:depth=${depth},activation=relu,sw2=2,sb2=0.05`);
  const get = ["nngp", "ntk"] as const;
  const kernels = await kernelMatrix({ net, x1: train, get });
  const cross = await kernelMatrix({ net, x1: test, x2: train, get });
  const { nngp: prior } = await kernelDiagonal({ net, x: test });

  await using bayes = await gpInference(kernels.nngp!, { y });
  const { mean, variance } = await bayes.predict({ cross: await denseMatrix(cross.nngp!), prior: prior! });
  const scores = classScores(mean, { variance: variance!, scale: bayes.evidenceScale() });
  const likelihood = rows(tested).reduce(
    (sum, i) => sum + Math.log(scores.probabilities!.data[i * dataset.classes + labels[i]!]!),
    0,
  );

  await using ensemble = await ntkInference({ ntk: kernels.ntk! }, { y });
  const trained = classScores((await ensemble.predict({ cross: await denseMatrix(cross.ntk!) })).mean);

  console.log(`${depth} hidden layers, log evidence ${bayes.logEvidence().toFixed(0)}`);
  console.log(
    `  Bayesian network  ${errorsOf(scores.predicted.data)} of ${tested} wrong, mean ln P(label) ${(likelihood / tested).toFixed(2)}`,
  );
  console.log(`  trained ensemble  ${errorsOf(trained.predicted.data)} of ${tested} wrong`);
}

/**
 * @file From theory to training: a deep chaotic network, the initialisation that theory advises instead, and both trained
 * for a few steps on the generated digits, each at several learning rates. Run it with `npx node examples/critical-init.ts`.
 */
import {
  buildModel,
  createTrainer,
  criticalInitialisation,
  fixedPoints,
  initialise,
  inputMoments,
  Key,
  loadDataset,
  meanFieldPlaces,
  type Net,
  parseNetText,
  propagate,
  scalarActivation,
  withInput,
  withVariances,
} from "../src/index.ts";

const steps = 150;
const rates = [0.002, 0.008, 0.03, 0.12];
const key = Key.fromSeed(0);

const dataset = await loadDataset("digits", { trainSize: 3000, testSize: 500 });
const given = withInput(
  parseNetText("mlp:depth=50,width=64,activation=tanh,sw2=4,sb2=0"),
  dataset.inputShape,
);

// Theory: where do the layers of the given network settle, and which variances keep changes at their size?
const activation = scalarActivation("tanh");
const { reached } = fixedPoints({ activation, sw2: 4, sb2: 0 });
const { sw2, sb2 } = criticalInitialisation({ activation })!;
const advised = withVariances(given, { sw2, sb2 });
console.log(`given    σw² = 4, σb² = 0: K* = ${reached.K.toFixed(3)}, χ_J = ${reached.chiJ.toFixed(3)}`);
console.log(`advised  σw² = ${sw2}, σb² = ${sb2}\n`);

// Theory on these data: ln J(1, l) at the last hidden layer of either network.
const { secondMoment, mean } = inputMoments(dataset);
const lnJ = (net: Net) => propagate(meanFieldPlaces(buildModel(net)), { K: secondMoment, mean }).at(-2)!.logJ;

// One trainer serves both networks: initial weights and learning rates are fed, nothing is compiled twice.
await using trainer = await createTrainer({
  model: buildModel(given),
  dataset,
  batch: 64,
  optimizer: { kind: "sgd", momentum: 0 },
});

async function testError(net: Net, learningRate: number): Promise<number> {
  const parameters = initialise(buildModel(net), key);
  const run = trainer.start({ key, learningRate, steps, parameters });
  while (run.status === "running") await run.advance();
  return run.status === "diverged" ? Number.NaN : (await run.evaluate({ split: "test" })).error;
}

const percent = (error: number) =>
  (Number.isNaN(error) ? "diverged" : `${(100 * error).toFixed(1)} %`).padStart(10);
console.log(`${"test error at rate".padEnd(20)}${rates.map((rate) => String(rate).padStart(10)).join("")}`);
for (const [name, net] of [
  ["given", given],
  ["advised", advised],
] as const) {
  const errors: number[] = [];
  for (const rate of rates) errors.push(await testError(net, rate));
  console.log(`${name.padEnd(9)}ln J = ${lnJ(net).toFixed(1).padStart(5)}${errors.map(percent).join("")}`);
}

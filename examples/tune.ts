/**
 * @file Any network made critical: a small CNN whose weights are a hundred times too large, tuned layer by layer on sampled
 * networks and checked on others. Run it with `npx node examples/tune.ts`.
 */
import { checkTuning, Key, normal, parseNet, tuneBySweep } from "../src/index.ts";

const conv = { kind: "conv", channels: 16, kernel: 3, sw2: 2e4 };
const relu = { kind: "activation", activation: "relu" };
const net = parseNet({
  fathom: 1,
  input: { kind: "image", shape: [1, 8, 8] },
  layers: [
    conv,
    { kind: "repeat", times: 4, layers: [relu, conv] },
    relu,
    { kind: "flatten" },
    { kind: "dense", width: 10, sw2: 2e4 },
  ],
});
const inputs = normal(Key.fromSeed(0), "float32", [4, 1, 8, 8]);

const tuned = await tuneBySweep({ net, inputs });
const before = await checkTuning(net, { inputs, seeds: 6, stream: "before" });
const after = await checkTuning(tuned.net, { inputs, seeds: 6, stream: "after" });

console.log("layer                 gain     σw²   ln J before    after");
for (const [l, { layer, weight, sw2 }] of tuned.gains.entries()) {
  const [given, found] = [before.layers[l]!.J.lnMean, after.layers[l]!.J.lnMean];
  const cells = [weight.toFixed(4).padStart(8), sw2.toFixed(2).padStart(8), given.toFixed(1).padStart(14)];
  console.log(`${layer.padEnd(18)}${cells.join("")}${found.toFixed(2).padStart(9)}`);
}

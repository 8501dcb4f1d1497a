/**
 * @file Partial Jacobians J(1, l) to all 50 preactivations of a width-500 tanh network at one input, from 64 probes, as the
 * probes of a survey take them: probes drawn, tangents brought back to unit size at every layer, logarithms kept. `apjn-probes`
 * has the engine's part of it alone.
 */
import { buildModel, initialise, parseNetText } from "../src/net/index.ts";
import { compileJacobians, drawProbes } from "../src/probes/jacobian-program.ts";
import { Key, normal } from "../src/tensor/index.ts";
import { type Bench, timed } from "./bench.ts";

const probes = 64;
const model = buildModel(parseNetText("mlp:depth=49,width=500,activation=tanh,sw2=1,sb2=0,in=500,out=500"));

export const bench: Bench = {
  title: "APJN to every layer: depth 50, width 500, tanh, 64 probes at one input",
  bar: "at most 0.5 times torch.func, 0.2 times a loop of one vjp a probe",
  peers: ["apjn-depth50", "apjn-depth50-loop"],
  measure: async ({ threads, runs }) => {
    const key = Key.fromSeed(1);
    const parameters = initialise(model, key.split("weights"));
    const x = normal(key.split("x"), "float32", [1, 500]);
    const settings = { model, samples: 1, probes, parts: ["fromFirst"] as const, options: { threads } };
    await using program = await compileJacobians(settings);
    let last = 0;
    const measure = async () => {
      const { fromFirst } = await program.run(parameters, x, drawProbes(program, key.split("probes")));
      const gains = fromFirst.at(-1)!;
      last = Math.log(gains.reduce((sum, ln) => sum + Math.exp(ln), 0) / gains.length);
    };
    const times = await timed(measure, runs);
    return { times, notes: { "ln J(1, 50)": last } };
  },
};

/** @file AutoInit brings networks of mixed activations to criticality from weights that are 100 times off (criticality.md §7). */
import { type Net, parseNet } from "../../../net/index.ts";
import { checkTuning, tuneByObjective, tuneBySweep } from "../../../probes/index.ts";
import { normal } from "../../../tensor/index.ts";
import { significant } from "../../words.ts";
import { atScale, type ExperimentContext, judged, type PaperClaim } from "../paper.ts";

const settings = {
  test: { depth: 12, width: 64 },
  repro: { depth: 50, width: 128 },
  full: { depth: 50, width: 500 },
} as const;

const activations = ["tanh", "relu", "gelu", "erf"] as const;
/** σw of every other layer is this much too large, of the others too small. */
const factor = 100;
/** J(1, l) at every depth. */
const range = { from: 0.5, to: 2 } as const;
/** Fresh networks that the result is measured on. */
const seeds = 8;

function misScaled({ depth, width }: { readonly depth: number; readonly width: number }): Net {
  const layers = Array.from({ length: depth }, (_, l) => [
    { kind: "dense", width, sw2: l % 2 === 0 ? factor ** 2 : factor ** -2 },
    { kind: "activation", activation: activations[l % activations.length]! },
  ]);
  return parseNet({
    fathom: 1,
    input: { kind: "vector", shape: [width] },
    layers: [...layers.flat(), { kind: "dense", width: 10 }],
  });
}

/** The least and the largest J(1, l) of fresh networks. */
async function spanOf(net: Net, context: ExperimentContext) {
  const { key, options } = context;
  const inputs = normal(key.split("inputs"), "float32", [4, ...net.input!.shape]);
  const { layers } = await checkTuning(net, { inputs, key, options, seeds, stream: "after" });
  const values = layers.map(({ J }) => Math.exp(J.lnMean));
  return { least: Math.min(...values), most: Math.max(...values) };
}

type Tuner = typeof tuneBySweep;

async function tuned(name: string, tune: Tuner, context: ExperimentContext) {
  const net = misScaled(atScale(context, settings));
  const { key, options, signal } = context;
  const { net: after } = await tune({
    net,
    inputs: normal(key.split("inputs"), "float32", [4, ...net.input!.shape]),
    key,
    options,
    onProgress: ({ label, done, total }) => context.progress(`${name}: ${label} ${done} of ${total}`),
    ...(signal === undefined ? {} : { signal }),
  });
  return { name, ...(await spanOf(after, context)) };
}

export const autoInit: PaperClaim = {
  id: "auto-init",
  claim: "AutoInit finds a critical initialisation of any feed-forward network",
  paper: "gains that bring every layer's APJN to 1 by minimising Σ (ln J_l)²/2, without data",
  bar: `J(1, l) of fresh networks in [${range.from}, ${range.to}] at every depth, by the objective and by our sweep, from σw ${factor} times too large and too small`,
  command: "fathom tune mlp:depth=50,width=128,activation=tanh,sw2=10000,in=128 --method autoinit",
  async run(context) {
    const { depth, width } = atScale(context, settings);
    const found = [
      await tuned("sweep", tuneBySweep, context),
      await tuned("objective", tuneByObjective, context),
    ];
    const texts = found.map(
      ({ name, least, most }) => `${name}: ${significant(least)} to ${significant(most)}`,
    );
    return {
      ours: `J(1, l) after tuning, ${texts.join("; ")} (${activations.join(", ")} in turn, ${depth} layers of ${width})`,
      status: judged(found.every(({ least, most }) => least > range.from && most < range.to)),
    };
  },
};

/**
 * @file Deep networks train where ξ exceeds their depth, and with LayerNorm and µ = 1 from every initialisation
 * (criticality.md §13): short runs of SGD over skips, with and without LayerNorm, from ordered to chaotic weights.
 */
import { type Dataset, loadDataset } from "../../../data/index.ts";
import { buildModel, initialise, type Model, parseNetText } from "../../../net/index.ts";
import { criticalInitialisation, scalarActivation } from "../../../theory/index.ts";
import { createTrainer, type Trainer } from "../../../train/index.ts";
import { percent, significant } from "../../words.ts";
import { atScale, type ExperimentContext, judged, type PaperClaim } from "../paper.ts";
import { theoryProfile } from "./profiles.ts";

const settings = {
  test: { depth: 16, width: 64, steps: 100, rates: [1e-2, 1e-1], mus: [0, 1] },
  repro: { depth: 24, width: 128, steps: 300, rates: [1e-4, 1e-3, 1e-2, 1e-1, 1], mus: [0, 0.5, 0.9, 1] },
  full: { depth: 48, width: 500, steps: 2000, rates: [1e-4, 1e-3, 1e-2, 1e-1, 1], mus: [0, 0.5, 0.9, 1] },
} as const;

const activation = "erf";
const norms = ["none", "ln-pre"] as const;
/** Weight variances as multiples of the critical one. */
const factors = [0.1, 1, 10];
const batch = 64;
const testRows = Int32Array.from({ length: 1000 }, (_, i) => i);

/** |ln J(1, L)| up to which gradients reach the first layer in size, and from which they do not. */
const reaches = 2;
const lost = 12;
/** Test error that counts as learning on ten classes, and as none. */
const learned = 0.4;
const guessing = 0.75;

interface Architecture {
  readonly norm: (typeof norms)[number];
  readonly mu: number;
}

/** One cell: an initialisation, |ln J| by theory, and the error of the best learning rate. */
interface Cell extends Architecture {
  readonly sw2: number;
  readonly logJ: number;
  readonly error: number;
}

function networkOf({ norm, mu }: Architecture, sw2: number, context: ExperimentContext) {
  const { depth, width } = atScale(context, settings);
  return { activation, norm, mu, depth, width, sw2, sb2: 0 };
}

function modelOf(architecture: Architecture, sw2: number, context: ExperimentContext): Model {
  const { depth, width, norm, mu } = networkOf(architecture, sw2, context);
  const text = `mlp:depth=${depth},width=${width},activation=${activation},sw2=${sw2},sb2=0,norm=${norm},mu=${mu},in=784,out=10`;
  return buildModel(parseNetText(text));
}

/** The critical σw² of the architecture at σb = 0; of the plain network where it has none. */
function centre({ norm, mu }: Architecture): number {
  const of = (skip: number) =>
    criticalInitialisation({ activation: scalarActivation(activation), norm, mu: skip });
  return (of(mu) ?? of(0))!.sw2;
}

/** The least test error over the learning rates; 1 where all runs diverged. */
async function bestError(trainer: Trainer, model: Model, context: ExperimentContext): Promise<number> {
  const { steps, rates } = atScale(context, settings);
  const parameters = initialise(model, context.key.split("weights"));
  let best = 1;
  for (const learningRate of rates) {
    context.progress(`rate ${learningRate}`);
    const run = trainer.start({ key: context.key.split("run"), parameters, learningRate, steps });
    while (run.status === "running") await run.advance(steps - run.step);
    if (run.status === "diverged") continue;
    const { error } = await run.evaluate({ split: "test", rows: testRows });
    best = Math.min(best, error);
  }
  return best;
}

async function cellsOf(architecture: Architecture, dataset: Dataset, context: ExperimentContext) {
  const variances = factors.map((factor) => factor * centre(architecture));
  const models = variances.map((sw2) => modelOf(architecture, sw2, context));
  const { options } = context;
  await using trainer = await createTrainer({ model: models[0]!, dataset, batch, options });
  const cells: Cell[] = [];
  for (const [i, sw2] of variances.entries()) {
    const logJ = theoryProfile(networkOf(architecture, sw2, context)).at(-1)!.logJ;
    cells.push({ ...architecture, sw2, logJ, error: await bestError(trainer, models[i]!, context) });
  }
  return cells;
}

async function allCells(context: ExperimentContext): Promise<Cell[]> {
  const dataset = await loadDataset("digits");
  const cells: Cell[] = [];
  for (const norm of norms) {
    for (const mu of atScale(context, settings).mus) {
      cells.push(...(await cellsOf({ norm, mu }, dataset, context)));
    }
  }
  return cells;
}

function nameOf({ norm, mu, sw2 }: Cell): string {
  return `${norm === "none" ? "no LayerNorm" : "LayerNorm"}, µ = ${mu}, σw² = ${significant(sw2)}`;
}

export const trainability: PaperClaim = {
  id: "trainability",
  claim:
    "Deep networks train where J stays of order 1, and with LayerNorm and µ = 1 from every initialisation",
  paper: "48 hidden layers of 500 units on MNIST: accuracy is high exactly where ξ exceeds the depth",
  bar: `error below ${percent(learned)} wherever |ln J| < ${reaches} and at every LayerNorm + µ = 1; above ${percent(guessing)} wherever |ln J| > ${lost} without LayerNorm`,
  command: "fathom survey mlp:depth=24,width=128,activation=erf,sw2=7.85,sb2=0 --data digits",
  async run(context) {
    const cells = await allCells(context);
    const near = cells.filter(
      ({ logJ, norm, mu }) => Math.abs(logJ) < reaches || (norm === "ln-pre" && mu === 1),
    );
    const far = cells.filter(({ logJ, norm }) => Math.abs(logJ) > lost && norm === "none");
    const { depth, width, steps } = atScale(context, settings);
    const range = (of: readonly Cell[]) =>
      of.length === 0
        ? "none"
        : `${percent(Math.min(...of.map(({ error }) => error)))} to ${percent(Math.max(...of.map(({ error }) => error)))}`;
    return {
      ours: `test error of the best rate where J stays of order 1 or LayerNorm has µ = 1 (${near.length} cells): ${range(near)}; where |ln J| > ${lost} (${far.length}): ${range(far)} (digits, ${depth} layers of ${width}, ${steps} steps)`,
      status: judged(
        near.every(({ error }) => error < learned) && far.every(({ error }) => error > guessing),
      ),
      tables: [
        {
          title: "Trainability",
          columns: ["network", "ln J(1, L), theory", "test error of the best rate"],
          rows: cells.map((cell) => [nameOf(cell), significant(cell.logJ), percent(cell.error)]),
        },
      ],
    };
  },
};

/** @file Figures of the page on loss surfaces: two runs of one small network from two seeds. */
import { type Figure, landscape, type Outcome } from "../../src/analyses/index.ts";
import { loadDataset } from "../../src/data/index.ts";
import { buildModel, parseNetText } from "../../src/net/index.ts";
import { Key } from "../../src/tensor/index.ts";
import { train } from "../../src/train/index.ts";
import { figureOf } from "./sampled-figures.ts";

let asked: Promise<Outcome> | undefined;

async function twoRuns(): Promise<Outcome> {
  const dataset = await loadDataset("digits", { key: Key.fromSeed(0), trainSize: 512, testSize: 50 });
  const model = buildModel(parseNetText("mlp:depth=2,width=32,activation=relu,sw2=2,in=784,out=10"));
  const solutions = [];
  for (const seed of [0, 1]) {
    const key = Key.fromSeed(seed);
    const { parameters } = await train({ model, dataset, learningRate: 0.1, batch: 64, epochs: 20, key });
    solutions.push({ name: `seed ${seed}`, parameters });
  }
  const parts = ["density", "between"] as const;
  return landscape({ subject: { model, solutions }, dataset, parts, seed: 0, command: "npm run docs" });
}

/** One figure of the look at both. */
export function landscapeFigure(id: string): Promise<Figure> {
  asked ??= twoRuns();
  return figureOf(asked, id);
}

/** @file Figures of the guide that stand in reports: of one network each for widths, tuning, learning rates and a short survey. */
import { criticality, type Figure, survey, tune, widths } from "../../src/analyses/index.ts";
import { loadDataset } from "../../src/data/index.ts";
import { parseNet, parseNetText } from "../../src/net/index.ts";
import { figureOf } from "./sampled-figures.ts";

let someWidths: ReturnType<typeof widths> | undefined;

/** One figure of a short question about widths, on the generated digits. */
export async function widthsFigure(id: string): Promise<Figure> {
  someWidths ??= loadDataset("digits").then((dataset) =>
    widths({
      net: parseNetText("mlp:depth=3,width=32,activation=relu,sw2=2"),
      dataset,
      optimizer: { kind: "adam" },
      seed: 0,
      widths: [16, 32, 64, 128],
      seconds: 20,
      command: "npm run docs",
    }),
  );
  return figureOf(someWidths, id);
}

/** A relu network whose weights are 100 times too large in some layers and too small in others. */
export async function tuneFigure(): Promise<Figure> {
  const dense = { kind: "dense", width: 128 };
  const relu = { kind: "activation", activation: "relu" };
  const block = (sw2: number) => [relu, { ...dense, sw2 }];
  const layers = [
    dense,
    { kind: "repeat", times: 12, layers: [...block(2e4), ...block(2e4), ...block(2e-4)] },
  ];
  const net = parseNet({ fathom: 1, input: { kind: "vector", shape: [64] }, layers });
  const { document } = await tune({ net, method: "sweep", seed: 0, command: "npm run docs" });
  return document.sections[0]!.figures[0]!;
}

/** A figure of the report on one network of which both theory and samples tell. */
export async function ratesFigure(id: string): Promise<Figure> {
  const net = parseNetText("mlp:depth=12,width=64,activation=tanh,sw2=3,sb2=0.05,in=64,out=10");
  return figureOf(criticality({ net, seed: 0, command: "npm run docs", measure: { seeds: 8 } }), id);
}

let shortSurvey: ReturnType<typeof survey> | undefined;

/** The first figure of a kind in a section of one short survey on the generated digits. */
export async function surveyFigure(section: string, kind: Figure["kind"]): Promise<Figure> {
  shortSurvey ??= loadDataset("digits").then((dataset) =>
    survey({
      net: parseNetText("mlp:depth=30,width=64,activation=tanh,sw2=2.5,sb2=0.05"),
      dataset,
      seed: 0,
      seconds: 20,
      command: "npm run docs",
    }),
  );
  const { document } = await shortSurvey;
  const figures = document.sections.find(({ id }) => id === section)?.figures ?? [];
  const found = figures.find((figure) => figure.kind === kind);
  if (found === undefined) throw new Error(`The survey has no ${kind} figure in its section ${section}.`);
  return found;
}

/** @file The figures of the guide, drawn by the library: theory, probes and one short survey. */
import { estimatePoint, type Figure, lineFigure, phase, point, survey } from "../../src/analyses/index.ts";
import { loadDataset } from "../../src/data/index.ts";
import { buildModel, meanFieldPlaces, parseActivation, parseNetText } from "../../src/net/index.ts";
import { measureJacobians } from "../../src/probes/index.ts";
import { Key, normal } from "../../src/tensor/index.ts";
import {
  criticalInitialisation,
  preactivationPairState,
  propagate,
  propagatePair,
  propagateUniform,
  scalarActivation,
  uniformStep,
} from "../../src/theory/index.ts";

/** The figures by the name of their file, without `.svg`. */
export const figures: Readonly<Record<string, () => Figure | Promise<Figure>>> = {
  "phase-tanh": () => phaseFigure("tanh"),
  "phase-gelu": () => phaseFigure("gelu"),
  correlation,
  apjn,
  "half-stable": halfStable,
  "survey-jacobians": () => surveyFigure("criticality", "lines"),
  "survey-rates": () => surveyFigure("training", "strip"),
  "survey-separation": () => surveyFigure("separation", "lines"),
};

function spaced(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

function phaseFigure(name: string): Figure {
  const grid = { sw2: spaced(0.1, 3.5, 40), sb2: spaced(0, 1, 26) };
  const asked = { activation: parseActivation(name), norm: "none", mu: 0, ...grid } as const;
  return phase({ ...asked, seed: 0, command: "npm run docs" }).document.sections[0]!.figures[0]!;
}

const phases = [
  { sw2: 0.7, name: "ordered, σw² = 0.7", role: "after" },
  { sw2: 1, name: "critical, σw² = 1", role: "neutral" },
  { sw2: 2, name: "chaotic, σw² = 2", role: "before" },
] as const;

/** Two inputs at correlation 0.9 through tanh layers. */
function correlation(): Figure {
  const activation = scalarActivation("tanh");
  const sb2 = 0.05;
  const critical = criticalInitialisation({ activation, sb2 })!;
  const curve = (name: string, sw2: number, role: "after" | "neutral" | "before") => {
    const step = uniformStep({ activation, sw2, sb2 });
    const places = Array.from({ length: 29 }, (_, l) => ({ name: `h${l + 2}`, step, tap: true }));
    const layers = propagatePair(places, preactivationPairState({ Ka: 1, Kb: 1, C: 0.9 }));
    const points = layers.map(({ index, c }) => point(index, c));
    return { name: `${name}, σw² = ${sw2.toFixed(2)}`, role, form: "line" as const, points };
  };
  return lineFigure({
    id: "correlation",
    title: "Two similar inputs through depth",
    caption:
      "Correlation of two inputs of a tanh network, σb² = 0.05: order makes them one, chaos drives them apart.",
    x: { label: "layer", integer: true },
    y: { label: "correlation c" },
    series: [
      curve("ordered", 1, "after"),
      curve("critical", critical.sw2, "neutral"),
      curve("chaotic", 3, "before"),
    ],
  });
}

/** Theory and eight sampled networks of width 256. */
async function apjn(): Promise<Figure> {
  const [depth, width] = [24, 256];
  const key = Key.fromSeed(0);
  const inputs = normal(key.split("inputs"), "float32", [4, 64]);
  const series = [];
  for (const { sw2, name, role } of phases) {
    const model = buildModel(
      parseNetText(`mlp:depth=${depth},width=${width},activation=tanh,sw2=${sw2},in=64`),
    );
    const theory = propagate(meanFieldPlaces(model), { K: 1 }).slice(0, depth);
    const { layers } = await measureJacobians({ model, inputs, seeds: 8, key });
    const dots = layers
      .slice(0, depth)
      .map(({ index, J }) => estimatePoint(index, { value: J.lnMean, ci: J.ci }));
    series.push(
      {
        name: `${name}, theory`,
        role,
        form: "line" as const,
        points: theory.map((l) => point(l.index, l.logJ)),
      },
      { name: `${name}, measured`, role, form: "dots" as const, points: dots },
    );
  }
  return lineFigure({
    id: "apjn",
    title: "Partial Jacobians by depth",
    caption:
      "ln J(1, l) of tanh networks: lines are theory at infinite width, dots the mean of eight networks of width 256.",
    x: { label: "layer l", integer: true },
    y: { label: "ln J(1, l)" },
    series,
  });
}

/** gelu at its critical point from two first-layer variances. */
function halfStable(): Figure {
  const layer = { activation: scalarActivation("gelu"), sw2: 1.9830582574375, sb2: 0.1729223907561 };
  const curve = (K1: number, name: string, role: "after" | "before") => ({
    name,
    role,
    form: "line" as const,
    points: propagateUniform(layer, { K1, depth: 100 }).map(({ index, logJ }) => point(index, logJ)),
  });
  return lineFigure({
    id: "half-stable",
    title: "gelu at its critical point",
    caption: "The same critical variances with two first layers: only K¹ = K* keeps J at 1.",
    x: { label: "layer l", integer: true },
    y: { label: "ln J(1, l)" },
    series: [curve(3.5615528128088, "K¹ = K* = 3.56", "after"), curve(1, "K¹ = 1", "before")],
  });
}

let shortSurvey: ReturnType<typeof survey> | undefined;

/** The first figure of a kind in a section of one short survey on the generated digits. */
async function surveyFigure(section: string, kind: Figure["kind"]): Promise<Figure> {
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

/** @file The figures of the guide, drawn by the library: theory, probes and one short survey. */
import {
  estimatePoint,
  type Figure,
  lineFigure,
  phase,
  point,
  type Series,
} from "../../src/analyses/index.ts";
import {
  buildModel,
  type Model,
  meanFieldPlaces,
  parseActivation,
  parseNet,
  parseNetText,
} from "../../src/net/index.ts";
import { measureJacobians } from "../../src/probes/index.ts";
import { Key, normal } from "../../src/tensor/index.ts";
import {
  criticalInitialisation,
  preactivationPairState,
  propagate,
  propagatePair,
  propagateUniform,
  scalarActivation,
  spaced,
  uniformStep,
} from "../../src/theory/index.ts";
import { flatFigure } from "./flat-figures.ts";
import { foreignFigure } from "./foreign-figure.ts";
import { kernelMaps } from "./kernel-figures.ts";
import { landscapeFigure } from "./landscape-figures.ts";
import { ratesFigure, surveyFigure, tuneFigure, widthsFigure } from "./report-figures.ts";
import { sampledFigures } from "./sampled-figures.ts";
import { isometryLimit, spectrumByDepth, spectrumByWeights } from "./spectrum-figures.ts";

/** The figures by the name of their file, without `.svg`. */
export const figures: Readonly<Record<string, () => Figure | Promise<Figure>>> = {
  "phase-tanh": () => phaseFigure("tanh"),
  "phase-gelu": () => phaseFigure("gelu"),
  correlation,
  apjn,
  "half-stable": halfStable,
  "conv-padding": convPadding,
  "batch-norm": batchNormGrowth,
  tune: tuneFigure,
  "widths-change-standard": () => widthsFigure("widths-change-standard"),
  "widths-change-mup": () => widthsFigure("widths-change-mup"),
  "widths-rates-standard": () => widthsFigure("widths-rates-standard"),
  "widths-rates-mup": () => widthsFigure("widths-rates-mup"),
  "learning-rate-kernel": () => ratesFigure("criticality-ntk"),
  "learning-rate-layers": () => ratesFigure("learning-rate-layers"),
  "flat-minima-curvature": () => flatFigure("flat-minima-curvature-vision"),
  "flat-minima-differences": () => flatFigure("flat-minima-differences"),
  "landscape-density": () => landscapeFigure("landscape-density"),
  "landscape-between": () => landscapeFigure("landscape-between"),
  "foreign-blocks": foreignFigure,
  "kernel-maps": kernelMaps,
  "spectrum-depth": spectrumByDepth,
  "spectrum-weights": spectrumByWeights,
  "isometry-limit": isometryLimit,
  ...sampledFigures,
  "survey-jacobians": () => surveyFigure("criticality", "lines"),
  "survey-rates": () => surveyFigure("training", "strip"),
  "survey-separation": () => surveyFigure("separation", "lines"),
};

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
  const depth = 24;
  const series = [];
  for (const { sw2, name, role } of phases) {
    const model = buildModel(parseNetText(`mlp:depth=${depth},width=256,activation=tanh,sw2=${sw2},in=64`));
    series.push(
      ...(await theoryAndMeasured({ model, start: { K: 1 }, samples: 4, seeds: 8, depth, name, role })),
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

/** Theory as a line and sampled networks as dots: ln J(1, l) at the first `depth` taps. */
async function theoryAndMeasured(options: {
  readonly model: Model;
  readonly start: Parameters<typeof propagate>[1];
  readonly samples: number;
  readonly seeds: number;
  readonly depth: number;
  readonly name: string;
  readonly role: "after" | "neutral" | "before";
}): Promise<Series[]> {
  const { model, start, samples, seeds, depth, name, role } = options;
  const key = Key.fromSeed(0);
  const theory = propagate(meanFieldPlaces(model), start).slice(0, depth);
  const inputs = normal(key.split("inputs"), "float32", [samples, ...model.inputShape]);
  const { layers } = await measureJacobians({ model, inputs, seeds, key });
  const dots = layers
    .slice(0, depth)
    .map(({ index, J }) => estimatePoint(index, { value: J.lnMean, ci: J.ci }));
  const line = theory.map(({ index, logJ }) => point(index, logJ));
  return [
    { name: `${name}, theory`, role, form: "line", points: line },
    { name: `${name}, measured`, role, form: "dots", points: dots },
  ];
}

/** ReLU convolutions along a signal of 8 positions, on a ring and between zeros. */
async function convPadding(): Promise<Figure> {
  const depth = 16;
  const series = [];
  for (const [padding, name, role] of [
    ["circular", "circular", "after"],
    ["same", "zero-padded", "before"],
  ] as const) {
    const conv = { kind: "conv", channels: 192, kernel: 3, sw2: 2, padding };
    const block = {
      kind: "repeat",
      times: depth - 1,
      layers: [{ kind: "activation", activation: "relu" }, conv],
    };
    const net = { fathom: 1, input: { kind: "signal", shape: [16, 8] }, layers: [conv, block] };
    const model = buildModel(parseNet(net));
    series.push(
      ...(await theoryAndMeasured({ model, start: { K: 1 }, samples: 4, seeds: 16, depth, name, role })),
    );
  }
  return lineFigure({
    id: "conv-padding",
    title: "Convolutions with and without an edge",
    caption:
      "ln J(1, l) of ReLU convolutions of kernel 3 along 8 positions, σw² = 2: lines are theory, dots the mean of 16 networks of 192 channels.",
    x: { label: "layer l", integer: true },
    y: { label: "ln J(1, l)" },
    series,
  });
}

/** Dense layers, each followed by BatchNorm and an activation. */
async function batchNormGrowth(): Promise<Figure> {
  const depth = 12;
  const series = [];
  for (const [activation, role] of [
    ["relu", "before"],
    ["gelu", "neutral"],
    ["linear", "after"],
  ] as const) {
    const dense = { kind: "dense", width: 256 };
    const block = [{ kind: "batchNorm", epsilon: 0 }, { kind: "activation", activation }, dense];
    const layers = [dense, { kind: "repeat", times: depth - 1, layers: block }];
    const model = buildModel(parseNet({ fathom: 1, input: { kind: "vector", shape: [256] }, layers }));
    const start = { K: 1, batch: 0 };
    series.push(
      ...(await theoryAndMeasured({ model, start, samples: 192, seeds: 4, depth, name: activation, role })),
    );
  }
  return lineFigure({
    id: "batch-norm",
    title: "Growth behind BatchNorm",
    caption:
      "ln J(1, l) of layers dense, batchNorm, activation: lines are theory for a large batch, dots the mean of four networks of width 256 on a batch of 192.",
    x: { label: "layer l", integer: true },
    y: { label: "ln J(1, l)" },
    series,
  });
}

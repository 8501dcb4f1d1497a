/**
 * @file The cases: a network and data each. The first of every family is that of training.md §1.6; the others change the
 * network, the noise, the optimiser or the data. Radii ρ are set beforehand, and every one is shown.
 */
import { buildModel, type Model, type Net, parseNet, parseNetText } from "../../../net/index.ts";
import type { OptimizerSpec } from "../../../train/index.ts";
import type { Scale } from "../paper.ts";
import { citations, type DataMaker, generatedDigits, graph, links, named, text, vision } from "./data.ts";

export type Family = "vision" | "text" | "graph";

export interface Case {
  /** Letters, digits, `-`. */
  readonly id: string;
  readonly family: Family;
  /** Whether the data are generated or real: they are counted apart. */
  readonly origin: "synthetic" | "real";
  /** What network on what data. */
  readonly about: string;
  readonly net: Net;
  readonly data: DataMaker;
  readonly optimizer: OptimizerSpec;
  readonly learningRate: number;
  readonly epochs: number;
  /** Ascending. */
  readonly rhos: readonly number[];
  /** The case of its family that §1.6 has numbers of. */
  readonly reference?: true;
}

/** Rows a step, of all cases (§1.6). */
export const batch = 32;

const sgd: OptimizerSpec = { kind: "sgd", momentum: 0.9, weightDecay: 5e-4 };
const adam: OptimizerSpec = { kind: "adam", weightDecay: 5e-4 };
const bySgd = { optimizer: sgd, learningRate: 0.1 };
const byAdam = { optimizer: adam, learningRate: 2e-3 };

const mlp = (sizes: string, activation = "tanh") =>
  parseNetText(`mlp:depth=2,activation=${activation},sw2=${activation === "relu" ? 2 : 1},${sizes}`);

/** Two convolutions with ReLU, pooled, and a readout. */
function cnn(shape: readonly number[], out: number): Net {
  const conv = (channels: number) => [
    { kind: "conv", channels, kernel: 3, sw2: 2 },
    { kind: "activation", activation: "relu" },
    { kind: "maxPool", window: 2 },
  ];
  return parseNet({
    fathom: 1,
    input: { kind: "image", shape: [...shape] },
    layers: [...conv(12), ...conv(24), { kind: "flatten" }, { kind: "dense", width: out }],
  });
}

const words = { train: 600, validation: 200, test: 4000 };
const nodes = { train: 300, validation: 200, test: 1000 };
const images = { train: 1000, validation: 300, test: 4000 };

const synthetic: readonly Omit<Case, "origin">[] = [
  {
    id: "vision",
    family: "vision",
    about: "tanh MLP, prototypes with 30 % relabelled",
    net: mlp("width=64,in=64,out=8"),
    data: vision(),
    ...bySgd,
    epochs: 100,
    rhos: [0.1, 0.2, 0.4],
    reference: true,
  },
  {
    id: "text",
    family: "text",
    about: "tanh MLP, topics with 15 % relabelled",
    net: mlp("width=32,in=300,out=4"),
    data: text(),
    ...bySgd,
    epochs: 60,
    rhos: [0.1, 0.3, 0.6],
    reference: true,
  },
  {
    id: "graph",
    family: "graph",
    about: "tanh MLP, nodes of a block graph with 15 % relabelled",
    net: mlp("width=32,in=32,out=4"),
    data: graph(),
    ...bySgd,
    epochs: 120,
    rhos: [0.1, 0.3, 0.6],
    reference: true,
  },
  {
    id: "vision-clean",
    family: "vision",
    about: "tanh MLP, prototypes with their own labels",
    net: mlp("width=64,in=64,out=8"),
    data: vision(0),
    ...bySgd,
    epochs: 60,
    rhos: [0.1, 0.2, 0.4],
  },
  {
    id: "vision-cnn",
    family: "vision",
    about: "ReLU CNN, prototypes with 30 % relabelled",
    net: cnn([1, 8, 8], 8),
    data: vision(),
    ...bySgd,
    epochs: 40,
    rhos: [0.05, 0.1, 0.2],
  },
  {
    id: "digits",
    family: "vision",
    about: "ReLU MLP, generated digits with 20 % relabelled",
    net: mlp("width=64,in=784,out=10", "relu"),
    data: generatedDigits(0.2),
    ...bySgd,
    epochs: 40,
    rhos: [0.1, 0.2, 0.4],
  },
  {
    id: "text-clean",
    family: "text",
    about: "ReLU MLP, topics with their own labels",
    net: mlp("width=64,in=300,out=4", "relu"),
    data: text(0),
    ...bySgd,
    epochs: 60,
    rhos: [0.1, 0.3, 0.6],
  },
  {
    id: "text-adam",
    family: "text",
    about: "tanh MLP by Adam, topics with 15 % relabelled",
    net: mlp("width=32,in=300,out=4"),
    data: text(),
    ...byAdam,
    epochs: 60,
    rhos: [0.1, 0.3, 0.6],
  },
  {
    id: "graph-adam",
    family: "graph",
    about: "ReLU MLP by Adam, nodes of a block graph with their own labels",
    net: mlp("width=32,in=32,out=4", "relu"),
    data: graph(0),
    ...byAdam,
    epochs: 120,
    rhos: [0.1, 0.3, 0.6],
  },
  {
    id: "links",
    family: "graph",
    about: "tanh MLP, links of a block graph",
    net: mlp("width=32,in=32,out=2"),
    data: links(0),
    ...bySgd,
    epochs: 60,
    rhos: [0.05, 0.1, 0.2],
  },
];

const real: readonly Omit<Case, "origin">[] = [
  {
    id: "mnist-mlp",
    family: "vision",
    about: "ReLU MLP, 1,000 images of MNIST",
    net: mlp("width=64,in=784,out=10", "relu"),
    data: named("mnist", images),
    ...bySgd,
    epochs: 30,
    rhos: [0.05, 0.1, 0.2],
  },
  {
    id: "mnist-cnn",
    family: "vision",
    about: "ReLU CNN, 1,000 images of MNIST",
    net: cnn([1, 28, 28], 10),
    data: named("mnist", images),
    ...bySgd,
    learningRate: 0.05,
    epochs: 15,
    rhos: [0.05, 0.1, 0.2],
  },
  {
    id: "fashion-mlp",
    family: "vision",
    about: "ReLU MLP, 1,000 images of fashion-mnist",
    net: mlp("width=64,in=784,out=10", "relu"),
    data: named("fashion-mnist", images),
    ...bySgd,
    epochs: 30,
    rhos: [0.05, 0.1, 0.2],
  },
  {
    id: "posts",
    family: "text",
    about: "tanh MLP, 600 posts by the presence of 200 words",
    net: mlp("width=32,in=200,out=2"),
    data: named("binary/gab", words),
    ...bySgd,
    epochs: 60,
    rhos: [0.1, 0.3, 0.6],
  },
  {
    id: "posts-adam",
    family: "text",
    about: "ReLU MLP by Adam, 600 posts by the presence of 200 words",
    net: mlp("width=64,in=200,out=2", "relu"),
    data: named("binary/gab", words),
    ...byAdam,
    epochs: 60,
    rhos: [0.1, 0.3, 0.6],
  },
  {
    id: "cora",
    family: "graph",
    about: "tanh MLP on propagated features, 300 papers of Cora",
    net: mlp("width=32,in=1433,out=7"),
    data: citations("planetoid_cora", nodes),
    ...bySgd,
    learningRate: 0.02,
    epochs: 60,
    rhos: [0.05, 0.1, 0.2],
  },
  {
    id: "citeseer",
    family: "graph",
    about: "tanh MLP on propagated features, 300 papers of Citeseer",
    net: mlp("width=32,in=3703,out=6"),
    data: citations("planetoid_citeseer", nodes),
    ...bySgd,
    learningRate: 0.02,
    epochs: 40,
    rhos: [0.05, 0.1, 0.2],
  },
];

/** All cases; the real ones take part where their data are. */
export const cases: readonly Case[] = [
  ...synthetic.map((one) => ({ ...one, origin: "synthetic" as const })),
  ...real.map((one) => ({ ...one, origin: "real" as const })),
];

/** What a scale takes of them. */
export interface Extent {
  readonly cases: readonly Case[];
  readonly seeds: number;
  /** Seeds whose solutions' surroundings are measured, of the reference cases and of others: it costs more than training. */
  readonly measured: { readonly reference: number; readonly other: number };
}

const references = cases.filter(({ reference }) => reference);

export const extents: Readonly<Record<Scale, Extent>> = {
  test: { cases: references, seeds: 2, measured: { reference: 1, other: 0 } },
  repro: { cases, seeds: 6, measured: { reference: 6, other: 2 } },
  full: { cases, seeds: 12, measured: { reference: 12, other: 6 } },
};

/** Seeds of a case whose solutions' surroundings are measured. */
export function measuredSeeds({ reference }: Case, scale: Scale): number {
  const { measured } = extents[scale];
  return reference ? measured.reference : measured.other;
}

/** The network of a case; the seed of a run draws its weights. */
export function modelOf({ net }: Case): Model {
  return buildModel(net);
}

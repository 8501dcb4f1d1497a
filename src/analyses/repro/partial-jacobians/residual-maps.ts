/**
 * @file The skip µ = 1 makes deep convolutional networks and mixers insensitive to the scale of their initialisation, where
 * norms stand before every branch (criticality.md §4.10, §13): J by sampling over (µ, multiplier of the weights).
 */
import { buildModel, type Model, parseNet } from "../../../net/index.ts";
import { measureJacobians } from "../../../probes/index.ts";
import { normal } from "../../../tensor/index.ts";
import { heatFigure } from "../../figure.ts";
import { significant } from "../../words.ts";
import { atScale, type ExperimentContext, judged, type PaperClaim } from "../paper.ts";

const settings = {
  test: { blocks: 16, channels: 8, seeds: 2, mus: [0.5, 1], multipliers: [0.5, 2] },
  repro: {
    blocks: 20,
    channels: 16,
    seeds: 2,
    mus: [0, 0.25, 0.5, 0.75, 1],
    multipliers: [0.25, 0.5, 1, 1.5, 2],
  },
  full: {
    blocks: 54,
    channels: 16,
    seeds: 3,
    mus: [0, 0.25, 0.5, 0.75, 0.9, 1],
    multipliers: [0.1, 0.25, 0.5, 1, 1.5, 2],
  },
} as const;

/** Standard deviations of He's initialisation times the multiplier. */
const he = 2;

const sizes = { image: 8, batch: 16, tokens: 16, features: 32 } as const;

interface Cell {
  readonly mu: number;
  readonly multiplier: number;
}

/** Blocks of BatchNorm, relu and a 3×3 convolution. */
function convolutional({ mu, multiplier }: Cell, blocks: number, channels: number): Model {
  const sw2 = he * multiplier ** 2;
  const conv = { kind: "conv", channels, kernel: 3, padding: "circular", sw2 };
  const branch = [{ kind: "batchNorm" }, { kind: "activation", activation: "relu" }, conv];
  return buildModel(
    parseNet({
      fathom: 1,
      input: { kind: "image", shape: [3, sizes.image, sizes.image] },
      layers: [
        { ...conv, sw2: 1 },
        { kind: "repeat", times: blocks, layers: [{ kind: "residual", mu, branch }] },
      ],
    }),
  );
}

/** Blocks that mix tokens, then channels, each with a two-layer gelu branch behind LayerNorm. */
function mixer({ mu, multiplier }: Cell, blocks: number): Model {
  const sw2 = he * multiplier ** 2;
  const { tokens, features } = sizes;
  const mix = (width: number) => [
    { kind: "dense", width: 2 * width, sw2 },
    { kind: "activation", activation: "gelu" },
    { kind: "dense", width, sw2 },
  ];
  const transposed = [{ kind: "layerNorm" }, { kind: "transpose" }, ...mix(tokens), { kind: "transpose" }];
  const block = [
    { kind: "residual", mu, branch: transposed },
    { kind: "residual", mu, branch: [{ kind: "layerNorm" }, ...mix(features)] },
  ];
  return buildModel(
    parseNet({
      fathom: 1,
      input: { kind: "tokens", shape: [tokens, features] },
      layers: [
        { kind: "dense", width: features },
        { kind: "repeat", times: Math.ceil(blocks / 2), layers: block },
      ],
    }),
  );
}

/** Mean of ln J(l, l+1) over the last quarter of the blocks: what a block does far from the input. */
async function rateOf(model: Model, context: ExperimentContext): Promise<number> {
  const { seeds } = atScale(context, settings);
  const { key, options } = context;
  const batch = model.mixesBatch ? sizes.batch : 1;
  const inputs = normal(key.split("inputs"), "float32", [batch, ...model.inputShape]);
  const { layers } = await measureJacobians({ model, inputs, seeds, key, options });
  const late = layers.slice(-Math.ceil(layers.length / 4));
  return late.reduce((sum, { local }) => sum + local!.lnMean, 0) / late.length;
}

interface Network {
  readonly name: string;
  readonly model: (cell: Cell) => Model;
}

/** ln J of a late block, [multiplier][µ]. */
async function mapOf({ name, model }: Network, context: ExperimentContext): Promise<number[][]> {
  const { mus, multipliers } = atScale(context, settings);
  const rows: number[][] = [];
  for (const multiplier of multipliers) {
    const row: number[] = [];
    for (const mu of mus) {
      context.progress(`${name}, µ = ${mu}, multiplier ${multiplier}`);
      row.push(await rateOf(model({ mu, multiplier }), context));
    }
    rows.push(row);
  }
  return rows;
}

/** The largest |ln J| of a late block in a column, over the multipliers. */
function worst(map: readonly (readonly number[])[], column: number): number {
  return Math.max(...map.map((row) => Math.abs(row.at(column)!)));
}

/** A power l^ρ leaves ρ/l a block, and ρ of these networks is at most about 1.5. */
function flatness(blocks: number): number {
  return 2 / blocks;
}

export const residualMaps: PaperClaim = {
  id: "residual-maps",
  claim: "With norms and µ = 1 every scale of the weights is critical, in convolutional networks and mixers",
  paper: "ResNet-110 and a mixer of 100 blocks: the column µ = 1 of the (µ, multiplier) map is flat",
  bar: "|ln J| of the late blocks below 2/blocks for every multiplier at µ = 1; above it somewhere at smaller µ",
  command: "fathom criticality examples/mlp-mixer.json --measure",
  async run(context) {
    const { blocks, channels, mus, multipliers } = atScale(context, settings);
    const networks: Network[] = [
      { name: "convolutions", model: (cell) => convolutional(cell, blocks, channels) },
      { name: "mixer", model: (cell) => mixer(cell, blocks) },
    ];
    const found: { name: string; map: number[][]; one: number; others: number }[] = [];
    for (const network of networks) {
      const map = await mapOf(network, context);
      const others = Math.max(...mus.slice(0, -1).map((_, column) => worst(map, column)));
      found.push({ name: network.name, map, one: worst(map, -1), others });
    }
    const texts = found.map(
      ({ name, one, others }) => `${name}: ${significant(one)} at µ = 1, up to ${significant(others)} below`,
    );
    return {
      ours: `largest |ln J| of a late block over multipliers ${multipliers[0]} to ${multipliers.at(-1)}: ${texts.join("; ")} (${blocks} blocks, BatchNorm and LayerNorm before the branches; J alone, no training)`,
      status: judged(found.every(({ one, others }) => one < flatness(blocks) && others > flatness(blocks))),
      figures: found.map(({ name, map }) =>
        heatFigure({
          id: `partial-jacobians-${name}`,
          title: `ln J of a late block, ${name}`,
          caption: "Each block is a branch that begins with its norm, and the skip µ.",
          x: { label: "skip µ" },
          y: { label: "multiplier of He's standard deviation" },
          xs: mus,
          ys: multipliers,
          z: map,
          zLabel: "ln J a block",
          midpoint: 0,
        }),
      ),
    };
  },
};

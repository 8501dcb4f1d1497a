/**
 * @file Predicted against measured: the largest stable rate of plain SGD of six unlike networks on the generated digits.
 * `node bench/learning-rate-edge.ts [--loss mse] [--seeds 4] [--json]` prints for each the rate by the NTK of infinite
 * width, 2/λ_max of the finite network, the measured edge of descent, and the ratio of the measured edge to each.
 */
import { parseArgs } from "node:util";
import { ntkRate } from "../src/analyses/learning-rate/ntk-rate.ts";
import { measureRates } from "../src/analyses/learning-rate/rates.ts";
import { loadDataset, rowsAsFloat } from "../src/data/index.ts";
import { buildModel, type Net, parseNet, parseNetText, withInput } from "../src/net/index.ts";
import { Key, permutation } from "../src/tensor/index.ts";
import type { LossKind } from "../src/train/index.ts";

const batch = 128;
const image = { kind: "image", shape: [1, 28, 28] } as const;
const relu = { kind: "activation", activation: "relu" };
const gelu = { kind: "activation", activation: "gelu" };
const dense = (width: number, sw2 = 1, sb2 = 0) => ({ kind: "dense", width, sw2, sb2 });
const repeat = (times: number, layers: readonly object[]) => ({ kind: "repeat", times, layers });
const residual = (branch: readonly object[]) => ({ kind: "residual", mu: 1, branch });
const conv = (channels: number) => ({ kind: "conv", channels, kernel: 3, stride: 2, sw2: 2 });

function net(layers: readonly object[], more: object = {}): Net {
  return parseNet({ fathom: 1, input: image, ...more, layers });
}

/** Standard parameterisation unless the name says otherwise. Digits have second moment 0.1, so σw² = 10 makes K¹ = 1. */
const networks: Readonly<Record<string, Net>> = {
  "tanh MLP, depth 20": withInput(
    parseNetText("mlp:depth=20,width=128,activation=tanh,sw2=1.2,sb2=0.02"),
    image,
  ),
  "ReLU MLP, depth 6, ntk": net([{ kind: "flatten" }, repeat(6, [dense(256, 2), relu]), dense(10)], {
    parameterisation: "ntk",
  }),
  "GELU residual MLP with LayerNorm": net([
    { kind: "flatten" },
    dense(128, 10),
    repeat(8, [residual([{ kind: "layerNorm" }, gelu, dense(128, 1, 0.03)])]),
    { kind: "layerNorm" },
    gelu,
    dense(10),
  ]),
  CNN: net([conv(16), relu, conv(32), relu, { kind: "flatten" }, dense(10)]),
  "CNN with BatchNorm": net([
    ...[16, 32].flatMap((channels) => [conv(channels), { kind: "batchNorm" }, relu]),
    { kind: "globalAvgPool" },
    dense(10),
  ]),
  "transformer block": net([
    { kind: "conv", channels: 64, kernel: 7, stride: 7, padding: "valid", sw2: 10 },
    { kind: "toTokens" },
    { kind: "positional", sw2: 0.1 },
    residual([
      { kind: "layerNorm", epsilon: 1e-5 },
      { kind: "selfAttention", heads: 4 },
    ]),
    residual([{ kind: "layerNorm", epsilon: 1e-5 }, dense(128, 2), gelu, dense(64)]),
    { kind: "layerNorm", epsilon: 1e-5 },
    { kind: "globalAvgPool" },
    dense(10),
  ]),
};

export interface EdgeRow {
  readonly network: string;
  readonly ntk: number | null;
  readonly fisher: number | null;
  readonly measured: number | null;
  readonly interval: readonly [number, number];
}

/** One row a network. */
export async function edgeRows(
  loss: LossKind,
  seeds: number,
  show: (row: EdgeRow) => void,
): Promise<EdgeRow[]> {
  const dataset = await loadDataset("digits", { trainSize: 2000, testSize: 10 });
  const key = Key.fromSeed(0);
  const rows = permutation(key.split("rows"), 2000).subarray(0, batch);
  const table: EdgeRow[] = [];
  for (const [network, described] of Object.entries(networks)) {
    const model = buildModel(described);
    const ntk = ntkRate({ model, inputs: rowsAsFloat(dataset, "train", rows), batch, loss });
    const { fisher, descent } = await measureRates({ model, dataset, rows, loss, seeds, key });
    const row = {
      network,
      ntk: "rate" in ntk ? ntk.rate.value : null,
      fisher: fisher?.value ?? null,
      measured: descent.edge?.value ?? null,
      interval: descent.interval,
    };
    table.push(row);
    show(row);
  }
  return table;
}

function line({ network, ntk, fisher, measured, interval }: EdgeRow): string {
  const shown = (value: number | null) => (value === null ? "–" : value.toPrecision(2)).padStart(8);
  const ratio = (predicted: number | null) =>
    shown(measured === null || predicted === null ? null : measured / predicted);
  const range = interval.map((end) => end.toPrecision(2)).join(" to ");
  return `${network.padEnd(34)}${shown(ntk)}${shown(fisher)}${shown(measured)}${ratio(ntk)}${ratio(fisher)}   ${range}`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      loss: { type: "string", default: "crossEntropy" },
      seeds: { type: "string", default: "4" },
      json: { type: "boolean", default: false },
    },
  });
  if (!values.json)
    console.log(
      `${"network".padEnd(34)}     ntk  fisher measured   /ntk /fisher   from the last stable to the first unstable`,
    );
  const show = values.json ? () => {} : (row: EdgeRow) => console.log(line(row));
  const table = await edgeRows(values.loss as LossKind, Number(values.seeds), show);
  if (values.json) console.log(JSON.stringify(table, null, 2));
}

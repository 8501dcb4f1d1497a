/** @file Networks that theory does not reach, or not whole: what is measured is said, and why there is no more. */
import { beforeAll, describe, expect, it } from "vitest";
import { criticality, type Outcome, type SurveyJson, survey } from "../../src/analyses/index.ts";
import { hiddenTaps } from "../../src/analyses/readout.ts";
import { type Dataset, loadDataset } from "../../src/data/index.ts";
import { buildModel, type Net, parseNet } from "../../src/net/index.ts";
import { nonFinite } from "./non-finite.ts";

const tanh = { kind: "activation", activation: "tanh" };
const dense = (width: number, more: object = {}) => ({ kind: "dense", width, ...more });
const image = { kind: "image", shape: [1, 28, 28] };
const netOf = (layers: object[], input: object = { kind: "vector", shape: [16] }): Net =>
  parseNet({ fathom: 1, input, layers });
const findings = ({ document }: Outcome) => document.sections[0]!.findings.map(({ text }) => text).join("\n");

/** Tokens whose mixing has no rule, from the first layer on and behind two layers. */
const tokens = { kind: "tokens", shape: [6, 8] };
const mixing = { kind: "aggregate", graph: { grid: [6] } };
const unreached = netOf([mixing, dense(8), tanh, dense(8), tanh, dense(8), tanh, dense(4)], tokens);
const halfReached = netOf([dense(8), tanh, dense(8), mixing, tanh, dense(8), tanh, dense(4)], tokens);

interface Json {
  readonly phase: string | null;
  readonly missing?: string;
  readonly layers: readonly {
    readonly K: number | null;
    readonly lnJ: number | null;
    readonly status?: string;
  }[];
  readonly measured?: { readonly layers: readonly { readonly lnJ: number | null }[] };
}

const ask = async (net: Net, measure?: { seeds: number }) => {
  const outcome = await criticality({ net, seed: 1, command: "", ...(measure ? { measure } : {}) });
  return { outcome, json: outcome.json as unknown as Json };
};

describe("criticality without a rule", () => {
  it("is measured alone, with the layer and the reason", async () => {
    const { outcome, json } = await ask(unreached, { seeds: 3 });
    expect(findings(outcome)).toMatch(
      /Measured only: layers\[0\] \(aggregate\) has no mean-field rule: it sums/,
    );
    expect(outcome.document.verdict.sentence).toMatch(/\(measured only\): a small change/);
    expect(json.layers).toHaveLength(4);
    for (const layer of json.layers) expect(layer).toMatchObject({ K: null, lnJ: null, status: "unknown" });
    for (const { lnJ } of json.measured!.layers) expect(lnJ).toEqual(expect.any(Number));
    expect(nonFinite(outcome)).toEqual([]);
  });

  it("says what theory knows before that layer", async () => {
    const { outcome, json } = await ask(halfReached, { seeds: 3 });
    expect(json.layers.map(({ K }) => K !== null)).toEqual([true, true, false, false]);
    expect(json.missing).toMatch(/^layers\[3\] \(aggregate\)/);
    expect(findings(outcome)).toMatch(/as far as layers\[2\] \(dense\), layer 2 of 4: .* measured only\./);
  });

  it("asks for a measurement where none was made", async () => {
    const { outcome, json } = await ask(unreached);
    expect(json.phase).toBeNull();
    expect(outcome.document.verdict).toMatchObject({ tone: "warn" });
    expect(outcome.document.verdict.sentence).toMatch(
      /does not reach the last hidden layer: layers\[0\].* with --measure/,
    );
    expect(nonFinite(outcome)).toEqual([]);
  });

  it("holds theory and measurement of batch statistics against each other", async () => {
    const wide = { kind: "vector", shape: [64] };
    const block = [{ kind: "batchNorm" }, tanh, dense(64, { sw2: 2 })];
    const { json } = await ask(netOf([dense(64), ...block, ...block, dense(4)], wide), { seeds: 4 });
    const last = json.layers.length - 2;
    const [theory, measured] = [json.layers[last]!.lnJ!, json.measured!.layers[last]!.lnJ!];
    // Width 64 and a batch of 64: corrections of a few percent a layer.
    expect(Math.abs(theory - measured)).toBeLessThan(0.25);
  });

  it("draws token ids from the smallest table", async () => {
    const net = netOf(
      [
        { kind: "embedding", vocabulary: 5, width: 16 },
        dense(16),
        tanh,
        dense(16),
        { kind: "flatten" },
        dense(3),
      ],
      { kind: "ids", shape: [4] },
    );
    const { outcome, json } = await ask(net, { seeds: 2 });
    expect(outcome.document.facts).toContainEqual(["inputs", "random token ids"]);
    expect(json.measured!.layers[1]!.lnJ).toEqual(expect.any(Number));
  });
});

describe("the readout", () => {
  it("is the last preactivation, unless heads with weights come after it", () => {
    const heads = { kind: "concat", branches: [[dense(1)], [dense(1)]] };
    const chain = [dense(8), tanh, dense(8), tanh];
    expect(hiddenTaps(buildModel(netOf([...chain, dense(2)])))).toBe(2);
    expect(hiddenTaps(buildModel(netOf([...chain, heads])))).toBe(2);
    expect(hiddenTaps(buildModel(netOf([...chain, dense(2), tanh])))).toBe(2);
  });
});

describe("a survey of layers on positions", () => {
  let dataset: Dataset;
  beforeAll(async () => {
    dataset = await loadDataset("digits", { trainSize: 400, testSize: 100 });
  });
  const ask = (layers: object[]) =>
    survey({ net: netOf(layers, image), dataset, seed: 0, seconds: 2, command: "" }) as Promise<
      Outcome<SurveyJson>
    >;

  it("answers every question of a convolutional network with batch statistics and pooling", async () => {
    const conv = (stride: number) => ({ kind: "conv", channels: 4, kernel: 3, stride, sw2: 2 });
    const relu = { kind: "activation", activation: "relu" };
    const outcome = await ask([
      conv(4),
      { kind: "batchNorm" },
      relu,
      conv(2),
      { kind: "dropout", rate: 0.1 },
      relu,
      { kind: "globalAvgPool" },
      dense(10),
    ]);
    expect(outcome.json.notApplicable).toEqual([
      { id: "spectrum", because: expect.stringContaining("layers[0] (conv)") },
      {
        id: "kernelBaseline",
        because: expect.stringContaining("layers[1] (batchNorm) has no covariance rule"),
      },
    ]);
    expect(outcome.json["learningRate"]).toMatchObject({ edge: expect.any(Number), ntk: null });
    expect(outcome.json["learningRate"]).toMatchObject({
      ntkMissing: expect.stringContaining("globalAvgPool"),
    });
    expect(outcome.json["training"]).toMatchObject({ best: { after: null } });
    expect(nonFinite(outcome)).toEqual([]);
    expect(JSON.stringify(outcome)).not.toMatch(/NaN|undefined[^"]/);
  });

  it("leaves out training and rates of a network that cannot be trained", async () => {
    const frozen = { parameters: { weight: { trainable: false }, bias: { trainable: false } } };
    const { json } = await ask([{ kind: "flatten" }, dense(8, frozen), tanh, dense(10, frozen)]);
    const because = "the network has no trainable parameters";
    expect(json.notApplicable).toEqual([
      { id: "spectrum", because: expect.stringContaining("one hidden layer") },
      { id: "learningRate", because },
      { id: "training", because },
    ]);
    expect(json["criticality"]).toMatchObject({ measured: expect.any(Object) });
  });
});

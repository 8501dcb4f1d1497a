/**
 * @file The question of `fathom probe`: what do the parts of this ONNX model do to small changes, block by block and between
 * tensors that the caller names (engine.md §5, criticality.md §1, §6)?
 */
import { inputName } from "../../expr/index.ts";
import {
  type ListedTensor,
  listTensors,
  measurePair,
  openForeign,
  type PairMeasurement,
} from "../../probes/index.ts";
import { requireDevice } from "../../runtime/index.ts";
import { Key } from "../../tensor/index.ts";
import type { NumberRow, Outcome, Progress, ReportSection } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { type Asked, reproduction } from "../reproduction.ts";
import { count, significant } from "../words.ts";
import { measureBlocks } from "./blocks.ts";
import { concludeBlocks } from "./conclude.ts";
import { mend } from "./mend.ts";
import { type ForeignSource, type ForeignSubject, openOptions, openSubject } from "./subject.ts";

export interface ProbeQuestion extends Asked {
  readonly source: ForeignSource;
  /** Tensors by name; the input (or the first floats) and the output unless said. */
  readonly from?: string;
  readonly to?: string;
  /** Random probes an input; enough for the model's widths unless said. */
  readonly probes?: number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

const title = "Probe";
const question = "What do the parts of this model do to small changes?";
const source = "Doshi, He and Gromov, Critical initialization through partial Jacobians, arXiv 2111.12143";

/**
 * Measures a model block by block and between two tensors.
 * @throws FathomError as `openForeign`, `measurePair` and `measureForeign`.
 * @example (await probeModel({ source: { path: "model.onnx" }, seed: 0, command: "" })).json.blocks
 */
export async function probeModel(asked: ProbeQuestion): Promise<Outcome> {
  const start = performance.now();
  const { options = {}, signal } = asked;
  await requireDevice(options);
  const key = Key.fromSeed(asked.seed);
  const progress = (label: string, done = 0, total: number | null = null) => {
    signal?.throwIfAborted();
    asked.onProgress?.({ label, done, total });
  };
  progress("reading the model");
  const subject = await openSubject(asked.source, { key, options });
  const settings = {
    inputs: subject.inputs,
    key: key.split("blocks"),
    options,
    signal,
    ...(asked.probes === undefined ? {} : { probes: asked.probes }),
    onBatch: (done: number, total: number) => progress("probing blocks", done, total),
  };
  progress("probing between tensors");
  const pair = await measurePair(subject.model, pairOf(subject, asked), {
    ...settings,
    examples: subject.examples,
    key: key.split("pairs"),
    onBatch: (done, total) => progress("probing between tensors", done, total),
  });
  const measured = await measureBlocks(subject.chain, settings);
  progress("checking advice");
  const blocks = concludeBlocks(subject, measured, await mend(measured, settings));
  return probeOutcome({ asked, subject, pair, blocks, seconds: (performance.now() - start) / 1000 });
}

interface Probed {
  readonly asked: ProbeQuestion;
  readonly subject: ForeignSubject;
  readonly pair: PairMeasurement;
  readonly blocks: ReturnType<typeof concludeBlocks>;
  readonly seconds: number;
}

function probeOutcome({ asked, subject, pair, blocks, seconds }: Probed): Outcome {
  const { advice, verdict, json, profiles = [], ...section } = blocks;
  return {
    json: { pairs: [pairJson(pair)], ...json, advice },
    document: {
      title,
      subject: describeSubject(subject),
      facts: factsOf(subject),
      verdict,
      advice,
      sections: [{ id: "blocks", title: "Blocks", question, source, ...section }, pairSection(pair)],
      notApplicable: [],
      profiles,
      reproduction: reproduction(asked, seconds),
    },
  };
}

/** The named tensors of a model, for `--list`. */
export async function listModel(asked: Pick<ProbeQuestion, "source">): Promise<readonly ListedTensor[]> {
  return listTensors((await openForeign(asked.source.path, openOptions(asked.source))).model);
}

function pairOf({ model }: ForeignSubject, { from, to }: ProbeQuestion) {
  const first = model.flow.cuts[0]!;
  return {
    from: from ?? model.names.nameOf(first) ?? inputName(model.x),
    to: to ?? model.outputName,
  };
}

/** `model.onnx: 12 blocks, 1,234,567 weights`. */
export function describeSubject({ path, chain }: ForeignSubject): string {
  return `${path.split(/[\\/]/).at(-1)}, an imported model of ${chain.taps.length} blocks: ${kindsOf(chain)}`;
}

function kindsOf({ ends }: ForeignSubject["chain"]): string {
  const words = { residual: "residual", affine: "plain", start: "embedding", chosen: "chosen" } as const;
  const counts = new Map<string, number>();
  for (const { kind } of ends) counts.set(words[kind], (counts.get(words[kind]) ?? 0) + 1);
  return [...counts].map(([kind, times]) => `${times} ${kind}`).join(", ");
}

export function factsOf({ model, inputsAre }: ForeignSubject): [string, string][] {
  const weights = model.trained.reduce((sum, name) => sum + model.values[name]!.data.length, 0);
  return [
    ["inputs", inputsAre],
    ["weights", count(weights)],
    ["input", `${inputName(model.x)} [${model.x.shape.join(", ")}]`],
    ["output", `${model.outputName} [${model.output.shape.join(", ")}]`],
  ];
}

function pairJson({ from, to, J, units, side, over, probes, samples }: PairMeasurement) {
  const value = Math.exp(J.lnMean);
  return {
    from,
    to,
    J: finiteOrNull(value),
    se: J.se === undefined ? null : finiteOrNull(value * J.se),
    lnJ: finiteOrNull(J.lnMean),
    ...(J.status === undefined ? {} : { status: J.status }),
    units: { from: units[0], to: units[1] },
    side,
    probes,
    inputs: samples,
    over,
  };
}

function pairSection(pair: PairMeasurement): ReportSection {
  const { from, to, J, units, side, probes } = pair;
  const value = Math.exp(J.lnMean);
  const row: NumberRow = {
    name: `J(${from}, ${to})`,
    value: finiteOrNull(value),
    ...(J.status === undefined ? {} : { status: J.status }),
    ...(J.se === undefined ? {} : { se: value * J.se }),
    n: J.perSeed.length,
    kind: "measured",
    note: `${count(units[0])} → ${count(units[1])} units`,
  };
  const products = side === "jvp" ? "J u, pushed forward" : "Jᵀv, pulled back";
  return {
    id: "pair",
    title: "Between two tensors",
    question: `How large is ∂(${to})/∂(${from})?`,
    findings: [{ text: pairText(pair), tone: "neutral" }],
    figures: [],
    numbers: [row, { name: "ln J", value: finiteOrNull(J.lnMean), kind: "measured" }],
    notes: [
      probes === "all"
        ? `All unit vectors of the smaller side were taken (${products}): no error of sampling, but that over inputs.`
        : `${probes} Rademacher probes an input (${products}).`,
    ],
  };
}

/** `J(x → y) = 0.34 ± 0.02.` */
function pairText({ from, to, J }: PairMeasurement): string {
  if (J.status === "dead") return `J(${from} → ${to}) = 0: nothing comes through.`;
  if (J.status === "overflow")
    return `J(${from} → ${to}) is not known: the signal left the working precision.`;
  const error = J.se === undefined ? "" : ` ± ${significant(Math.exp(J.lnMean) * J.se, 2)}`;
  return Math.abs(J.lnMean) < Math.log(1e6)
    ? `J(${from} → ${to}) = ${significant(Math.exp(J.lnMean))}${error}.`
    : `ln J(${from} → ${to}) = ${significant(J.lnMean)}.`;
}

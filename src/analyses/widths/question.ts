/**
 * @file The question `fathom widths` asks: what the width of a network (and its depth) does to the first steps of training
 * and to the best learning rate, as it is written and in µP (Yang et al. 2022, arXiv 2203.03466).
 */
import type { Dataset } from "../../data/index.ts";
import { type Net, withInput } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { checkFit, type OptimizerSpec } from "../../train/index.ts";
import { describeNet } from "../describe.ts";
import type { Finding, NotApplicable, Outcome, Progress, ReportSection } from "../document.ts";
import { Journal } from "../journal.ts";
import { type Asked, reproduction } from "../reproduction.ts";
import { count, rate } from "../words.ts";
import { type Checked, checkSeeds, checkVariant } from "./check.ts";
import { checkDepths, type DepthCheck, depthVariants } from "./depth.ts";
import { changeFigures, depthFigure, transferFigures } from "./figures.ts";
import {
  checkFindings,
  checkVerdict,
  depthFindings,
  doubtFindings,
  powerTable,
  rateTable,
  transferFindings,
  transferVerdict,
} from "./findings.ts";
import { checkJson, depthJson, transferJson } from "./json.ts";
import { type BestRate, measureTransfer, planTransfer, type TransferPlan } from "./transfer.ts";
import { defaultWidths, makeVariants, pieceNames, referenceWidth, type Variant } from "./variants.ts";
import { stopIfAsked, stopped, type Work } from "./work.ts";

export interface WidthsQuestion extends Asked {
  readonly net: Net;
  readonly dataset: Dataset;
  /** Of the network's first hidden layer, ascending; four from its own by doubling unless said. */
  readonly widths?: readonly number[];
  /** How often the repeated block stands in the network; along depth nothing is measured unless said. */
  readonly depths?: readonly number[];
  readonly optimizer: OptimizerSpec;
  /** Rate of the coordinate check, and where the search of the best one begins; 0.001 for Adam, 0.05 for SGD unless said. */
  readonly learningRate?: number;
  /** Rows of a step; 64 unless said. */
  readonly batch?: number;
  /** Steps of the coordinate check; 5 unless said. */
  readonly steps?: number;
  /** Seeds of every rate; 2 unless said. */
  readonly seeds?: number;
  /** What the search of the best rates may take, predicted on two cores. */
  readonly seconds: number;
  /** Keeps finished pieces, so that a question that was stopped goes on where it stood. */
  readonly folder?: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Rates at which a few steps change a network without breaking it. */
const usualRates = { adam: 0.001, adamw: 0.001, sgd: 0.05 } as const;
const usual = { batch: 64, steps: 5, seeds: 2 } as const;

const source = "Yang et al. 2022, arXiv 2203.03466 (Tensor Programs V)";

/** What was measured. */
interface Measured {
  readonly checked: readonly Checked[];
  readonly transfer: { readonly plan: TransferPlan; readonly found: readonly BestRate[] } | undefined;
  readonly depth: DepthCheck | undefined;
  readonly notApplicable: readonly NotApplicable[];
}

interface Setting {
  readonly net: Net;
  readonly widths: readonly number[];
  readonly learningRate: number;
  readonly steps: number;
  readonly seeds: number;
  readonly batch: number;
}

/**
 * The coordinate check and learning-rate transfer of a network.
 * @returns `rows[{parameterisation, width, layer, rms[], change[]}]` by step, `slopes[]` (powers of the width in the change),
 * `transfer{lr[], drift[], curves[]}` or null, `depth?`.
 * @throws FathomError unsupported for a network that cannot be scaled (naming the layer) or is in the ntk parameterisation;
 * bad-input for widths, depths and options that cannot be used; cancelled when the signal stopped it.
 * @example await widths({ net, dataset, optimizer: { kind: "adam" }, seconds: 120, seed: 0, command: "…" })
 */
export async function widths(asked: WidthsQuestion): Promise<Outcome> {
  const start = performance.now();
  const setting = settingOf(asked);
  const variants = makeVariants(setting.net, setting.widths, asked.optimizer);
  for (const { model } of variants) checkFit(model, asked.dataset);
  if (asked.depths !== undefined) depthVariants(setting.net, asked.depths);
  const work = await openWork(asked, setting);
  const measured = await measure(work, asked, setting, variants).catch((error) => {
    throw asked.signal?.aborted && !(error instanceof FathomError && error.code === "cancelled")
      ? stopped()
      : error;
  });
  await work.journal.close();
  return {
    json: jsonOf(asked, setting, measured),
    document: {
      title: "Widths",
      subject: describeNet(asked.net),
      facts: factsOf(asked, setting),
      verdict:
        measured.transfer === undefined
          ? checkVerdict(measured.checked)
          : transferVerdict(measured.transfer.found, measured.transfer.plan, optimizerName(asked)),
      advice: [],
      sections: sectionsOf(measured, setting),
      notApplicable: measured.notApplicable,
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

function settingOf(asked: WidthsQuestion): Setting {
  const { dataset, optimizer } = asked;
  const net = withInput(asked.net, { kind: dataset.kind, shape: dataset.inputShape });
  const rows = dataset.train.labels.data.length;
  return {
    net,
    widths: [...(asked.widths ?? defaultWidths(net))].sort((a, b) => a - b),
    learningRate: asked.learningRate ?? usualRates[optimizer.kind],
    batch: asked.batch ?? Math.min(usual.batch, rows),
    steps: asked.steps ?? usual.steps,
    seeds: asked.seeds ?? usual.seeds,
  };
}

async function openWork(asked: WidthsQuestion, { batch }: Setting): Promise<Work> {
  const { dataset, optimizer, seed, options } = asked;
  const common = { dataset, optimizer, batch, seed, device: options?.device ?? "cpu" };
  return {
    common,
    journal: await Journal.open(asked.folder),
    nameOf: pieceNames(common),
    options,
    signal: asked.signal,
    onProgress: asked.onProgress,
  };
}

async function measure(
  work: Work,
  { depths, seconds }: WidthsQuestion,
  { net, batch, seeds, learningRate, steps }: Setting,
  variants: readonly Variant[],
): Promise<Measured> {
  const checked = await checkWidths(work, variants, { learningRate, steps });
  const depth = depths && (await checkDepths(work, { net, depths, learningRate, steps }));
  const { plan, needs } = planTransfer(variants, {
    optimizer: work.common.optimizer.kind,
    seconds,
    batch,
    seeds,
    origin: learningRate,
  });
  if (plan === undefined) {
    const because = `it takes about ${Math.ceil(needs)} s; give --minutes ${Math.ceil(needs / 6) / 10}`;
    return { checked, depth, transfer: undefined, notApplicable: [{ id: "transfer", because }] };
  }
  const found = await measureTransfer(work, variants, plan);
  return { checked, depth, transfer: { plan, found }, notApplicable: [] };
}

async function checkWidths(
  work: Work,
  variants: readonly Variant[],
  { learningRate, steps }: { readonly learningRate: number; readonly steps: number },
): Promise<Checked[]> {
  const total = variants.length * checkSeeds * steps;
  const checked: Checked[] = [];
  for (const [i, variant] of variants.entries()) {
    stopIfAsked(work);
    let taken = i * checkSeeds * steps;
    const report = () =>
      work.onProgress?.({
        label: "coordinates by width",
        detail: `width ${variant.width}`,
        done: taken,
        total,
      });
    report();
    const onStep = () => {
      taken++;
      report();
    };
    checked.push(await checkVariant(work, variant, { at: variant.width, learningRate, steps, onStep }));
  }
  return checked;
}

function optimizerName({ optimizer }: WidthsQuestion): string {
  return { adam: "Adam", adamw: "AdamW", sgd: "SGD" }[optimizer.kind];
}

function factsOf(asked: WidthsQuestion, { net, widths, learningRate, batch }: Setting): [string, string][] {
  const { name, where, value } = referenceWidth(net);
  return [
    ["data", `${asked.dataset.name}, ${count(asked.dataset.train.labels.data.length)} training rows`],
    [
      "width",
      `${where.split(".").at(-1)} of ${name}, ${value} in the network; the others have the same factor`,
    ],
    ["widths", widths.join(", ")],
    [
      "optimiser",
      `${optimizerName(asked)}, batch ${batch}, rate ${rate(learningRate)} in the coordinate check`,
    ],
  ];
}

function sectionsOf(
  { checked, transfer, depth, notApplicable }: Measured,
  { steps }: Setting,
): ReportSection[] {
  const sections: ReportSection[] = [
    {
      id: "coordinates",
      title: "Coordinate check",
      question: "Does a step of training change every layer by as much whatever the width?",
      source,
      findings: [...checkFindings(checked), ...notApplicable.map(missingFinding)],
      figures: changeFigures(checked, steps),
      numbers: [],
      tables: [powerTable(checked)],
      notes: [
        `${checkSeeds} networks a width, ${steps} steps; changes are since initialisation, on the first rows of the training split. Powers are slopes of ln change against ln width over all networks.`,
        "At finite width the readout's change falls a little in µP: the random part of its initial weights counts less the wider the network is.",
      ],
    },
  ];
  if (depth !== undefined) {
    sections.push({
      id: "depth",
      title: "Coordinates by depth",
      question: "Does a step of training change every layer by as much whatever the depth?",
      findings: depthFindings(depth),
      figures: [depthFigure(depth, steps)],
      numbers: [],
      notes: ["µP is about widths: along depth the network is looked at as it is written."],
    });
  }
  if (transfer !== undefined) sections.push(transferSection(transfer));
  return sections;
}

/** What was left out for want of time, in the terminal too. */
function missingFinding({ because }: NotApplicable): Finding {
  return { tone: "warn", text: `No best rates were searched: ${because}.` };
}

function transferSection({ found, plan }: NonNullable<Measured["transfer"]>): ReportSection {
  return {
    id: "transfer",
    title: "Learning-rate transfer",
    question: "Does the learning rate that is best for a narrow network suit a wide one?",
    source,
    findings: [...doubtFindings(found, plan), ...transferFindings(found)],
    figures: transferFigures(found, plan),
    numbers: [],
    tables: [rateTable(found)],
    notes: [
      `Training loss, mean of the last fifth of ${count(plan.steps)} steps. Rates stand an octave apart and reach two octaves to both sides of the best one, which is placed by a parabola in the logarithms; the drift is a straight line through the best rates of every seed. A longer training may prefer other rates.`,
    ],
  };
}

function jsonOf(
  asked: WidthsQuestion,
  setting: Setting,
  { checked, transfer, depth, notApplicable }: Measured,
) {
  const { net, widths, ...rest } = setting;
  return {
    reference: referenceWidth(net),
    widths,
    optimizer: asked.optimizer,
    ...rest,
    ...checkJson(checked),
    transfer: transfer === undefined ? null : transferJson(transfer.found, transfer.plan),
    ...(depth === undefined ? {} : { depth: depthJson(depth) }),
    notApplicable,
  };
}

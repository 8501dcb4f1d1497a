/** @file What tuning found as JSON (cli.md) and as a report: gains by layer, J before and after, the network. */
import type { Model } from "../../net/index.ts";
import { printNet } from "../../net/index.ts";
import type { JacobianMeasurement, LogEstimate, StretchResult } from "../../probes/index.ts";
import { sectionOf } from "../analysis.ts";
import { describeNet } from "../describe.ts";
import type { Advice, DataTable, Finding, Outcome, Verdict } from "../document.ts";
import { estimatePoint, finiteOrNull, lineFigure } from "../figure.ts";
import { hiddenTaps } from "../readout.ts";
import { reproduction } from "../reproduction.ts";
import { logarithm, significant } from "../words.ts";
import type { Tuned, TuneQuestion } from "./question.ts";

export interface Found {
  readonly asked: TuneQuestion;
  readonly model: Model;
  readonly tuned: Tuned;
  readonly before: JacobianMeasurement;
  readonly after: JacobianMeasurement;
  readonly inputsText: string;
  readonly seconds: number;
  readonly code?: string;
}

const record = {
  id: "tune",
  title: "Tuning to criticality",
  question: "Which weight and bias variances let a small change pass every layer unchanged?",
  source:
    "Doshi, He and Gromov, Critical initialization through partial Jacobians, arXiv 2111.12143, section on AutoInit",
} as const;

export function tuneOutcome(found: Found): Outcome {
  const { asked, tuned, before, after, model, inputsText, seconds, code } = found;
  const verdict = verdictOf(found);
  const figure = figureOf(before, after);
  return {
    json: {
      method: asked.method,
      gains: tuned.gains.map((gain) => ({ ...gain })),
      before: profileJson(before),
      after: profileJson(after),
      stretches: tuned.stretches.map((stretch) => ({ ...stretch, J: finiteOrNull(stretch.J) })),
      verdict: verdict.sentence,
      critical: verdict.tone === "good",
      net: JSON.parse(printNet(tuned.net)) as unknown,
      ...(code === undefined ? {} : { code }),
    },
    document: {
      title: record.title,
      subject: describeNet(asked.net),
      facts: [
        ["method", asked.method],
        ["inputs", inputsText],
      ],
      verdict,
      advice: verdict.tone === "good" ? [adviceOf(found)] : [],
      sections: [
        sectionOf(record, {
          findings: findingsOf(tuned.stretches, hiddenTaps(model)),
          numbers: [],
          figures: [figure],
          tables: [gainsTable(found)],
          notes: tuned.notes,
          json: {},
        }),
      ],
      notApplicable: [],
      profiles: [
        { label: "ln J before", values: before.layers.map(({ J }) => finiteOrNull(J.lnMean)) },
        { label: "ln J after", values: after.layers.map(({ J }) => finiteOrNull(J.lnMean)) },
      ],
      reproduction: reproduction(asked, seconds),
    },
  };
}

/** J(1, l), J(l, L) and J(l−1, l) by preactivation; logarithms beside values, null with a status where they are not finite. */
function profileJson({ layers, seeds, probes, samples }: JacobianMeasurement) {
  const read = (pick: (layer: (typeof layers)[number]) => LogEstimate | undefined) => ({
    value: layers.map((layer) => finiteOrNull(Math.exp(pick(layer)?.lnMean ?? Number.NaN))),
    ln: layers.map((layer) => finiteOrNull(pick(layer)?.lnMean)),
    se: layers.map((layer) => finiteOrNull(pick(layer)?.se)),
  });
  const [J, toOutput, local] = [
    read(({ J }) => J),
    read((layer) => layer.toOutput),
    read((layer) => layer.local),
  ];
  return {
    J: J.value,
    lnJ: J.ln,
    se: J.se,
    toOutput: toOutput.value,
    lnToOutput: toOutput.ln,
    local: local.value,
    lnLocal: local.ln,
    K: layers.map(({ K }) => finiteOrNull(K.value)),
    names: layers.map(({ name }) => name),
    status: layers.map(({ J }) => J.status ?? "ok"),
    settings: { seeds, probes, inputs: samples },
  };
}

/** The bar of a tuned network: J(1, l) of all hidden layers in [½, 2]. */
const bar = Math.LN2;

function hiddenLogs({ layers }: JacobianMeasurement, model: Model): number[] {
  return layers.slice(0, Math.max(2, hiddenTaps(model))).map(({ J }) => J.lnMean);
}

function spread(logs: readonly number[]): string {
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  if (Number.isNaN(low)) return "leaves the range of numbers";
  if (low === Number.NEGATIVE_INFINITY) return "dies out: nothing comes through";
  return `is between ${asJ(low)} and ${asJ(high)}`;
}

/** J from its logarithm. */
function asJ(log: number): string {
  return Math.abs(log) < 300 ? significant(Math.exp(log)) : `e^${logarithm(log)}`;
}

function verdictOf({ model, before, after }: Found): Verdict {
  const [given, tuned] = [hiddenLogs(before, model), hiddenLogs(after, model)];
  const good = tuned.every((log) => Math.abs(log) <= bar);
  const sentence = `J(1, l) of the hidden layers ${spread(tuned)} after tuning; before it ${spread(given)}.`;
  if (good) return { sentence, tone: "good" };
  const dead = tuned.some((log) => log === Number.NEGATIVE_INFINITY);
  return { sentence, tone: dead || tuned.some(Number.isNaN) ? "bad" : "warn" };
}

const wording: Readonly<Record<StretchResult["status"], string | undefined>> = {
  ok: undefined,
  dead: "is dead: nothing comes through it at any gain",
  insensitive: "does not depend on its gain, as where a normalisation follows the weights",
  clipped: "would need a gain outside of 10⁻⁶ to 10⁶",
  untunable: "has no weights to scale",
  shared: "shares its weights with another block, in the file at least: one factor would change both",
  normalised: "has the J that batch normalisation gives it at every gain; its gain keeps K",
};

/** The stretches that have not got the J they should have, alike ones together. */
function findingsOf(stretches: readonly StretchResult[], hidden: number): Finding[] {
  const findings: Finding[] = [];
  for (const [status, words] of Object.entries(wording)) {
    const those = stretches.filter((stretch) => stretch.status === status && stretch.index <= hidden);
    if (words === undefined || those.length === 0) continue;
    const shown = those.slice(0, 3).map(({ name }) => name);
    const names = `${shown.join(", ")}${those.length > 3 ? ` and ${those.length - 3} more` : ""}`;
    const J = those.map((stretch) => stretch.J).filter(Number.isFinite);
    const values = status === "dead" || J.length === 0 ? "" : ` (J = ${significant(Math.max(...J))} at most)`;
    findings.push({
      text: `${names}: the stretch ${words}${values}.`,
      tone: status === "dead" ? "bad" : "warn",
    });
  }
  return findings;
}

function adviceOf({ before, after, model, asked }: Found): Advice {
  return {
    about: "initialisation",
    what: "Initialise every layer with its variances in the table; net.json holds them.",
    why: "A small change then passes every layer without growing or dying out, and so does a gradient.",
    evidence: `Before, J(1, l) ${spread(hiddenLogs(before, model))}.`,
    expected: `On networks that were not tuned on (${asked.method}), J(1, l) ${spread(hiddenLogs(after, model))}.`,
  };
}

function gainsTable({ tuned }: Found): DataTable {
  return {
    title: "Gains by layer",
    columns: ["layer", "gain of weights", "gain of biases", "σw²", "σb²"],
    rows: tuned.gains.map(({ layer, weight, bias, sw2, sb2 }) => [layer, weight, bias, sw2, sb2]),
  };
}

function figureOf(before: JacobianMeasurement, after: JacobianMeasurement) {
  const dots = ({ layers }: JacobianMeasurement, name: string, role: "before" | "after") => ({
    name,
    role,
    form: "dots" as const,
    points: layers.map(({ index, J }) => estimatePoint(index, { value: J.lnMean, ci: J.ci })),
  });
  return lineFigure({
    id: "tune-apjn",
    title: "Size of a small change by depth, before and after",
    caption:
      "ln J(1, l) on sampled networks with 95 % intervals. Between the lines J is within a factor 2 of 1; the networks of “after” are not those that were tuned on.",
    x: { label: "layer l", integer: true },
    y: { label: "ln J(1, l)", scale: "symlog" },
    series: [dots(before, "as given", "before"), dots(after, "tuned", "after")],
    rules: [
      { along: "y", at: bar, label: "J = 2" },
      { along: "y", at: -bar, label: "J = ½" },
    ],
  });
}

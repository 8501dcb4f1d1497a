/** @file What a comparison says, in sentences. */

import type { Estimate } from "../../theory/index.ts";
import type { DataTable, Finding, Verdict } from "../document.ts";
import { wilsonShare } from "../wilson.ts";
import { count, percent, significant } from "../words.ts";
import {
  type Comparison,
  comparison,
  decisiveNats,
  deviations,
  pointEstimate,
  type Ranked,
  wholeOf,
} from "./ranking.ts";

/** Deviation of predicted from measured curves that is worth a word. */
const notable = 0.2;

/** Nats with one decimal where that is read. */
function nats(value: number): string {
  return Math.abs(value) >= 100 ? count(Math.round(value)).replace("-", "−") : significant(value, 3);
}

/** `0.031, 95 % interval 0.02 to 0.04` */
function withInterval({ value, ci }: Estimate): string {
  if (ci === undefined) return significant(value, 2);
  return `${significant(value, 2)}, 95 % interval ${significant(ci[0], 2)} to ${significant(ci[1], 2)}`;
}

export function verdictOf(ranked: readonly Ranked[]): Verdict {
  const [first, second] = ranked;
  const error = percent(pointEstimate(wholeOf(first!), "wrong").value);
  if (second === undefined) {
    return {
      sentence: `${first!.name}: log evidence ${nats(first!.evidence.total)} nats, test error ${error}; give another network to compare it with.`,
      tone: "neutral",
    };
  }
  const found = comparison(first!, second);
  const { evidence, wins, targets, decisive } = found;
  const sum = `${first!.name} has the highest evidence, ${nats(evidence)} nats above ${second.name} (${withInterval(found.perTarget)} a target; higher on ${wins} of ${targets})`;
  return decisive
    ? { sentence: `${sum}: decisive. ${errorSentence(found)}`, tone: agrees(found) ? "good" : "warn" }
    : { sentence: `${sum}: not decisive${doubt(found)}. ${errorSentence(found)}`, tone: "neutral" };
}

/** Why evidence does not decide. */
function doubt({ evidence }: Comparison): string {
  return evidence > decisiveNats ? ", as targets disagree" : "";
}

/** Whether test items do not speak against the evidence. */
function agrees({ squaredError }: Comparison): boolean {
  return squaredError.ci === undefined || squaredError.ci[1] >= 0;
}

function errorSentence({ squaredError: { ci }, errorRate }: Comparison): string {
  const points = (value: number) => significant(100 * value, 2);
  const rates =
    errorRate.ci === undefined
      ? ""
      : ` (error rates differ by ${points(errorRate.value)} points, 95 % interval ${points(errorRate.ci[0])} to ${points(errorRate.ci[1])})`;
  if (ci === undefined || (ci[0] <= 0 && ci[1] >= 0)) return `Test items do not part the two${rates}.`;
  return ci[0] > 0 ? `Test items agree${rates}.` : `Test items say the opposite${rates}.`;
}

export function findingsOf(ranked: readonly Ranked[]): Finding[] {
  return [
    ...neighbourFindings(ranked),
    ...curveFindings(ranked),
    ...ranked.flatMap(({ name, warnings }) =>
      warnings.map((text): Finding => ({ tone: "warn", text: `${name}: ${text}` })),
    ),
  ];
}

/** The other networks against the best. */
function neighbourFindings([first, , ...others]: readonly Ranked[]): Finding[] {
  return others.map((other) => {
    const { evidence, decisive } = comparison(first!, other);
    return {
      tone: "neutral",
      text: `${other.name} is ${nats(evidence)} nats below ${first!.name}${decisive ? "" : `, which does not decide (${decisiveNats} nats, and a difference over targets, would)`}.`,
    };
  });
}

function curveFindings(ranked: readonly Ranked[]): Finding[] {
  return ranked.flatMap((one) => {
    const worst = deviations(one).sort((a, b) => Math.abs(b.relative) - Math.abs(a.relative))[0]!;
    if (Math.abs(worst.relative) < notable) return [];
    const side = worst.relative > 0 ? "above" : "below";
    return [
      {
        tone: "warn" as const,
        text: `${one.name}: the predicted error is ${percent(Math.abs(worst.relative))} ${side} the measured one at ${count(worst.n)} items, as where eigenvectors of few items miss detail, or test rows are unlike training rows: trust the measured curve there.`,
      },
    ];
  });
}

/** The table of the report and of the terminal. */
export function tableOf(ranked: readonly Ranked[]): DataTable {
  return {
    title: "Networks by evidence",
    columns: [
      "network",
      "log evidence",
      "a target",
      "noise",
      "alignment",
      "test error",
      "95 % interval",
      "squared error",
      "predicted",
    ],
    rows: ranked.map((one) => {
      const { name, evidence, alignment, predicted } = one;
      const { wrong } = wholeOf(one).trials[0]!;
      const errors = wrong.reduce((sum, value) => sum + value, 0);
      const { ci } = wilsonShare(errors, wrong.length);
      return [
        name,
        nats(evidence.total),
        nats(evidence.total / evidence.perTarget.length),
        significant(evidence.noise, 2),
        significant(alignment, 3),
        percent(errors / wrong.length),
        `${percent(ci[0])} to ${percent(ci[1])}`,
        significant(pointEstimate(wholeOf(one), "squared").value, 3),
        significant(predicted.at(-1)!.error, 3),
      ];
    }),
  };
}

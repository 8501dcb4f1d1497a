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
  equalEvidence,
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
  const { evidence, decisive } = found;
  const errors = errorSentence(found);
  if (equalEvidence(evidence)) {
    return {
      sentence: `${first!.name} and ${second.name} have equal evidence, ${nats(first!.evidence.total)} nats. ${errors}`,
      tone: "neutral",
    };
  }
  const sum = `${first!.name} has the highest evidence, ${nats(evidence)} nats above ${second.name}${overTargets(found)}`;
  return decisive
    ? { sentence: `${sum}: decisive. ${errors}`, tone: errorSide(found) === "second" ? "warn" : "good" }
    : { sentence: `${sum}: not decisive${doubt(found)}. ${errors}`, tone: "neutral" };
}

/** What is said of the evidence over several targets. */
function overTargets({ perTarget, wins, targets }: Comparison): string {
  return targets === 1 ? "" : ` (${withInterval(perTarget)} a target; higher on ${wins} of ${targets})`;
}

/** Why evidence does not decide. */
function doubt({ evidence }: Comparison): string {
  return evidence > decisiveNats ? ", as targets disagree" : "";
}

/** Which of the two makes fewer errors on test items, where the interval of the difference says so. */
function errorSide({ errorRate: { value, ci } }: Comparison): "first" | "second" | "either" {
  const sure = ci !== undefined && (ci[0] > 0 || ci[1] < 0);
  return !sure ? "either" : value > 0 ? "first" : "second";
}

/** Test items beside the evidence, in points of the error rate. */
function errorSentence(found: Comparison): string {
  const { first, second, errorRate } = found;
  const side = errorSide(found);
  const worse = errorRate.value < 0 ? first : second;
  const difference = `${worse} makes ${points(errorRate)}`;
  if (side === "either") {
    return errorRate.value === 0
      ? "On test items they make equally many errors."
      : `Test items are too few to tell which makes fewer errors: ${difference}.`;
  }
  if (equalEvidence(found.evidence)) return `On test items ${difference}.`;
  return `Test items ${side === "first" ? "agree" : "say the opposite"}: ${difference}.`;
}

/** `6 points more errors (95 % interval 2.1 to 9.9)`, of whichever makes more. */
function points({ value, ci }: Estimate): string {
  const sign = value < 0 ? -1 : 1;
  const text = (part: number) => significant(100 * part, 2);
  const interval =
    ci === undefined
      ? ""
      : ` (95 % interval ${ci
          .map((end) => sign * end)
          .sort((a, b) => a - b)
          .map(text)
          .join(" to ")})`;
  const size = text(Math.abs(value));
  return `${size} ${size === "1" ? "point" : "points"} more errors${interval}`;
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
      text: equalEvidence(evidence)
        ? `${other.name} has the same evidence as ${first!.name}.`
        : `${other.name} is ${nats(evidence)} nats below ${first!.name}${decisive ? "" : `, which does not decide (${decisiveNats} nats, and a difference over targets, would)`}.`,
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

/** The tables of the report, each narrow enough for a page; the same rows in both. */
export function tablesOf(ranked: readonly Ranked[]): DataTable[] {
  return [
    {
      title: "Networks by evidence",
      columns: ["network", "log evidence", "a target", "noise", "alignment"],
      rows: ranked.map(({ name, evidence, alignment }) => [
        name,
        nats(evidence.total),
        nats(evidence.total / evidence.perTarget.length),
        significant(evidence.noise, 2),
        significant(alignment, 3),
      ]),
    },
    {
      title: "On test items",
      columns: ["network", "test error", "95 % interval", "squared error", "predicted"],
      rows: ranked.map(onTestItems),
    },
  ];
}

function onTestItems(one: Ranked): DataTable["rows"][number] {
  const { wrong } = wholeOf(one).trials[0]!;
  const errors = wrong.reduce((sum, value) => sum + value, 0);
  const { ci } = wilsonShare(errors, wrong.length);
  return [
    one.name,
    percent(errors / wrong.length),
    `${(100 * ci[0]).toFixed(1)} to ${percent(ci[1])}`,
    significant(pointEstimate(wholeOf(one), "squared").value, 3),
    significant(one.predicted.at(-1)!.error, 3),
  ];
}

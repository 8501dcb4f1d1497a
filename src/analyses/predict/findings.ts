/** @file What a prediction says, in sentences. */
import type { Finding, Verdict } from "../document.ts";
import { targetsOf } from "../targets.ts";
import { type Share, wilsonShare } from "../wilson.ts";
import { count, counted, percent, significant } from "../words.ts";
import type { FitFacts } from "./fit.ts";
import { reliabilityOf } from "./reliability.ts";
import type { Result } from "./result.ts";
import { type Setting, stepsOf } from "./setting.ts";

/** Relative jitter from which it changes predictions: the smallest gaps of scores are near 1e-5 (kernels.md §6.3). */
const notable = 1e-5;

/** `4.8 % (24 of 500, 95 % interval 3.2 to 7.0 %)` */
export function shareText({ count: errors, total, value, ci }: Share): string {
  const digits = total >= 2000 ? 2 : 1;
  const [low, high] = ci.map((end) => (100 * end).toFixed(digits));
  return `${(100 * value).toFixed(digits)} % (${count(errors)} of ${count(total)}, 95 % interval ${low} to ${high} %)`;
}

/** `, after 1,000 steps of rate 1`, or nothing at the end of training. */
function stepsText({ time, learningRate }: Setting): string {
  return Number.isFinite(time) ? `, after ${stepsOf({ time, learningRate })}` : "";
}

export function verdictOf({ scores, setting }: Result): Verdict {
  const { train, classes } = setting;
  const chance = 1 - 1 / classes;
  const useless = scores.errors.ci[1] >= chance;
  return {
    sentence: `Test error ${shareText(scores.errors)} with ${counted(train.count, "training item")}${stepsText(setting)}${useless ? `: not shown to be better than chance (${percent(chance)})` : ""}.`,
    tone: useless ? "bad" : "neutral",
  };
}

export function findingsOf(result: Result): Finding[] {
  return [
    ...fitFindings(result),
    ...scoreFindings(result),
    ...dataFindings(result),
    ...result.warnings.map((text): Finding => ({ tone: "warn", text })),
  ];
}

function fitFindings({ facts, setting, maxLearningRate }: Result): Finding[] {
  const found: Finding[] = [];
  const fit = facts.at(-1);
  if (fit !== undefined) {
    const { condition, relativeJitter } = fit;
    const jitter =
      relativeJitter === 0 ? "no jitter" : `a jitter of ${significant(relativeJitter)} of its mean diagonal`;
    found.push({
      tone: relativeJitter > notable && setting.jitter === "ladder" ? "warn" : "neutral",
      text: `The kernel was solved with ${jitter}${condition === null ? "" : `; its condition number is about ${significant(condition, 2)}`}.`,
    });
    found.push(...evidenceFindings(fit, setting));
  }
  if (setting.get === "nngp" && Number.isFinite(setting.time)) {
    found.push({
      tone: "neutral",
      text: "Only the last layer is trained (nngp with a time); the predictor ntk trains all layers.",
    });
  }
  if (maxLearningRate !== null && Number.isFinite(setting.time)) {
    const stable = setting.learningRate <= maxLearningRate;
    found.push({
      tone: stable ? "neutral" : "warn",
      text: stable
        ? `The rate ${significant(setting.learningRate)} is below the largest stable one, ${significant(maxLearningRate)}.`
        : `The rate ${significant(setting.learningRate)} is above the largest stable one, ${significant(maxLearningRate)}: steps of this size diverge, and the flow shown here does not describe them.`,
    });
  }
  return found;
}

/** The evidence at the most likely scale: the raw one says mostly how far the kernel's scale is from it. */
function evidenceFindings(
  { logEvidence, logEvidenceAtScale, scale }: FitFacts,
  { classes }: Setting,
): Finding[] {
  if (logEvidence === null) return [];
  const raw = `${significant(logEvidence, 6)} nats at the kernel's own scale`;
  if (logEvidenceAtScale === null || scale === null)
    return [{ tone: "neutral", text: `Log evidence ${raw}.` }];
  const targets = targetsOf(classes);
  const each =
    targets === 1 ? "" : ` of ${targets} targets, ${significant(logEvidenceAtScale / targets, 4)} a target`;
  return [
    {
      tone: "neutral",
      text: `Log evidence ${significant(logEvidenceAtScale, 6)} nats${each}, at the most likely scale of the kernel, ${significant(scale)} times its own; ${raw}.`,
    },
  ];
}

function scoreFindings(result: Result): Finding[] {
  const { scores, curve, setting } = result;
  const found: Finding[] = [];
  if (scores.negativeLogLikelihood !== undefined) {
    const guessing = Math.log(setting.classes);
    const overconfident = scores.negativeLogLikelihood > guessing;
    found.push({
      tone: overconfident ? "warn" : "neutral",
      text: `The label has −ln P = ${significant(scores.negativeLogLikelihood)} on average; guessing has ${significant(guessing)}${overconfident ? ": the probabilities are far too sure of themselves" : ""}.`,
    });
  }
  found.push(...calibrationFindings(result));
  const first = curve[0];
  if (first !== undefined) {
    const others = [...curve.slice(1), scores];
    const rest = others.map(
      ({ errors }, i) => `${percent(errors.value)} with ${count(setting.sizes[i + 1]!)}`,
    );
    found.push({
      tone: "neutral",
      text: `With ${count(setting.sizes[0]!)} training items the error is ${shareText(first.errors)}; it is ${rest.join(", ")}.`,
    });
  }
  return found;
}

/** What the predictions say of themselves on average, beside how often they are right. */
function calibrationFindings(result: Result): Finding[] {
  const bins = reliabilityOf(result);
  if (bins.length === 0) return [];
  const { count: errors, total } = result.scores.errors;
  const right = wilsonShare(total - errors, total);
  const said = bins.reduce((sum, bin) => sum + bin.probability * bin.right.total, 0) / total;
  const unsure = said < right.ci[0];
  const side = unsure ? ": less sure than they could be" : said > right.ci[1] ? ": too sure" : "";
  return [
    {
      tone: said > right.ci[1] ? "warn" : "neutral",
      text: `The predicted class has a probability of ${percent(said)} on average, and is right for ${percent(right.value)} of the items${side}.`,
    },
  ];
}

function dataFindings({ copies, setting }: Result): Finding[] {
  const { train, test } = setting;
  const found: Finding[] = [];
  if (copies.count > 0) {
    const odd = copies.conflicting === 0 ? "" : `, ${count(copies.conflicting)} of them with another label`;
    found.push({
      tone: "warn",
      text: `${count(copies.count)} training items are copies of others${odd}: their kernel is singular without jitter.`,
    });
  }
  const known = new Set(train.split === test.split ? train.rows : []);
  const both = test.rows.filter((row) => known.has(row)).length;
  if (both > 0)
    found.push({
      tone: "warn",
      text: `${count(both)} test items are training items: the error says little about new ones.`,
    });
  return found;
}

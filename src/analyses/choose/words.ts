/** @file What the choice says: names, the verdict, the reason, findings. */

import type { Advice, Finding, Verdict } from "../document.ts";
import type { Method } from "../flat/solutions.ts";
import { count, percent, rate, signed, significant } from "../words.ts";
import { type Around, type Choice, isAtEnd, type MethodResult } from "./judge.ts";
import { type ChoicePlan, type OptimizerName, seeds } from "./plan.ts";

const optimizerWords: Readonly<Record<OptimizerName, string>> = { sgd: "SGD", adam: "Adam", adamw: "AdamW" };
const additions: Readonly<Record<Method, string>> = {
  base: "",
  swa: " + SWA",
  sam: " + SAM",
  wasam: " + SAM + SWA",
};

/** `SGD`, `AdamW + SAM + SWA, ρ = 0.1`. */
export function nameOf({
  optimizer,
  method,
  rho,
}: Pick<MethodResult, "optimizer" | "method" | "rho">): string {
  const name = optimizerWords[optimizer] + additions[method];
  return rho === 0 ? name : `${name}, ρ = ${rho}`;
}

/** `−1.1 points (95 % interval −1.9 to −0.3)`. */
export function differenceText({ difference }: MethodResult): string {
  if (difference === undefined) return "–";
  const points = (x: number) => signed(100 * x, 2);
  const [low, high] = difference.ci!;
  return `${points(difference.value)} points (95 % interval ${points(low)} to ${points(high)})`;
}

export function choiceVerdict({ outcome, best, plain, recommended }: Choice): Verdict {
  if (outcome === "nothing" || best === undefined || recommended === undefined)
    return { sentence: "Every optimiser diverged at every learning rate.", tone: "bad" };
  const error = `${percent(recommended.error.value)} test error`;
  if (outcome === "noise") {
    const sentence = `No difference beyond noise: ${nameOf(best)} has the least validation error, but its test error is ${differenceText(best)} beside ${nameOf(plain!)}; take ${nameOf(recommended)} (${error}).`;
    return { sentence, tone: "neutral" };
  }
  if (outcome === "plain")
    return {
      sentence: `Take ${nameOf(recommended)} (${error}): nothing has a lower validation error.`,
      tone: "good",
    };
  const beside = plain === undefined ? "" : `: ${differenceText(best)} beside ${nameOf(plain)}`;
  return { sentence: `Take ${nameOf(recommended)} (${error})${beside}.`, tone: "good" };
}

/** Why, by what is around the solutions: curvature, sharpness, and the noise that averages take out. */
export function reasonOf({ outcome, best, plain }: Choice, plan: ChoicePlan): string {
  if (best === undefined || plain === undefined) return "no plain optimiser trains here";
  const subject = outcome === "plain" ? plain : best;
  return [curvatureReason(subject, plain), noiseReason(plain, plan)].filter((text) => text !== "").join(" ");
}

function curvatureReason(best: MethodResult, plain: MethodResult): string {
  const [a, b] = [plain.around, best.around];
  if (a === undefined || b === undefined) return "";
  if (best === plain || best.method === "base")
    return `Its λ_max is ${significant(b.lambdaMax)}, its sharpness ${significant(b.worst)}, at a training loss of ${significant(b.trainLoss)}.`;
  const change = `λ_max ${significant(a.lambdaMax)} → ${significant(b.lambdaMax)}, sharpness ${significant(a.worst)} → ${significant(b.worst)}, training loss ${significant(a.trainLoss)} → ${significant(b.trainLoss)}`;
  return `From ${nameOf(plain)} to ${nameOf(best)}: ${change}: ${curvatureReading(a, b, best.error.value < plain.error.value)}.`;
}

/** What two measures of flatness say beside the errors; they may disagree, and that is said. */
function curvatureReading(before: Around, after: Around, better: boolean): string {
  const flatter = after.lambdaMax < before.lambdaMax;
  const errs = better ? "it errs less" : "it does not err less";
  if (flatter !== after.worst < before.worst) return `the measures of flatness disagree, and ${errs}`;
  if (!flatter) return better ? "fewer errors without a flatter solution" : "neither flatter nor better";
  return better
    ? "a flatter solution that errs less"
    : "a flatter solution that does not err less: flatness is not what limits this problem";
}

function noiseReason({ around }: MethodResult, { batch }: ChoicePlan): string {
  if (around === undefined) return "";
  const scale = around.noiseScale;
  if (scale === undefined)
    return "Around the plain solution batch gradients are all noise: averages take it out.";
  const reading =
    scale > batch
      ? "steps are mostly noise there, which averages take out"
      : "there is little noise for averages to take out";
  return `Gradient and noise are equal at batches of ${count(Math.round(scale))} rows, where ${batch} are used: ${reading}.`;
}

export function choiceFindings(choice: Choice, plan: ChoicePlan): Finding[] {
  const verdict = choiceVerdict(choice);
  return [
    { text: verdict.sentence, tone: verdict.tone },
    { text: reasonOf(choice, plan), tone: "neutral" },
    ...shortFindings(plan),
    ...endFindings(choice),
  ];
}

function shortFindings({ epochs }: ChoicePlan): Finding[] {
  if (epochs >= 3) return [];
  const text = `Runs see the data ${significant(epochs, 2)} times: flat minima show in longer runs. Give a larger --budget.`;
  return [{ text, tone: "warn" }];
}

function endFindings({ methods }: Choice): Finding[] {
  const names = methods.filter(isAtEnd).map((one) => `${nameOf(one)} (${rate(one.rate)})`);
  if (names.length === 0) return [];
  const text = `The best learning rate is at the end of the grid for ${names.join("; ")}: others may be better.`;
  return [{ text, tone: "warn" }];
}

export function choiceAdvice(choice: Choice, plan: ChoicePlan): Advice[] {
  const { recommended, outcome } = choice;
  if (recommended === undefined) return [];
  return [
    {
      about: "learningRate",
      what: `Train with ${nameOf(recommended)} at a learning rate near ${rate(recommended.rate)} (batch ${plan.batch}).`,
      why: reasonOf(choice, plan),
      evidence: `${seeds} paired seeds of ${count(plan.evaluations)} gradient evaluations for each method; ${outcome === "better" ? differenceText(recommended) : "no other method is better beyond the scatter of seeds"}.`,
      expected: `${percent(recommended.error.value)} test error.`,
    },
  ];
}

/**
 * @file A look into the cases where WASAM is not the best, as the paper takes one: whether its solutions are flatter there,
 * whether a barrier lies between them and those of the base optimiser, and how noisy the gradients are.
 */
import { meanBy } from "../../../theory/index.ts";
import type { DataTable } from "../../document.ts";
import { significant } from "../../words.ts";
import { methodName, numberText, pointsText } from "./names.ts";
import { type CaseSummary, wins } from "./summary.ts";

/** Which method is best, by mean error at picked ρ. */
function bestOf({ picked, one }: CaseSummary): string {
  const [best] = Object.values(picked).sort((a, b) => a.error.value - b.error.value);
  return methodName(best!.method, one);
}

/** Barrier as a part of the loss at the ends: what is below 1 is no wall between two solutions. */
function barrierOf({ outcome }: CaseSummary): number | undefined {
  const paths = outcome.seeds.flatMap(({ path }) => path ?? []);
  return paths.length === 0 ? undefined : meanBy(paths, ({ barrier }) => barrier);
}

/** Batch at which the noise of gradients equals the gradient, in the median over seeds; undefined where noise is all. */
function noiseOf({ outcome }: CaseSummary): number | undefined {
  const scales = outcome.seeds.flatMap(({ noise }) => noise?.noiseScale ?? []).sort((a, b) => a - b);
  return scales[scales.length >> 1];
}

/** Why a case is lost, as far as the numbers tell. */
function reading(summary: CaseSummary): string {
  const { base, wasam } = summary.picked;
  const flatter =
    (wasam.flatness?.lambdaMax.value ?? Number.NaN) < (base.flatness?.lambdaMax.value ?? Number.NaN);
  const [low, high] = wasam.difference!.ci ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (low <= 0 && high >= 0) return "no difference to the base optimiser beyond the scatter of seeds";
  if (high < 0) return "better than the base optimiser; another method is better still";
  return flatter ? "flatter and yet worse: flatness is not what limits this case" : "not flatter, and worse";
}

/** One line for each case where the combination is not the best. */
export function notWinningTable(summaries: readonly CaseSummary[]): DataTable {
  return {
    title: "Where WASAM is not the best",
    columns: [
      "case",
      "best",
      "WASAM less base, points (95 %)",
      "λ_max base → WASAM",
      "train loss base → WASAM",
      "barrier between them",
      "noise scale, rows",
      "reading",
    ],
    rows: summaries
      .filter((summary) => !wins(summary))
      .map((summary) => {
        const { base, wasam } = summary.picked;
        return [
          summary.one.id,
          bestOf(summary),
          pointsText(wasam.difference!),
          `${numberText(base.flatness?.lambdaMax.value)} → ${numberText(wasam.flatness?.lambdaMax.value)}`,
          `${numberText(base.trainLoss)} → ${numberText(wasam.trainLoss)}`,
          numberText(barrierOf(summary)),
          numberText(noiseOf(summary)),
          reading(summary),
        ];
      }),
  };
}

/** `vision-clean, cora`, or none. */
export function notWinningNames(summaries: readonly CaseSummary[]): string {
  const names = summaries.filter((summary) => !wins(summary)).map(({ one }) => one.id);
  return names.length === 0 ? "none" : names.join(", ");
}

/** A difference in words for sentences: `λ_max .162 → .046`. */
export function curvatureText({ picked: { base, wasam } }: CaseSummary): string {
  const [from, to] = [base.flatness?.lambdaMax.value, wasam.flatness?.lambdaMax.value];
  return from === undefined || to === undefined
    ? "λ_max not measured"
    : `λ_max ${significant(from)} → ${significant(to)}`;
}

/** @file The linear model that the baseline is compared with, as the Gaussian process of a network without hidden layers. */
import { type Net, parseNet } from "../../net/index.ts";
import type { SurveyContext } from "../context.ts";
import { inputMoments } from "../data-moments.ts";

/** What a linear model adds to its kernel's diagonal, in parts of its mean: evidence chooses, for a linear fit cannot be exact. */
export const ridges = [1e-2, 1e-1, 1] as const;

/**
 * One dense layer on all numbers of an input, with a bias as large as what a typical input gives; undefined for token ids,
 * which have no linear model of their own.
 */
export function linearNet(context: SurveyContext): Net | undefined {
  const { kind, inputShape, classes } = context.dataset;
  if (kind === "ids") return undefined;
  const sb2 = inputMoments(context).secondMoment;
  const flatten = inputShape.length > 1 ? [{ kind: "flatten" }] : [];
  return parseNet({
    fathom: 1,
    input: { kind, shape: [...inputShape] },
    layers: [...flatten, { kind: "dense", width: classes, sw2: 1, sb2 }],
  });
}

/** @file A prediction as the JSON of cli.md. */
import { finiteOrNull, numberRows } from "../figure.ts";
import { targetsOf } from "../targets.ts";
import type { FitFacts } from "./fit.ts";
import type { Result } from "./result.ts";
import type { Scores } from "./scores.ts";

/** Numbers of means, variances and probabilities up to which they are in the JSON; more are in the file of `--out`. */
const mostNumbers = 20_000;

export function predictJson(result: Result): Record<string, unknown> {
  const { setting, scores, predictions, facts, kernel, seconds } = result;
  const { train, test, get, time, learningRate, precision, mode, classes } = setting;
  const fit = facts.at(-1);
  const shown = test.count * classes <= mostNumbers;
  return {
    get,
    train: { split: train.split, count: train.count },
    test: { split: test.split, count: test.count },
    ...(Number.isFinite(time) ? { time, learningRate } : {}),
    ...(result.maxLearningRate === null ? {} : { maxLearningRate: result.maxLearningRate }),
    ...scoresJson(scores),
    jitter: fit?.jitter ?? 0,
    relativeJitter: fit?.relativeJitter ?? 0,
    condition: fit?.condition ?? null,
    ...(fit === undefined || fit.logEvidence === null ? {} : evidenceJson(fit, classes)),
    ...(shown ? { mean: numberRows(predictions.mean.data, classes) } : {}),
    ...(shown && predictions.variance ? { variance: Array.from(predictions.variance.data) } : {}),
    ...(shown && scores.probabilities
      ? { probabilities: numberRows(scores.probabilities.data, classes) }
      : {}),
    ...(scores.probabilities ? { probabilityScale: scores.scale } : {}),
    confusion: scores.confusion,
    ...(result.curve.length === 0 ? {} : { learningCurve: curveJson(result) }),
    copies: result.copies,
    warnings: result.warnings,
    precision,
    mode,
    build: kernel.build,
    pairs: kernel.pairs + predictions.pairs,
    pairsPerSecond: kernel.pairsPerSecond,
    ...(result.model === undefined ? {} : { model: result.model }),
    seconds,
  };
}

/** Of the kernel as it is and at its most likely scale, all targets together; variances times `scale` are those of probabilities. */
function evidenceJson({ logEvidence, logEvidenceAtScale, scale }: FitFacts, classes: number) {
  return { logEvidence, logEvidenceAtScale, scale, targets: targetsOf(classes) };
}

function scoresJson({ errors, loss, negativeLogLikelihood }: Scores) {
  return {
    errors: errors.count,
    errorRate: errors.value,
    errorRateCi: errors.ci,
    loss: finiteOrNull(loss),
    ...(negativeLogLikelihood === undefined
      ? {}
      : { negativeLogLikelihood: finiteOrNull(negativeLogLikelihood) }),
  };
}

function curveJson({ curve, scores, facts }: Result) {
  return [...curve, scores].map(({ errors, loss }, i) => ({
    ...facts[i]!,
    errors: errors.count,
    errorRate: errors.value,
    ci: errors.ci,
    loss: finiteOrNull(loss),
  }));
}

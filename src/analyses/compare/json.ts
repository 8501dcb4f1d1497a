/** @file The fields of cli.md: rows by falling evidence, and what parts the best from the others. */
import type { Estimate } from "../../theory/index.ts";
import { describeNet } from "../describe.ts";
import { finiteOrNull } from "../figure.ts";
import { wilsonShare } from "../wilson.ts";
import { comparison, pointEstimate, type Ranked, wholeOf } from "./ranking.ts";
import type { Setting } from "./setting.ts";

function estimateJson({ value, se, ci, n }: Estimate) {
  return {
    value: finiteOrNull(value),
    se: finiteOrNull(se),
    ci: ci === undefined ? null : ci.map(finiteOrNull),
    ...(n === undefined ? {} : { n }),
  };
}

export function compareJson(ranked: readonly Ranked[], setting: Setting) {
  const { train, test, get, precision, trials } = setting;
  return {
    rows: ranked.map((one) => rowOf(one, setting)),
    comparisons: ranked.slice(1).map((other) => {
      const { perTarget, squaredError, errorRate, ...rest } = comparison(ranked[0]!, other);
      return {
        ...rest,
        perTarget: estimateJson(perTarget),
        squaredError: estimateJson(squaredError),
        errorRate: estimateJson(errorRate),
      };
    }),
    get,
    precision,
    train: train.count,
    test: test.count,
    trials,
  };
}

function rowOf(one: Ranked, { nets }: Setting) {
  const { name, evidence, asGiven, alignment, build, warnings, seconds } = one;
  const { wrong } = wholeOf(one).trials[0]!;
  const errors = wilsonShare(
    wrong.reduce((sum, value) => sum + value, 0),
    wrong.length,
  );
  return {
    net: name,
    description: describeNet(nets.find((net) => net.name === name)!.net),
    logEvidence: finiteOrNull(evidence.total),
    logEvidencePerTarget: evidence.perTarget.map(finiteOrNull),
    amplitude: finiteOrNull(evidence.amplitude),
    noise: evidence.noise,
    asGiven: {
      logEvidence: finiteOrNull(asGiven.total),
      perTarget: asGiven.perTarget.map(finiteOrNull),
      jitter: asGiven.noise,
    },
    alignment: finiteOrNull(alignment),
    errorRate: errors.value,
    errorRateCi: errors.ci,
    errors: errors.count,
    learningCurve: curveOf(one),
    build,
    warnings,
    seconds,
  };
}

/** Predicted everywhere, measured where it was. */
function curveOf({ predicted, measured }: Ranked) {
  return predicted.map(({ n, error }) => {
    const point = measured.find((each) => each.n === n);
    return {
      n,
      predicted: finiteOrNull(error),
      ...(point === undefined
        ? {}
        : {
            measured: estimateJson(pointEstimate(point, "squared")),
            errorRate: estimateJson(pointEstimate(point, "wrong")),
            subsets: point.trials.length,
          }),
    };
  });
}

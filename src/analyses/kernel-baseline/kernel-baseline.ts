/**
 * @file What does the infinitely wide network know before it is trained? The exact Gaussian process of the described network on
 * some of the training rows (kernels.md §6.2), beside a linear model of the same rows and the network that the survey trained: whether
 * the architecture suits the data, and whether training is worse than none.
 */
import type { Estimate } from "../../theory/index.ts";
import { pairedDifference } from "../../theory/index.ts";
import { applies, type Conclusion, defineAnalysis, doesNotApply } from "../analysis.ts";
import type { SurveyContext } from "../context.ts";
import { chanceError } from "../training/compare.ts";
import { curveOf, type Fitted } from "./curve.ts";
import { curveFigure } from "./figures.ts";
import { findingsOf } from "./findings.ts";
import { baselineJson, notesOf, numbersOf, tableOf } from "./json.ts";
import { linearNet, ridges } from "./linear.ts";
import { type Planned, planOf } from "./plan.ts";
import { withinReach } from "./reach.ts";
import { type Trained, trainedNetwork } from "./trained.ts";

/** What there is to compare the Gaussian process with. */
export interface Compared {
  /** None for token ids. */
  readonly linear: readonly Fitted[] | undefined;
  /** Linear less network, of the largest fits, on the same test rows. */
  readonly difference: Estimate | undefined;
  /** None where the survey did not train. */
  readonly trained: Trained | undefined;
}

export interface BaselineResults extends Compared {
  readonly plan: Planned;
  /** By the number of rows, ascending. */
  readonly network: readonly Fitted[];
  /** Error of always answering the commonest class. */
  readonly chance: number;
}

function planned(context: SurveyContext): Planned {
  const plan = planOf(context);
  if ("because" in plan) throw new TypeError(plan.because);
  return plan;
}

export const kernelBaseline = defineAnalysis<readonly Fitted[], Compared>({
  id: "kernelBaseline",
  title: "Infinitely wide, untrained",
  question: "What error does the infinitely wide network reach on this data, without training?",
  source: "Lee et al. 2018, arXiv 1711.00165; Garriga-Alonso, Rasmussen, Aitchison 2019, arXiv 1808.05587",
  applies(context) {
    if (chanceError(context.dataset.train.labels.data) === 0)
      return doesNotApply("the training rows are of a single class: there is nothing to predict");
    const plan = planOf(context);
    return "because" in plan ? doesNotApply(plan.because) : applies;
  },
  cost: (context) => planned(context).seconds,
  predict: (context) =>
    withinReach(() =>
      curveOf(context, planned(context), {
        net: context.net,
        label: "kernel of the infinitely wide network",
        jitters: ["ladder"],
      }),
    ),
  async measure(context, network) {
    const net = linearNet(context);
    const options = { label: "linear model", jitters: ridges };
    const linear = net && (await withinReach(() => curveOf(context, planned(context), { net, ...options })));
    const [a, b] = [linear?.at(-1)?.wrong, network.at(-1)!.wrong];
    return {
      linear,
      difference: a && pairedDifference({ a, b }),
      trained: await trainedNetwork(context),
    };
  },
  conclude(context, { predicted, measured }): Conclusion {
    const chance = chanceError(context.dataset.train.labels.data);
    const results: BaselineResults = { plan: planned(context), network: predicted, chance, ...measured };
    return {
      findings: findingsOf(results),
      advice: [],
      numbers: numbersOf(results),
      figures: [curveFigure(results)],
      tables: [tableOf(results)],
      notes: notesOf(results),
      json: baselineJson(results),
    };
  },
});

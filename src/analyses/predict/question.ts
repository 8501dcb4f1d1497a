/**
 * @file The question `fathom predict` asks: what the infinitely wide network predicts for some items after it has seen others, how
 * sure it is, and how often it is wrong (kernels.md §6.2, §9).
 */
import type { KernelPlan } from "../../kernels/index.ts";
import { buildModel } from "../../net/index.ts";
import { describeNet } from "../describe.ts";
import type { Outcome } from "../document.ts";
import { copiesOf } from "../items.ts";
import { Journal } from "../journal.ts";
import { kernelWarnings } from "../kernel-warnings.ts";
import { reproduction } from "../reproduction.ts";
import { count } from "../words.ts";
import { evaluate } from "./evaluate.ts";
import { verdictOf } from "./findings.ts";
import { type Fit, fitPredictor } from "./fit.ts";
import { predictJson } from "./json.ts";
import { trainKernels } from "./kernels.ts";
import { checkSize } from "./memory.ts";
import { canKeep, fitKey, type KernelRun, loadFit, savedPredictor, saveFit } from "./model-file.ts";
import type { Result } from "./result.ts";
import { scoresOf } from "./scores.ts";
import { type SearchResult, search } from "./search.ts";
import { searchSection } from "./search-section.ts";
import { sectionsOf } from "./sections.ts";
import { type PredictQuestion, type Setting, settingOf, stepsOf, trainValues } from "./setting.ts";
import { Stopwatch } from "./stopwatch.ts";

/** An outcome with every item's prediction, for files. */
export type PredictOutcome = Outcome & { readonly result: Result };

/**
 * Exact prediction with the kernel of a network.
 * @returns `errors`, `errorRate`, `errorRateCi` (Wilson, 95 %), `jitter`, `condition`, `logEvidence?`, `mean?`, `variance?`,
 * `probabilities?`, `learningCurve?`, `confusion`, `search?{tries[], best, net}`, `seconds{kernel, solve, predict}`; a report with confusion and certainty.
 * @throws FathomError unsupported naming a layer without a kernel; bad-input, bad-shape for items and settings that cannot be used;
 * failed where the kernel is singular with the jitter asked for; too-large for finite times; cancelled.
 * @example
 * await predict({ net, dataset, train: { split: "train", rows }, test: { split: "test", rows: [0, 1] }, seed: 0, command: "…" })
 */
export async function predict(asked: PredictQuestion): Promise<PredictOutcome> {
  const start = performance.now();
  const given = settingOf(asked);
  if (asked.search !== undefined) checkSize(given);
  const searched = asked.search && (await search(given, asked.search, asked.seed));
  const setting = searched === undefined ? given : withBest(given, searched);
  const result = await predicted(setting);
  return {
    result,
    json: { ...predictJson(result), ...(searched && { search: searched }) },
    document: {
      title: "Prediction",
      subject: describeNet(setting.net),
      facts: factsOf(setting),
      verdict: verdictOf(result),
      advice: [],
      advises: false,
      sections: [...sectionsOf(result), ...(searched ? [searchSection(searched)] : [])],
      notApplicable: [],
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

/** What is fitted to all training items after a search. */
function withBest(setting: Setting, { net, best }: SearchResult): Setting {
  return { ...setting, net, jitter: best.candidate.jitter ?? setting.jitter };
}

async function predicted(setting: Setting): Promise<Result> {
  const stopwatch = new Stopwatch();
  const warnings = [...kernelWarnings(setting.net, trainValues(setting)), ...outputWarnings(setting)];
  const journal = await Journal.open(setting.folder);
  const { fit, kernel, model } = await fittedOrLoaded(setting, stopwatch);
  await using fitted = fit;
  const predictions = await evaluate({
    setting,
    stopwatch,
    journal,
    predictor: fitted.predictor,
    fewer: fitted.alphas.slice(0, -1),
    fitKey: fitKey(setting),
  });
  await journal.close();
  const { labels } = setting.test;
  const { scale } = fitted.facts.at(-1) ?? { scale: null };
  return {
    setting,
    warnings,
    kernel,
    model,
    facts: fitted.facts,
    maxLearningRate: fitted.maxLearningRate,
    predictions,
    scores: scoresOf({ ...predictions, labels, scale }),
    curve: predictions.fewer.map((mean) => scoresOf({ mean, labels })),
    copies: copiesOf(setting.train),
    seconds: stopwatch.seconds,
  };
}

interface Fitted {
  readonly fit: Fit;
  readonly kernel: KernelRun;
  /** The file that keeps the fit. */
  readonly model: string | undefined;
}

/** Means alone come from a fit that the folder holds; variances need the factor, which is made again from the kept kernel. */
async function fittedOrLoaded(setting: Setting, stopwatch: Stopwatch): Promise<Fitted> {
  const saved = setting.variance ? undefined : await loadFit(setting);
  if (saved !== undefined)
    return {
      fit: { ...saved, predictor: savedPredictor(setting, saved), [Symbol.asyncDispose]: async () => {} },
      kernel: saved.kernel,
      model: saved.path,
    };
  checkSize(setting);
  const kernels = await stopwatch.time("kernel", () =>
    trainKernels(setting, trainValues(setting), (plan) => announce(setting, plan)),
  );
  const { build, pairs, pairsPerSecond } = kernels;
  const kernel = { build, pairs, pairsPerSecond };
  const found = await stopwatch.time("solve", () => fitPredictor(setting, kernels));
  const model = canKeep(setting) ? await saveFit(setting, found, kernel) : undefined;
  return { fit: found, kernel, model };
}

/** Pairs of test items come on top of those of the training items, at the same pace. */
function announce({ train, test, onPlan, onProgress }: Setting, plan: KernelPlan): void {
  const cross = train.count * test.count;
  const pace = plan.pairs === 0 ? 0 : plan.seconds / plan.pairs;
  onPlan?.({ ...plan, pairs: plan.pairs + cross, seconds: plan.seconds + pace * cross });
  // The first tile of a slow network takes long: what is at work is seen before.
  const total = plan.finished + plan.pairs;
  if (plan.pairs > 0)
    onProgress?.({ label: "kernel of training items", detail: "pairs", done: plan.finished, total });
}

/** The kernel is that of one output: fewer of them than classes are no fault, and not what is predicted. */
function outputWarnings({ net, classes }: Setting): string[] {
  const outputs = buildModel(net).outputShape.at(-1) ?? 1;
  if (outputs === 1 || outputs >= classes) return [];
  return [
    `The network states ${outputs} outputs for ${classes} classes: its kernel does not depend on their number, and every class is predicted.`,
  ];
}

function factsOf({ dataset, train, test, get, time, learningRate, precision }: Setting): [string, string][] {
  const part = ({ split, count: rows }: typeof train) =>
    `${count(rows)} ${split === "train" ? "training" : "test"} rows`;
  const whose = {
    nngp: "Gaussian process of the network's initial outputs (NNGP)",
    ntk: "ensemble of trained networks (NTK)",
    ntkgp: "Gaussian process with the tangent kernel",
  }[get];
  return [
    ["data", `${dataset.name}: fitted to ${part(train)}, asked about ${part(test)}`],
    ["predictor", Number.isFinite(time) ? `${whose}, ${stepsOf({ time, learningRate })}` : whose],
    ["kernel", precision],
  ];
}

/**
 * @file The main job: measure a network against a data set, and say whether it will train, at which learning rates, and
 * what to change. Runs the registry within a budget and joins the conclusions into one document.
 */
import { countParameters } from "../net/index.ts";
import { requireDevice } from "../runtime/index.ts";
import { type Analysis, type Conclusion, sectionOf } from "./analysis.ts";
import { SurveyContext, type SurveySettings } from "./context.ts";
import { describeNet } from "./describe.ts";
import type { Advice, NotApplicable, Outcome, Verdict } from "./document.ts";
import { analyses } from "./registry.ts";
import { reproduction } from "./reproduction.ts";
import { isUnsupported } from "./unsupported.ts";
import { count } from "./words.ts";

export interface SurveyJson extends Record<string, unknown> {
  readonly verdict: string;
  readonly advice: readonly Advice[];
  readonly analyses: Readonly<Record<string, unknown>>;
  readonly notApplicable: readonly NotApplicable[];
}

interface Answered {
  readonly analysis: Analysis;
  readonly conclusion: Conclusion;
}

/**
 * Surveys a network on a data set.
 * @param settings.command - what a user would type to run it again; shown in the report.
 * @returns the JSON of cli.md and the report.
 * @throws FathomError bad-shape when network and data do not meet; unsupported when the device is not there; cancelled when `signal` is aborted.
 * @example
 * const { json, document } = await survey({ net, dataset, seed: 0, seconds: 120, command: "fathom survey …" });
 */
export async function survey(
  settings: SurveySettings & { readonly command: string },
): Promise<Outcome<SurveyJson>> {
  const start = performance.now();
  const context = new SurveyContext(settings);
  await requireDevice(context.options);
  const answered: Answered[] = [];
  const notApplicable: NotApplicable[] = [];
  for (const analysis of analyses) {
    settings.signal?.throwIfAborted();
    const result = await answer(analysis, context);
    if ("because" in result) notApplicable.push({ id: analysis.id, because: result.because });
    else answered.push({ analysis, conclusion: result });
  }
  return report(context, {
    answered,
    notApplicable,
    command: settings.command,
    seconds: (performance.now() - start) / 1000,
  });
}

interface LeftOut {
  readonly because: string;
}

/** The conclusion of an analysis, or why it is left out: it says nothing here, the budget or the theory does not reach. */
async function answer(analysis: Analysis, context: SurveyContext): Promise<Conclusion | LeftOut> {
  const applicability = analysis.applies(context);
  if (!applicability.applies) return applicability;
  const cost = analysis.cost(context);
  const refusal = context.budget.refusal(cost);
  if (refusal !== undefined) return { because: refusal };
  context.progress(analysis.title, 0, null);
  try {
    return await analysis.run(context);
  } catch (error) {
    if (isUnsupported(error)) return { because: error.message };
    throw error;
  } finally {
    context.budget.spend(cost);
  }
}

function report(
  context: SurveyContext,
  results: {
    readonly answered: readonly Answered[];
    readonly notApplicable: readonly NotApplicable[];
    readonly command: string;
    readonly seconds: number;
  },
): Outcome<SurveyJson> {
  const { answered, notApplicable, command, seconds } = results;
  const conclusions = answered.map(({ conclusion }) => conclusion);
  const verdict = joinVerdicts(conclusions.flatMap(({ verdict = [] }) => verdict));
  const advice = mergeAdvice(conclusions.flatMap((conclusion) => conclusion.advice));
  const json = Object.fromEntries(answered.map(({ analysis, conclusion }) => [analysis.id, conclusion.json]));
  const { dataset, model, seed, options } = context;
  return {
    json: { verdict: verdict.sentence, advice, analyses: json, notApplicable, ...json },
    document: {
      title: "Survey",
      subject: describeNet(context.net),
      facts: [
        [
          "data",
          `${dataset.name}: ${count(dataset.train.labels.data.length)} training and ${count(dataset.test.labels.data.length)} test rows, ${dataset.classes} classes`,
        ],
        ...(context.versus === undefined ? [] : [["compared with", describeNet(context.versus)] as const]),
        ["parameters", count(countParameters(model))],
        ["initialisation", `${context.net.init}, ${context.net.parameterisation} parameterisation`],
      ],
      verdict,
      advice,
      sections: answered.map(({ analysis, conclusion }) => sectionOf(analysis, conclusion)),
      notApplicable,
      profiles: conclusions.flatMap(({ profiles = [] }) => profiles),
      reproduction: reproduction({ command, seed, options }, seconds),
    },
  };
}

/** The sentences one after the other, with the tone of the last that judges: training has seen more than theory. */
function joinVerdicts(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0)
    return { sentence: "No question could be answered: see what does not apply.", tone: "warn" };
  const sentence = verdicts.map((verdict) => verdict.sentence).join(" ");
  return { sentence, tone: verdicts.findLast(({ tone }) => tone !== "neutral")?.tone ?? "neutral" };
}

/** Later analyses know more: of two pieces of advice about the same thing, the later one stays. */
function mergeAdvice(advice: readonly Advice[]): Advice[] {
  return [...new Map(advice.map((piece) => [piece.about, piece])).values()];
}

/**
 * @file The main job: measure a network against a data set, and say whether it will train, at which learning rates, and
 * what to change. Runs the registry within a budget and joins the conclusions into one document.
 */
import { countParameters } from "../net/index.ts";
import { requireDevice } from "../runtime/index.ts";
import { sectionOf } from "./analysis.ts";
import { SurveyContext, type SurveySettings } from "./context.ts";
import { describeNet } from "./describe.ts";
import type { Advice, NotApplicable, Outcome } from "./document.ts";
import { analyses } from "./registry.ts";
import { reproduction } from "./reproduction.ts";
import { type Answered, joinVerdicts, mergeAdvice, runRegistry } from "./survey-run.ts";
import { count } from "./words.ts";

export interface SurveyJson extends Record<string, unknown> {
  readonly verdict: string;
  readonly advice: readonly Advice[];
  readonly analyses: Readonly<Record<string, unknown>>;
  readonly notApplicable: readonly NotApplicable[];
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
  return report(context, {
    ...(await runRegistry(analyses, context)),
    command: settings.command,
    seconds: (performance.now() - start) / 1000,
  });
}

function report(
  context: SurveyContext,
  results: {
    readonly answered: readonly Answered<SurveyContext>[];
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

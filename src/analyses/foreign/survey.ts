/**
 * @file The survey of an ONNX model: what can be measured with the weights it has, and honest reasons for what cannot be said
 * without the description of the network.
 */
import { requireDevice } from "../../runtime/index.ts";
import { Key } from "../../tensor/index.ts";
import { sectionOf } from "../analysis.ts";
import type { Outcome } from "../document.ts";
import { reproduction } from "../reproduction.ts";
import type { SurveyJson } from "../survey.ts";
import { joinVerdicts, mergeAdvice, runRegistry } from "../survey-run.ts";
import { count } from "../words.ts";
import { ForeignContext, type ForeignSurveySettings } from "./context.ts";
import { describeSubject, factsOf } from "./probe.ts";
import { foreignAnalyses, unanswerable } from "./registry.ts";
import { openSubject } from "./subject.ts";

/**
 * Surveys an imported model on a data set.
 * @throws FathomError as `openForeign`; bad-shape when model and data do not meet; cancelled when `signal` is aborted.
 * @example await surveyForeign({ source: { path: "model.onnx", dataset }, seed: 0, seconds: 120, command: "" });
 */
export async function surveyForeign(
  settings: ForeignSurveySettings & { readonly command: string },
): Promise<Outcome<SurveyJson>> {
  const start = performance.now();
  const { options = {}, seed, source } = settings;
  await requireDevice(options);
  settings.onProgress?.({ label: "reading the model", done: 0, total: null });
  const subject = await openSubject(source, { key: Key.fromSeed(seed), options });
  const context = new ForeignContext(settings, subject);
  const { answered, notApplicable } = await runRegistry(foreignAnalyses, context);
  const conclusions = answered.map(({ conclusion }) => conclusion);
  const verdict = joinVerdicts(conclusions.flatMap((conclusion) => conclusion.verdict ?? []));
  const advice = mergeAdvice(conclusions.flatMap((conclusion) => conclusion.advice));
  const json = Object.fromEntries(answered.map(({ analysis, conclusion }) => [analysis.id, conclusion.json]));
  const left = [...notApplicable, ...unanswerable];
  const { dataset } = source;
  return {
    json: { verdict: verdict.sentence, advice, analyses: json, notApplicable: left, ...json },
    document: {
      title: "Survey",
      subject: describeSubject(subject),
      facts: [
        [
          "data",
          `${dataset.name}: ${count(dataset.train.labels.data.length)} training rows, ${dataset.classes} classes`,
        ],
        ...factsOf(subject),
      ],
      verdict,
      advice,
      sections: answered.map(({ analysis, conclusion }) => sectionOf(analysis, conclusion)),
      notApplicable: left,
      profiles: conclusions.flatMap(({ profiles = [] }) => profiles),
      reproduction: reproduction(settings, (performance.now() - start) / 1000),
    },
  };
}

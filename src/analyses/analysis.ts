/**
 * @file One question, one record (architecture.md): what an analysis asks, where it applies, what it costs, what theory
 * predicts, what the finite network shows, and what follows from both. `survey` runs the registry of these records; the
 * commands, the JSON and the report derive from it.
 */

import type { SurveyContext } from "./context.ts";
import type { Advice, DataTable, Finding, NumberRow, Profile, ReportSection, Verdict } from "./document.ts";
import type { Figure } from "./figure.ts";

/** Whether an analysis can say anything about this network and data: yes, or the reason why not. */
export type Applicability =
  | { readonly applies: true }
  | { readonly applies: false; readonly because: string };

/** A claim of a paper beside our number. */
export interface Claim {
  readonly claim: string;
  readonly paper: string;
  readonly ours: string;
  readonly status: "reproduced" | "not reproduced" | "not tested";
}

/** What follows from prediction and measurement. */
export interface Conclusion {
  /** Its part of the survey's verdict; absent where the findings say enough. */
  readonly verdict?: Verdict;
  readonly findings: readonly Finding[];
  readonly advice: readonly Advice[];
  readonly numbers: readonly NumberRow[];
  readonly figures: readonly Figure[];
  readonly tables?: readonly DataTable[];
  readonly notes?: readonly string[];
  readonly profiles?: readonly Profile[];
  readonly claims?: readonly Claim[];
  /** The fields that cli.md promises, under the analysis's id. No NaN or Infinity. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** `P` is what theory predicts, `M` what is measured: both plain data. `C` is what it is asked about: a described network unless said. */
export interface AnalysisDefinition<P, M, C = SurveyContext> {
  /** Letters only; the key in JSON, and in `--assert` paths. */
  readonly id: string;
  readonly title: string;
  /** The question it answers, as a user would ask it. */
  readonly question: string;
  /** The specification section or paper behind it. */
  readonly source: string;
  applies(context: C): Applicability;
  /** Predicted seconds on two cores, the least it can do with: `survey` leaves out what its budget does not reach. */
  cost(context: C): number;
  predict(context: C): P | Promise<P>;
  measure(context: C, predicted: P): M | Promise<M>;
  conclude(context: C, results: { readonly predicted: P; readonly measured: M }): Conclusion;
}

/** An analysis in the registry: the definition with its own types closed over. */
export interface Analysis<C = SurveyContext>
  extends Pick<AnalysisDefinition<never, never>, "id" | "title" | "question" | "source"> {
  applies(context: C): Applicability;
  cost(context: C): number;
  run(context: C): Promise<Conclusion>;
}

/** Makes a record for the registry. */
export function defineAnalysis<P, M, C = SurveyContext>(
  definition: AnalysisDefinition<P, M, C>,
): Analysis<C> {
  const { id, title, question, source } = definition;
  return {
    id,
    title,
    question,
    source,
    applies: (context) => definition.applies(context),
    cost: (context) => definition.cost(context),
    async run(context) {
      const predicted = await definition.predict(context);
      const measured = await definition.measure(context, predicted);
      return definition.conclude(context, { predicted, measured });
    },
  };
}

/** A conclusion as a section of a report. */
export function sectionOf(
  { id, title, question, source }: Pick<Analysis<never>, "id" | "title" | "question" | "source">,
  { findings, figures, numbers, tables, notes }: Omit<Conclusion, "advice">,
): ReportSection {
  return {
    id,
    title,
    question,
    source,
    findings,
    figures,
    numbers,
    ...(tables === undefined ? {} : { tables }),
    ...(notes === undefined ? {} : { notes }),
  };
}

export const applies: Applicability = { applies: true };

export function doesNotApply(because: string): Applicability {
  return { applies: false, because };
}

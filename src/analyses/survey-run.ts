/** @file How a survey goes through its registry within a budget, and how the conclusions become one verdict; whatever it is about. */
import type { Analysis, Conclusion } from "./analysis.ts";
import type { Budget } from "./budget.ts";
import type { Advice, NotApplicable, Verdict } from "./document.ts";
import { isUnsupported } from "./unsupported.ts";

/** What a survey needs of the context that its analyses are given. */
export interface SurveyRun {
  readonly budget: Budget;
  readonly signal: AbortSignal | undefined;
  progress(label: string, done: number, total: number | null): void;
}

export interface Answered<C> {
  readonly analysis: Analysis<C>;
  readonly conclusion: Conclusion;
}

/** Asks every question that applies and that the budget reaches. */
export async function runRegistry<C extends SurveyRun>(
  analyses: readonly Analysis<C>[],
  context: C,
): Promise<{ readonly answered: Answered<C>[]; readonly notApplicable: NotApplicable[] }> {
  const answered: Answered<C>[] = [];
  const notApplicable: NotApplicable[] = [];
  for (const analysis of analyses) {
    context.signal?.throwIfAborted();
    const result = await answer(analysis, context);
    if ("because" in result) notApplicable.push({ id: analysis.id, because: result.because });
    else answered.push({ analysis, conclusion: result });
  }
  return { answered, notApplicable };
}

interface LeftOut {
  readonly because: string;
}

/** The conclusion of an analysis, or why it is left out: it says nothing here, the budget or the theory does not reach. */
async function answer<C extends SurveyRun>(analysis: Analysis<C>, context: C): Promise<Conclusion | LeftOut> {
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

/**
 * The sentences one after the other, with the tone of the last that judges: training has seen more than theory. A network that
 * trains although something is wrong with it is worth a look.
 */
export function joinVerdicts(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0)
    return { sentence: "No question could be answered: see what does not apply.", tone: "warn" };
  const sentence = verdicts.map((verdict) => verdict.sentence).join(" ");
  const tones = verdicts.map(({ tone }) => tone).filter((tone) => tone !== "neutral");
  const last = tones.at(-1) ?? "neutral";
  return { sentence, tone: last === "good" && tones.includes("bad") ? "warn" : last };
}

/** Later analyses know more: of two pieces of advice about the same thing, the later one stays. */
export function mergeAdvice(advice: readonly Advice[]): Advice[] {
  return [...new Map(advice.map((piece) => [piece.about, piece])).values()];
}

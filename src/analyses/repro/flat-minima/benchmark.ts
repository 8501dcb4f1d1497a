/** @file The benchmark that the claims have in common: all cases of a scale, run once. */
import type { ExperimentContext } from "../paper.ts";
import { extents } from "./cases.ts";
import { runCase } from "./run-case.ts";
import { type CaseSummary, summarise } from "./summary.ts";

export interface BenchmarkResult {
  readonly summaries: readonly CaseSummary[];
  /** Cases whose data are not there. */
  readonly missing: readonly { readonly id: string; readonly because: string }[];
  /** Cases whose base optimiser diverged, or SAM at every ρ. */
  readonly lost: readonly string[];
}

/** Runs what is not in the journal yet. */
export async function benchmark(context: ExperimentContext): Promise<BenchmarkResult> {
  const summaries: CaseSummary[] = [];
  const missing: { id: string; because: string }[] = [];
  const lost: string[] = [];
  for (const one of extents[context.scale].cases) {
    const outcome = await context.piece(one.id, () => runCase(one, context));
    const summary = summarise(one, outcome);
    if (outcome.missing !== undefined) missing.push({ id: one.id, because: outcome.missing });
    else if (summary === undefined) lost.push(one.id);
    else summaries.push(summary);
  }
  return { summaries, missing, lost };
}

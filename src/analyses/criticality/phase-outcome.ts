/** @file What every phase diagram tells, however it was made: the outcome around its figure. */
import type { DataTable, Finding, Outcome, Verdict } from "../document.ts";
import { finiteOrNull, type HeatFigure } from "../figure.ts";
import { type Asked, reproduction } from "../reproduction.ts";

export interface PhaseOutcome {
  readonly subject: string;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly figure: HeatFigure;
  readonly notes: readonly string[];
  readonly tables?: readonly DataTable[];
  readonly json: Outcome["json"];
  /** `performance.now()` when work began. */
  readonly start: number;
}

export function phaseOutcome(asked: Asked, parts: PhaseOutcome): Outcome {
  const { subject, verdict, findings, figure, notes, tables, json, start } = parts;
  return {
    json,
    document: {
      title: "Phase diagram",
      subject,
      facts: [],
      verdict,
      advice: [],
      sections: [
        {
          id: "phase",
          title: "Phase diagram",
          question: "Where do signals grow, and where do they die out?",
          source: "Poole et al. 2016, arXiv 1606.05340; Doshi, He and Gromov, arXiv 2111.12143",
          findings,
          figures: [figure],
          numbers: [],
          notes,
          ...(tables === undefined ? {} : { tables }),
        },
      ],
      notApplicable: [],
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

/** What is not finite becomes null. */
export function finiteGrid(grid: readonly (readonly number[])[]): (number | null)[][] {
  return grid.map((row) => row.map(finiteOrNull));
}

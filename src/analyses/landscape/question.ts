/**
 * @file The question `fathom landscape` asks: how flat is the loss around trained weights, and what lies between several of them
 * (training.md §1.4)?
 */
import { describeNet } from "../describe.ts";
import type { Outcome, ReportDocument, ReportSection } from "../document.ts";
import { reproduction } from "../reproduction.ts";
import { count } from "../words.ts";
import { figuresOf } from "./figures.ts";
import { findingsOf, notes, tablesOf, verdictOf } from "./findings.ts";
import { landscapeJson } from "./json.ts";
import { measureLandscape } from "./measure.ts";
import type { Landscape } from "./measured.ts";
import { type LandscapeQuestion, type LandscapeSubject, type Setting, settingOf } from "./setting.ts";

/**
 * Looks at the loss around solutions of one network, and between them.
 * @returns `lambdaMax`, `lambdaMin`, `trace{value,se}`, `sharpness{plain,adaptive}` and `barrier?` of the first solution, and
 * `solutions[]`, `lines[]`, `plane?` with all that was measured.
 * @throws FathomError bad-input for weights that are not of one network, for radii and rows that cannot be used, for a loss that is
 * not finite at a solution; cancelled.
 * @example await landscape({ subject: { model, solutions: [{ name: "sgd", parameters }] }, dataset, seed: 0, command: "" })
 */
export async function landscape(asked: LandscapeQuestion): Promise<Outcome> {
  const start = performance.now();
  const setting = settingOf(asked);
  const found = await measureLandscape(asked.subject, setting, asked.folder);
  return {
    json: landscapeJson(found, setting),
    document: documentOf(found, { asked, setting, seconds: (performance.now() - start) / 1000 }),
  };
}

interface Told {
  readonly asked: LandscapeQuestion;
  readonly setting: Setting;
  readonly seconds: number;
}

function documentOf(found: Landscape, { asked, setting, seconds }: Told): ReportDocument {
  const { rows, dataset, loss } = setting;
  return {
    title: "Loss surface",
    subject: subjectOf(asked.subject),
    facts: [
      ["solutions", found.solutions.map(({ name }) => name).join(", ")],
      [
        "loss",
        `${loss === "mse" ? "squared error" : "cross entropy"} of ${count(rows.rows.length)} ${rows.split === "train" ? "training" : "test"} rows of ${dataset.name}`,
      ],
    ],
    verdict: verdictOf(found),
    advice: [],
    sections: [sectionOf(found)],
    notApplicable: [],
    reproduction: reproduction(asked, seconds),
  };
}

function subjectOf(subject: LandscapeSubject): string {
  return "model" in subject ? describeNet(subject.model.net) : subject.foreign.path.split(/[\\/]/).at(-1)!;
}

function sectionOf(found: Landscape): ReportSection {
  return {
    id: "landscape",
    title: "Loss surface",
    question: "How flat is the loss around these weights, and what lies between them?",
    findings: findingsOf(found),
    figures: figuresOf(found),
    numbers: [],
    tables: tablesOf(found),
    notes,
    source:
      "Li et al. 2018, arXiv 1712.09913 (slices); Ghorbani et al. 2019, arXiv 1901.10159 (spectral density); Foret et al. 2021, arXiv 2010.01412, and Kwon et al. 2021, arXiv 2102.11600 (sharpness); Kaddour et al. 2022, arXiv 2202.00661 (flat minima)",
  };
}

/** @file What tuning given weights found as JSON and as a report: factors by weight, J by block before and after. */
import type { ForeignMeasurement, GivenTuning } from "../../probes/index.ts";
import { sectionOf } from "../analysis.ts";
import type { Advice, DataTable, Outcome } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { type Asked, reproduction } from "../reproduction.ts";
import { factorsOf } from "./factors.ts";
import {
  logProfiles,
  type Profiles,
  passing,
  profileFigure,
  profileJson,
  spread,
  stretchFindings,
  tuningVerdict,
} from "./profile.ts";
import { tuneRecord } from "./record.ts";

export interface ForeignFound {
  readonly asked: Asked;
  readonly subject: { readonly text: string; readonly facts: readonly (readonly [string, string])[] };
  readonly tuned: GivenTuning;
  readonly profiles: Profiles & { readonly before: ForeignMeasurement; readonly after: ForeignMeasurement };
  readonly seconds: number;
  readonly code?: string;
}

const caption =
  "ln J from the first tap to each block, with 95 % intervals. In the band J is within a factor 2 of 1; the inputs are not those that the weights were tuned on.";

export function foreignOutcome({ asked, subject, tuned, profiles, seconds, code }: ForeignFound): Outcome {
  const { before, after, hidden } = profiles;
  const verdict = tuningVerdict(profiles);
  return {
    json: {
      method: "sweep",
      gains: tuned.gains.map(({ layer, block, weight, bias }) => ({ layer, block, weight, bias })),
      factors: factorsOf(tuned.gains),
      before: profileJson(before, settingsOf(before)),
      after: profileJson(after, settingsOf(after)),
      stretches: tuned.stretches.map((stretch) => ({ ...stretch, J: finiteOrNull(stretch.J) })),
      verdict: verdict.sentence,
      critical: verdict.tone === "good",
      ...(code === undefined ? {} : { code }),
    },
    document: {
      title: tuneRecord.title,
      subject: subject.text,
      facts: [["method", "sweep over the given weights"], ...subject.facts],
      verdict,
      advice: verdict.tone === "good" ? [adviceOf(profiles)] : [],
      sections: [
        sectionOf(tuneRecord, {
          findings: stretchFindings(tuned.stretches, hidden),
          numbers: [],
          figures: [profileFigure(profiles, caption)],
          tables: [gainsTable(tuned)],
          notes: [
            `Tuned on ${after.samples} inputs; J before and after is that of as many others, with ${after.probes} Rademacher probes each.`,
            "One draw of weights: other draws of the same law want other factors, by a little.",
          ],
          json: {},
        }),
      ],
      notApplicable: [],
      profiles: logProfiles(profiles),
      reproduction: reproduction(asked, seconds),
    },
  };
}

function settingsOf({ probes, samples }: ForeignMeasurement) {
  return { seeds: 1, probes, inputs: samples };
}

function adviceOf({ before, after, hidden }: Profiles): Advice {
  return {
    about: "initialisation",
    what: "Multiply the weights by the factors in the table before training; --emit pytorch prints the code.",
    why: passing,
    evidence: `Before, J(1, l) ${spread(before, hidden)}.`,
    expected: `Measured with the factors, J(1, l) ${spread(after, hidden)}.`,
  };
}

function gainsTable({ gains }: GivenTuning): DataTable {
  return {
    title: "Factors by weight",
    columns: ["weight", "block", "factor", "factor of its bias"],
    rows: gains.map(({ layer, block, weight, bias, biasName }) => [
      layer,
      block,
      weight,
      biasName === undefined ? null : bias,
    ]),
  };
}

/** @file What tuning found as JSON (cli.md) and as a report: gains by layer, J before and after, the network. */
import type { Model } from "../../net/index.ts";
import { printNet } from "../../net/index.ts";
import type { JacobianMeasurement } from "../../probes/index.ts";
import { sectionOf } from "../analysis.ts";
import { describeNet } from "../describe.ts";
import type { Advice, Outcome } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { hiddenTaps } from "../readout.ts";
import { reproduction } from "../reproduction.ts";
import { gainsTable } from "./gains-table.ts";
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
import type { Tuned, TuneQuestion } from "./question.ts";
import { tuneRecord } from "./record.ts";

export interface Found {
  readonly asked: TuneQuestion;
  readonly model: Model;
  readonly tuned: Tuned;
  readonly before: JacobianMeasurement;
  readonly after: JacobianMeasurement;
  readonly inputsText: string;
  readonly seconds: number;
  readonly code?: string;
}

export function tuneOutcome(found: Found): Outcome {
  const { asked, tuned, before, after, model, inputsText, seconds, code } = found;
  const profiles = { before, after, hidden: Math.max(2, hiddenTaps(model)) };
  const verdict = tuningVerdict(profiles);
  return {
    json: {
      method: asked.method,
      gains: tuned.gains.map((gain) => ({ ...gain })),
      before: profileJson(before, settingsOf(before)),
      after: profileJson(after, settingsOf(after)),
      stretches: tuned.stretches.map((stretch) => ({ ...stretch, J: finiteOrNull(stretch.J) })),
      verdict: verdict.sentence,
      critical: verdict.tone === "good",
      net: JSON.parse(printNet(tuned.net)) as unknown,
      ...(code === undefined ? {} : { code }),
    },
    document: {
      title: tuneRecord.title,
      subject: describeNet(asked.net),
      facts: [
        ["method", asked.method],
        ["inputs", inputsText],
      ],
      verdict,
      advice: verdict.tone === "good" ? [adviceOf(asked.method, profiles)] : [],
      sections: [
        sectionOf(tuneRecord, {
          findings: stretchFindings(tuned.stretches, hiddenTaps(model)),
          numbers: [],
          figures: [profileFigure(profiles)],
          tables: [gainsTable(tuned.gains)],
          notes: tuned.notes,
          json: {},
        }),
      ],
      notApplicable: [],
      profiles: logProfiles(profiles),
      reproduction: reproduction(asked, seconds),
    },
  };
}

function settingsOf({ seeds, probes, samples }: JacobianMeasurement) {
  return { seeds, probes, inputs: samples };
}

function adviceOf(method: string, { before, after, hidden }: Profiles): Advice {
  return {
    about: "initialisation",
    what: "Initialise every layer with its variances in the table; net.json holds them.",
    why: passing,
    evidence: `Before, J(1, l) ${spread(before, hidden)}.`,
    expected: `On networks that were not tuned on (${method}), J(1, l) ${spread(after, hidden)}.`,
  };
}

/**
 * @file The question `fathom choose` asks: which optimiser suits this network and data. SGD and Adam's kin, each alone, with
 * averages, with SAM and with both, race at equal gradient evaluations over learning rates of their own (training.md §1).
 */
import type { Dataset } from "../../data/index.ts";
import { buildModel, type Model, type Net, withInput } from "../../net/index.ts";
import { FathomError, Key, permutation } from "../../tensor/index.ts";
import { checkFit } from "../../train/index.ts";
import { describeNet } from "../describe.ts";
import type { Outcome, Progress } from "../document.ts";
import { openSurface } from "../flat/flatness.ts";
import { Journal, pieceKey } from "../journal.ts";
import { type Asked, reproduction } from "../reproduction.ts";
import { chanceError } from "../training/compare.ts";
import { holdOut } from "../training/measure.ts";
import { stopped } from "../widths/work.ts";
import { count, significant } from "../words.ts";
import { judge } from "./judge.ts";
import { type ChoicePlan, type OptimizerName, planChoice } from "./plan.ts";
import { type CandidateResult, type RaceWork, raceCandidate } from "./race.ts";
import { choiceJson, choiceSection } from "./section.ts";
import { choiceAdvice, choiceVerdict, nameOf } from "./words.ts";

export interface ChooseQuestion extends Asked {
  readonly net: Net;
  readonly dataset: Dataset;
  /** What all races together may take, predicted on two cores. */
  readonly seconds: number;
  /** `sgd` and `adamw` unless said. */
  readonly optimizers?: readonly OptimizerName[];
  /** Radii of SAM; 0.05, 0.1, 0.2 unless said; an empty list leaves SAM out. */
  readonly rhos?: readonly number[];
  /** Rows of a step; 64 unless said. */
  readonly batch?: number;
  /** Keeps finished candidates, so that a question that was stopped goes on where it stood. */
  readonly folder?: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

const usual = { optimizers: ["sgd", "adamw"], rhos: [0.05, 0.1, 0.2], batch: 64 } as const;
/** Rows held out, of the test, and around which loss the surroundings are taken, at most. */
const most = { heldOut: 5000, test: 10_000, around: 512 };
/** Radius of the sharpness where SAM is left out. */
const usualRadius = 0.1;

/**
 * Which optimiser suits a network on data.
 * @returns `methods[{name, error, ci, evaluations}]` by rising validation error, `recommend`, `reason`, `outcome`, `grid[]`.
 * @throws FathomError bad-shape when net and data do not fit, bad-input for options that cannot be used; cancelled when
 * `signal` stopped it: finished candidates stay in `folder`.
 * @example await choose({ net, dataset, seconds: 300, seed: 0, command: "fathom choose …" })
 */
export async function choose(asked: ChooseQuestion): Promise<Outcome> {
  const start = performance.now();
  const setting = settingOf(asked);
  const journal = await Journal.open(asked.folder);
  const results = await race(asked, setting, journal).catch((error) => {
    throw asked.signal?.aborted ? stopped() : error;
  });
  await journal.close();
  const choice = judge(results, chanceError(asked.dataset.train.labels.data));
  const { plan } = setting;
  return {
    json: choiceJson(choice, plan),
    document: {
      title: "Choice of optimiser",
      subject: describeNet(asked.net),
      facts: factsOf(asked, setting),
      verdict: choiceVerdict(choice),
      advice: choiceAdvice(choice, plan),
      sections: [choiceSection(choice, plan, results)],
      notApplicable: [],
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

interface Setting {
  readonly model: Model;
  readonly plan: ChoicePlan;
  readonly rows: RaceWork["rows"];
  readonly key: Key;
  readonly radius: number;
}

function settingOf(asked: ChooseQuestion): Setting {
  const { dataset, seconds, seed } = asked;
  const { optimizers = usual.optimizers, rhos = usual.rhos, batch = usual.batch } = asked;
  const model = buildModel(withInput(asked.net, { kind: dataset.kind, shape: dataset.inputShape }));
  checkFit(model, dataset);
  checkRhos(rhos);
  const { train, validation } = holdOut(dataset.train.labels.data.length, most.heldOut);
  const test = Int32Array.from({ length: Math.min(most.test, dataset.test.labels.data.length) }, (_, i) => i);
  return {
    model,
    plan: planChoice({ model, optimizers, rhos, rows: train.length, batch, seconds }),
    rows: { train, validation, test },
    key: Key.fromSeed(seed).split("choose"),
    radius: rhos[rhos.length >> 1] ?? usualRadius,
  };
}

function checkRhos(rhos: readonly number[]): void {
  const bad = rhos.findIndex((rho) => !(rho > 0 && Number.isFinite(rho)));
  if (bad < 0) return;
  throw new FathomError({
    code: "bad-input",
    where: `rhos[${bad}]`,
    message: `SAM's ρ cannot be ${rhos[bad]} here.`,
    hint: "Give finite numbers above 0, as 0.05,0.1,0.2; without SAM every optimiser takes part as well.",
  });
}

/** The candidates one after the other; each is a piece of the journal. */
async function race(asked: ChooseQuestion, setting: Setting, journal: Journal): Promise<CandidateResult[]> {
  const { model, plan, rows, key, radius } = setting;
  const { dataset, options = {}, signal, onProgress } = asked;
  const around = permutation(key.split("around"), rows.train.length).subarray(0, most.around);
  await using surface = openSurface({ model, dataset, rows: around, options });
  const results: CandidateResult[] = [];
  for (const [i, candidate] of plan.candidates.entries()) {
    if (signal?.aborted) throw stopped();
    const detail = nameOf({ ...candidate, method: candidate.rho === 0 ? "base" : "sam" });
    let taken = 0;
    const each = plan.evaluations * runsOfEach;
    const report = () =>
      onProgress?.({
        label: "optimisers",
        detail,
        done: Math.min((i + 1) * each, i * each + taken),
        total: plan.candidates.length * each,
      });
    report();
    const work: RaceWork = {
      model,
      dataset,
      plan,
      key,
      rows,
      surface,
      radius,
      noiseRows: around,
      options,
      signal,
      onEvaluations: (evaluations) => {
        taken += evaluations;
        report();
      },
    };
    const name = pieceKey({
      net: asked.net,
      data: dataset.name,
      source: dataset.source,
      plan,
      radius,
      candidate,
      key,
    });
    results.push(await journal.piece(name, () => raceCandidate(work, candidate)));
  }
  return results;
}

/** Whole runs that one candidate's race and averages come to, roughly: for progress. */
const runsOfEach = 15;

function factsOf({ dataset }: ChooseQuestion, { plan, rows }: Setting): [string, string][] {
  return [
    [
      "data",
      `${dataset.name}: ${count(rows.train.length)} rows to train on, ${count(rows.validation.length)} to choose by, ${count(rows.test.length)} of the test`,
    ],
    [
      "runs",
      `${count(plan.evaluations)} gradients of ${plan.batch} rows each, ${significant(plan.epochs, 2)} passes over the data without SAM`,
    ],
  ];
}

/** @file Evaluations of a run: validations on the way, all parts of the data at its end, and the choice by validation. */
import type { NdArray } from "../tensor/index.ts";
import { bestOf, type ValidationAt } from "./choice.ts";
import type { Evaluation } from "./evaluate.ts";
import type { Recipe } from "./recipe.ts";
import type { TrainingRun } from "./run.ts";
import type { AveragedModel, BestModel, Evaluations, TrainResult } from "./train-options.ts";

type Weights = Readonly<Record<string, NdArray>>;

/** Validates the last weights and every average that has taken some. */
export async function validate(
  run: TrainingRun,
  { validationRows, statistics = "batch" }: Recipe,
): Promise<ValidationAt> {
  const where = { split: "train", rows: validationRows! } as const;
  const last = await run.evaluate(where);
  const averaged: Record<string, Evaluation> = {};
  for (const average of startedAverages(run))
    averaged[average] = await run.evaluate({ ...where, average, statistics });
  return { step: run.step, ...last, ...(Object.keys(averaged).length === 0 ? {} : { averaged }) };
}

function startedAverages(run: TrainingRun): string[] {
  return run.averages.filter((average) => run.snapshots(average) > 0);
}

/** Everything that is said of a run that has ended. */
export async function conclude(
  run: TrainingRun,
  recipe: Recipe,
  passed: { readonly validations: readonly ValidationAt[]; readonly best: Weights | undefined },
): Promise<
  Evaluations & Pick<TrainResult, "averaged" | "best" | "stoppedEarly" | "divergence" | "validations">
> {
  const last = await evaluateAll(run, recipe, run.parameters);
  const averaged: Record<string, AveragedModel> = {};
  for (const name of startedAverages(run)) {
    const parameters = await run.averageModel(name, { statistics: recipe.statistics ?? "batch" });
    averaged[name] = {
      ...(await evaluateAll(run, recipe, parameters)),
      count: run.snapshots(name),
      parameters,
    };
  }
  const some = Object.keys(averaged).length === 0 ? {} : { averaged };
  const ending = last.validation && endingOf(run, last.validation, averaged);
  // Where early stopping ended the run, its last step was validated already.
  const validations = [...passed.validations.filter(({ step }) => step < run.step), ...(ending ?? [])];
  const { divergence } = run;
  return {
    ...last,
    ...some,
    ...(await choose(run, recipe, { ...passed, validations, averaged })),
    stoppedEarly: run.status === "done" && run.step < run.steps,
    ...(divergence === undefined ? {} : { divergence }),
    validations,
  };
}

/** The validations of the last step. */
function endingOf(
  run: TrainingRun,
  validation: Evaluation,
  models: Readonly<Record<string, AveragedModel>>,
): ValidationAt[] {
  const averaged = Object.entries(models).map(([name, model]) => [name, model.validation!] as const);
  return [
    {
      step: run.step,
      ...validation,
      ...(averaged.length === 0 ? {} : { averaged: Object.fromEntries(averaged) }),
    },
  ];
}

/** The best model: of the last step, and with early stopping of all validations. */
async function choose(
  run: TrainingRun,
  { earlyStopping }: Recipe,
  {
    validations,
    best: kept,
    averaged,
  }: {
    readonly validations: readonly ValidationAt[];
    readonly best: Weights | undefined;
    readonly averaged: Readonly<Record<string, AveragedModel>>;
  },
): Promise<{ readonly best?: BestModel }> {
  if (earlyStopping === undefined && Object.keys(averaged).length === 0) return {};
  const candidates = earlyStopping === undefined ? validations.slice(-1) : validations;
  const best = bestOf(candidates, earlyStopping);
  if (best === undefined) return {};
  const here = best.of === "last" ? run.parameters : averaged[best.of]?.parameters;
  const parameters = { ...(best.step === run.step ? here! : kept!) };
  return { best: { ...best, parameters, test: await run.evaluate({ split: "test", parameters }) } };
}

async function evaluateAll(
  run: TrainingRun,
  { rows, validationRows }: Recipe,
  parameters: Weights,
): Promise<Evaluations> {
  const train = await run.evaluate({ split: "train", parameters, ...(rows === undefined ? {} : { rows }) });
  const test = await run.evaluate({ split: "test", parameters });
  if (validationRows === undefined) return { train, test };
  return {
    train,
    validation: await run.evaluate({ split: "train", rows: validationRows, parameters }),
    test,
  };
}

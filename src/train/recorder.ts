/**
 * @file What a training leaves in its run folder and when. Metrics of a step are written before the checkpoint of that
 * step, so at whatever moment a run is killed, cutting the metrics back to the checkpoint leaves no gap and no double.
 */

import type { NdArray } from "../tensor/index.ts";
import { version } from "../version.ts";
import type { ValidationAt } from "./choice.ts";
import { configOf } from "./config.ts";
import { evaluationJson, evaluationOf } from "./evaluation-json.ts";
import { type EventFile, openEventFile } from "./event-file.ts";
import type { Recipe } from "./recipe.ts";
import type { TrainingRun } from "./run.ts";
import { type JsonObject, type MetricsLine, openRunFolder, type RunFolder } from "./run-folder.ts";
import type { Snapshot } from "./run-parts.ts";
import { SKIPPED } from "./step.ts";
import type { Evaluations, TrainOptions, TrainResult } from "./train-options.ts";

/** Milliseconds between two checkpoints when the caller does not give steps. */
const CHECKPOINT_MS = 10_000;

type Weights = Readonly<Record<string, NdArray>>;
type Conclusion = Pick<
  TrainResult,
  "train" | "validation" | "test" | "averaged" | "best" | "stoppedEarly" | "divergence"
>;

/** Writes the run folder of one training. */
export class Recorder {
  readonly #folder: RunFolder;
  readonly #recipe: Recipe;
  readonly #options: TrainOptions;
  readonly #events: EventFile | undefined;
  #logged: number;
  #lastCheckpoint = performance.now();

  private constructor(
    folder: RunFolder,
    recipe: Recipe,
    options: TrainOptions,
    events: EventFile | undefined,
  ) {
    this.#events = events;
    this.#folder = folder;
    this.#recipe = recipe;
    this.#options = options;
    const step = folder.checkpoint?.header.step ?? 0;
    this.#logged = step - (step % recipe.logEvery);
  }

  /** @throws FathomError as `openRunFolder`. */
  static async open(request: {
    readonly runFolder: string;
    readonly resume: boolean;
    readonly recipe: Recipe;
    readonly options: TrainOptions;
  }): Promise<Recorder> {
    const { runFolder, resume, recipe, options } = request;
    const folder = await openRunFolder(runFolder, { config: configOf(recipe, options), resume });
    const events = options.tensorboard === true ? await openEventFile(runFolder, folder.metrics) : undefined;
    return new Recorder(folder, recipe, options, events);
  }

  get path(): string {
    return this.#folder.path;
  }

  /** Where the run in the folder stands. */
  get resumed(): Snapshot | undefined {
    return this.#folder.checkpoint?.snapshot;
  }

  /** Validations made before the checkpoint. */
  get validations(): ValidationAt[] {
    return this.#folder.metrics.flatMap(({ step, validation, averaged }) => {
      if (validation === undefined) return [];
      const last = { step, ...evaluationOf(validation as JsonObject) };
      if (averaged === undefined) return [last];
      return [{ ...last, averaged: mapped(averaged as Readonly<Record<string, JsonObject>>, evaluationOf) }];
    });
  }

  /** The best weights of the validations before the checkpoint, where they are kept. */
  get best(): Weights | undefined {
    return this.#folder.checkpoint?.best;
  }

  /** Notes the steps taken since the last call, a validation made at this step, and a checkpoint when one is due. */
  async record(
    run: TrainingRun,
    {
      validation,
      best,
    }: { readonly validation?: ValidationAt | undefined; readonly best?: Weights | undefined },
  ): Promise<void> {
    const lines: MetricsLine[] = [...this.#lossLines(run)];
    if (validation !== undefined) lines.push(validationLine(validation));
    if (lines.length > 0) await this.#write(lines);
    if (this.#checkpointDue(run)) await this.checkpoint(run, best);
  }

  /** @param best The best weights by validation so far, where they are kept. */
  async checkpoint(run: TrainingRun, best: Weights | undefined): Promise<void> {
    const { batch } = this.#recipe;
    await this.#folder.saveCheckpoint({
      header: {
        version,
        step: run.step,
        status: run.status,
        epoch: run.epoch,
        stream: { key: this.#options.key.split("order"), counter: run.step * batch },
      },
      snapshot: run.snapshot(),
      ...(best === undefined ? {} : { best }),
    });
    this.#lastCheckpoint = performance.now();
  }

  /** The weights and the closing line. */
  async finish(run: TrainingRun, conclusion: Conclusion): Promise<void> {
    const metadata = { version, net: JSON.stringify(this.#options.model.net) };
    const { averaged = {}, best } = conclusion;
    await this.#folder.saveWeights(run.parameters, metadata);
    for (const [name, { parameters }] of Object.entries(averaged)) {
      await this.#folder.saveWeights(parameters, metadata, name);
    }
    if (best !== undefined && this.#recipe.earlyStopping !== undefined) {
      const from = { bestOf: best.of, bestStep: String(best.step) };
      await this.#folder.saveWeights(best.parameters, { ...metadata, ...from }, "best");
    }
    await this.#write([closingLine(run, conclusion)]);
  }

  async #write(lines: readonly MetricsLine[]): Promise<void> {
    await this.#folder.record(lines);
    await this.#events?.(lines);
  }

  /** One line for each stretch of `logEvery` steps that has been completed, and for the rest when the run has ended. */
  *#lossLines(run: TrainingRun): Generator<MetricsLine> {
    const { logEvery } = this.#recipe;
    const ended = run.status !== "running";
    while (run.step - this.#logged >= logEvery || (ended && run.step > this.#logged)) {
      const step = Math.min(run.step, this.#logged + logEvery);
      const losses = run.losses.subarray(this.#logged, step);
      const loss = losses.reduce((total, value) => total + value, 0) / losses.length;
      const rate = { learningRate: run.learningRateAt(step - 1) };
      const seen = mapped(run.series, (values, name) => summary(name, values.subarray(this.#logged, step)));
      yield {
        step,
        ...(Number.isFinite(loss) ? { loss } : { loss: null, status: "diverged" }),
        ...rate,
        ...seen,
      };
      this.#logged = step;
    }
  }

  #checkpointDue({ status, step }: TrainingRun): boolean {
    const { checkpointEvery } = this.#recipe;
    if (status !== "running") return true;
    if (checkpointEvery !== undefined) return step % checkpointEvery === 0;
    return performance.now() - this.#lastCheckpoint >= CHECKPOINT_MS;
  }
}

/** Of some steps: how many were left out, or the mean of what is finite; null where nothing is. */
function summary(name: string, values: Float64Array): number | null {
  const finite = values.filter(Number.isFinite);
  const total = finite.reduce((sum, value) => sum + value, 0);
  if (name === SKIPPED) return total;
  return finite.length === 0 ? null : total / finite.length;
}

function validationLine({ step, averaged, ...last }: ValidationAt): MetricsLine {
  const validation = evaluationJson(last);
  return averaged === undefined
    ? { step, validation }
    : { step, validation, averaged: mapped(averaged, evaluationJson) };
}

function evaluationsJson({ train, validation, test }: Evaluations): JsonObject {
  return {
    train: evaluationJson(train),
    ...(validation === undefined ? {} : { validation: evaluationJson(validation) }),
    test: evaluationJson(test),
  };
}

function closingLine(run: TrainingRun, conclusion: Conclusion): MetricsLine {
  const { averaged, best, stoppedEarly, divergence } = conclusion;
  return {
    step: run.step,
    status: run.status,
    ...evaluationsJson(conclusion),
    ...(averaged === undefined
      ? {}
      : { averaged: mapped(averaged, (model) => ({ ...evaluationsJson(model), count: model.count })) }),
    ...(best === undefined
      ? {}
      : {
          best: {
            of: best.of,
            step: best.step,
            validation: evaluationJson(best.validation),
            test: evaluationJson(best.test),
          },
        }),
    ...(stoppedEarly ? { stoppedEarly } : {}),
    ...(divergence === undefined ? {} : { divergence: { ...divergence } }),
  };
}

function mapped<A, B>(
  values: Readonly<Record<string, A>>,
  change: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
}

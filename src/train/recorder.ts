/**
 * @file What a training leaves in its run folder and when. Metrics of a step are written before the checkpoint of that
 * step, so at whatever moment a run is killed, cutting the metrics back to the checkpoint leaves no gap and no double.
 */
import { version } from "../version.ts";
import { configOf } from "./config.ts";
import type { Evaluation } from "./evaluate.ts";
import type { Recipe } from "./recipe.ts";
import type { Snapshot, TrainingRun } from "./run.ts";
import { type JsonObject, type MetricsLine, openRunFolder, type RunFolder } from "./run-folder.ts";
import type { TrainOptions, TrainResult } from "./train.ts";

/** Milliseconds between two checkpoints when the caller does not give steps. */
const CHECKPOINT_MS = 10_000;

/** A validation and the step it was made at. */
export interface ValidationAt extends Evaluation {
  readonly step: number;
}

type Evaluations = Pick<TrainResult, "train" | "validation" | "test">;

/** Writes the run folder of one training. */
export class Recorder {
  readonly #folder: RunFolder;
  readonly #recipe: Recipe;
  readonly #options: TrainOptions;
  #logged: number;
  #lastCheckpoint = performance.now();

  private constructor(folder: RunFolder, recipe: Recipe, options: TrainOptions) {
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
    return new Recorder(folder, recipe, options);
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
    return this.#folder.metrics.flatMap(({ step, validation }) =>
      validation === undefined ? [] : [{ step, ...fromJson(validation as JsonObject) }],
    );
  }

  /** Notes the steps taken since the last call, a validation made at this step, and a checkpoint when one is due. */
  async record(run: TrainingRun, validation: ValidationAt | undefined): Promise<void> {
    const lines: MetricsLine[] = [...this.#lossLines(run)];
    if (validation !== undefined) lines.push({ step: run.step, validation: toJson(validation) });
    if (lines.length > 0) await this.#folder.record(lines);
    if (this.#checkpointDue(run)) await this.checkpoint(run);
  }

  async checkpoint(run: TrainingRun): Promise<void> {
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
    });
    this.#lastCheckpoint = performance.now();
  }

  /** The weights and the closing line. */
  async finish(run: TrainingRun, { train, validation, test }: Evaluations): Promise<void> {
    await this.#folder.saveWeights(run.parameters, { version, net: JSON.stringify(this.#options.model.net) });
    const closing = {
      step: run.step,
      status: run.status,
      train: toJson(train),
      ...(validation === undefined ? {} : { validation: toJson(validation) }),
      test: toJson(test),
    };
    await this.#folder.record([closing]);
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
      yield { step, ...(Number.isFinite(loss) ? { loss } : { loss: null, status: "diverged" }), ...rate };
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

/** Never NaN or Infinity in JSON: null, with a status (conventions.md). */
function toJson({ loss, error, count, metrics }: Evaluation): JsonObject {
  const rest = { error: finite(error), count, metrics: mapped(metrics, finite) };
  if (Number.isFinite(loss)) return { loss, ...rest };
  return { loss: null, status: Number.isNaN(loss) ? "undefined" : "infinite", ...rest };
}

function fromJson({ loss, status, error, count, metrics = {} }: JsonObject): Evaluation {
  const value = loss ?? (status === "infinite" ? Number.POSITIVE_INFINITY : Number.NaN);
  const known = mapped(metrics as JsonObject, (metric) => Number(metric ?? Number.NaN));
  return { loss: Number(value), error: Number(error ?? Number.NaN), metrics: known, count: Number(count) };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function mapped<A, B>(values: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

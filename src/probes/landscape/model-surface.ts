/**
 * @file The loss surface of a network on a fixed set of examples: evaluation mode, dropout off, no weight decay. The statistics
 * of batch normalisation are computed anew at each place (training.md §1.3, §1.4). Derivatives go through them where the set is
 * their source and fits one batch; otherwise they are constants of the place.
 */
import { answersOf, type Dataset, type SplitName, taskOf } from "../../data/index.ts";
import { input } from "../../expr/index.ts";
import { applyModel, type Model, parameterInputs, trainableParameters } from "../../net/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import { FathomError, type FloatDType, filled, type NdArray } from "../../tensor/index.ts";
import {
  asModelInput,
  checkFit,
  type LossKind,
  losses,
  mistakes,
  parseLoss,
  Statistics,
} from "../../train/index.ts";
import { positiveCount } from "../checks.ts";
import { type SurfaceParts, surfaceOf } from "./compiled.ts";
import { batchesOfRows, checkedRows } from "./rows.ts";
import type { Point, Surface } from "./types.ts";

export interface ModelSurfaceOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  /** train unless said. */
  readonly split?: SplitName;
  /** All rows of the split unless said. */
  readonly rows?: ArrayLike<number>;
  /** The usual one of the data's task unless said. */
  readonly loss?: LossKind;
  /** Values of what training does not move; needed where parameters are frozen, further arrays are left out. */
  readonly weights?: Point;
  /**
   * Training rows of the statistics of batch normalisation: for the test split all of them unless said, for the training split
   * those of the surface.
   */
  readonly statisticsRows?: ArrayLike<number>;
  /** float32 unless said. */
  readonly dtype?: FloatDType;
  /** Examples of one call; 1024 unless said, all of them where they share batch statistics. */
  readonly batch?: number;
  /** Bytes that intermediate values may take while a Hessian is in use; 512 MB unless said. */
  readonly hold?: number;
  readonly options?: CompileOptions;
}

const usualBatch = 1024;
/** Examples that share statistics are one batch up to this many. */
const mostTogether = 4096;
const [DATA, ANSWERS] = ["data", "answers"] as const;

/**
 * The surface of a network's loss over its trained parameters.
 * @throws FathomError bad-shape when model and data do not fit; bad-input for rows that the split does not have, no rows, a
 * network with nothing to train, missing values of frozen parameters.
 * @example
 * await using surface = modelSurface({ model, dataset, rows: permutation(key, 60_000).subarray(0, 2000) });
 * const { largest } = await hessianEigenvalues(surface, weights);
 */
export function modelSurface(settings: ModelSurfaceOptions): Surface {
  const { model, dataset, split = "train", dtype = "float32", hold, options } = settings;
  checkFit(model, dataset);
  const answers = answersOf(dataset, split);
  const rows = checkedRows(settings.rows, answers.shape[0]!);
  const own = split === "train" && settings.statisticsRows === undefined;
  const usual = model.mixesBatch && own ? mostTogether : usualBatch;
  const batch = Math.min(rows.length, positiveCount("batch", settings.batch ?? usual));
  const together = model.mixesBatch && own && rows.length <= batch;
  const coordinates = trainableParameters(model).map(({ name, shape }) => ({
    name,
    shape,
    ...(shape.length > 1 ? { filterAxis: 0 } : {}),
  }));
  if (coordinates.length === 0) throw nothingTrained();
  const names = new Set(coordinates.map(({ name }) => name));
  const others = model.parameters.filter(({ name }) => !names.has(name));
  const fixed = fixedArrays(others, settings.weights, dtype);
  const renewed = model.mixesBatch && !together ? renewal(settings, { rows, batch, dtype, fixed }) : {};
  return surfaceOf({
    coordinates,
    graph: () => graphOf(settings, { batch, split, dtype, together }),
    batches: batchesOfRows({ [DATA]: dataset[split].inputs, [ANSWERS]: answers }, rows, batch),
    fixed,
    ...renewed,
    dtype,
    others: new Set(others.map(({ name }) => name)),
    assumptions: [
      `mean ${lossOf(settings)} of ${rows.length} fixed examples (${split}, ${dataset.name}), no weight decay`,
      statisticsAssumption(model, together),
      `${model.net.parameterisation ?? "standard"} parameterisation`,
    ],
    ...(hold === undefined ? {} : { hold }),
    ...(options ? { options } : {}),
  });
}

function lossOf({ loss, dataset }: ModelSurfaceOptions): LossKind {
  return parseLoss(loss, taskOf(dataset));
}

interface GraphShape {
  readonly batch: number;
  readonly split: SplitName;
  readonly dtype: FloatDType;
  /** Whether all examples are one batch and its statistics theirs. */
  readonly together: boolean;
}

function graphOf(settings: ModelSurfaceOptions, { batch, split, dtype, together }: GraphShape) {
  const { model, dataset } = settings;
  const weights = parameterInputs(model, dtype);
  const { inputs } = dataset[split];
  const answers = answersOf(dataset, split);
  const data = input(DATA, [batch, ...inputs.shape.slice(1)], inputs.dtype);
  const asked = input(ANSWERS, [batch, ...answers.shape.slice(1)], answers.dtype);
  const x = asModelInput(data, { model, dataset, dtype });
  const mode = together ? "training" : "inference";
  const { output } = applyModel(model, weights, x, { mode, noise: "off" });
  return {
    parameters: trainableParameters(model).map(({ name }) => weights[name]!),
    losses: losses[lossOf(settings)](output, asked),
    ...(taskOf(dataset) === "classes" ? { mistakes: mistakes(output, asked) } : {}),
  };
}

function statisticsAssumption({ mixesBatch }: Model, together: boolean): string {
  if (!mixesBatch) return "evaluation mode, dropout off";
  return together
    ? "evaluation mode with the batch statistics of these examples at each place, derivatives through them"
    : "evaluation mode with batch statistics of the training rows at each place, constants for derivatives";
}

interface RenewalSettings {
  readonly rows: Int32Array;
  readonly batch: number;
  readonly dtype: FloatDType;
  readonly fixed: Point;
}

/** Statistics by a pass over training rows, with the variance between its batches. */
function renewal(
  { model, dataset, split, statisticsRows, options }: ModelSurfaceOptions,
  { rows, batch, dtype, fixed }: RenewalSettings,
): Pick<SurfaceParts, "settle" | "dispose"> {
  const size = Math.max(2, Math.min(batch, statisticsRows?.length ?? batch));
  const pass = new Statistics({ model, dataset, batch: size, dtype, ...(options ? { options } : {}) });
  const over = statisticsRows ?? (split === "test" ? undefined : rows);
  const start = startOfBuffers(model, dtype);
  const buffers = Object.keys(start);
  return {
    settle: async (point) => {
      const weights = { ...start, ...fixed, ...point };
      const renewed = await pass.renew(weights, { kind: "exact", ...(over ? { rows: over } : {}) });
      return Object.fromEntries(buffers.map((name) => [name, renewed[name]!]));
    },
    dispose: () => pass[Symbol.asyncDispose](),
  };
}

/** Running statistics before any batch: what a layer of momentum 0, whose statistics never move, goes on with. */
function startOfBuffers({ parameters }: Model, dtype: FloatDType): Record<string, NdArray> {
  const buffers = parameters.filter(({ role }) => role === "buffer");
  return Object.fromEntries(buffers.map(({ name, shape, mean }) => [name, filled(dtype, shape, mean)]));
}

/** Frozen parameters as given; running statistics at their start, where nothing else feeds them. */
function fixedArrays(
  others: Model["parameters"],
  weights: Point = {},
  dtype: FloatDType,
): Record<string, NdArray> {
  return Object.fromEntries(
    others
      .filter(({ role, name }) => role === "parameter" || Object.hasOwn(weights, name))
      .map(({ name }) => {
        const array = weights[name];
        if (array === undefined) {
          throw new FathomError({
            code: "bad-input",
            where: `weights["${name}"]`,
            message: `The parameter ${name} is frozen, and its value is not given.`,
            hint: "Give the weights of a solution as `weights`.",
          });
        }
        const data =
          dtype === "float32"
            ? Float32Array.from(array.data as Float32Array)
            : Float64Array.from(array.data as Float64Array);
        return [name, { dtype, shape: array.shape, data }] as const;
      }),
  );
}

function nothingTrained(): FathomError {
  return new FathomError({
    code: "bad-input",
    where: "layers",
    message: "The network has no trainable parameters, so its loss is a single number.",
    hint: 'Add a layer with parameters, or take "trainable": false off one of them.',
  });
}

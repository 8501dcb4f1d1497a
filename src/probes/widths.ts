/**
 * @file The coordinate check (Yang et al. 2022, arXiv 2203.03466, §D.1): the size of preactivations, and of their change
 * since initialisation, over the first steps of training. Where the size of the change depends on the width, so does the
 * learning rate that suits.
 */
import { type Dataset, rowsAsFloat, rowsAsIds } from "../data/index.ts";
import { input, reduceMean, Scope, sqrt, square, sub, type Tensor, withScope } from "../expr/index.ts";
import { applyModel, type Model, parameterInputs, takesIds } from "../net/index.ts";
import { type CompileOptions, compile, type Executable } from "../runtime/index.ts";
import { FathomError, type Key, type NdArray } from "../tensor/index.ts";
import { createTrainer, eventLoopTurn, type OptimizerSpec, type Trainer } from "../train/index.ts";
import { checkInputs, positiveCount } from "./checks.ts";

export interface CoordinateOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly optimizer: OptimizerSpec;
  readonly learningRate: number;
  /** Factors on the learning rate by parameter. */
  readonly rates?: Readonly<Record<string, number>>;
  /** Rows of a step, and rows that preactivations are looked at on (the first of the training split). */
  readonly batch: number;
  /** Steps of training, 1 or more. */
  readonly steps: number;
  /** Networks: each has its own weights and order of rows. */
  readonly seeds: number;
  readonly key: Key;
  readonly options?: CompileOptions;
  readonly signal?: AbortSignal;
  /** After each step of each network. */
  readonly onStep?: () => void;
}

/** One tap of a network over the steps. */
export interface CoordinateLayer {
  /** `layers[3] (dense)`. */
  readonly name: string;
  /** l of h^l, from 1. */
  readonly index: number;
  /** Root mean square of the preactivations by seed and step, [seeds][steps + 1]; NaN after a divergence. */
  readonly rms: readonly (readonly number[])[];
  /** That of their difference from those at initialisation. */
  readonly change: readonly (readonly number[])[];
}

/**
 * Trains networks for a few steps and looks at every preactivation before the first and after each.
 * @throws FathomError bad-input for steps or seeds below 1; as `createTrainer`.
 * @example
 * const layers = await measureCoordinates({ model, dataset, optimizer: { kind: "adam" }, learningRate: 1e-3, batch: 64,
 *   steps: 5, seeds: 4, key: Key.fromSeed(0) });
 */
export async function measureCoordinates(options: CoordinateOptions): Promise<CoordinateLayer[]> {
  const { model, dataset, batch, optimizer, rates } = options;
  positiveCount("steps", options.steps);
  positiveCount("seeds", options.seeds);
  const compileOptions = options.options === undefined ? {} : { options: options.options };
  await using trainer = await createTrainer({
    model,
    dataset,
    optimizer,
    batch,
    ...(rates === undefined ? {} : { rates }),
    ...compileOptions,
  });
  const { names, executable } = await compileSizes(model, batch, options.options);
  try {
    const x = probeRows(model, dataset, batch);
    const runs: Sizes[][] = [];
    for (let seed = 0; seed < options.seeds; seed++) {
      runs.push(await sizesOfRun(trainer, executable, { ...options, x, key: options.key.split(seed) }));
    }
    return names.map((name, i) => ({
      name,
      index: i + 1,
      rms: runs.map((steps) => steps.map(({ rms }) => rms[i]!)),
      change: runs.map((steps) => steps.map(({ change }) => change[i]!)),
    }));
  } finally {
    await executable.dispose();
  }
}

/** Of all taps at one step. */
interface Sizes {
  readonly rms: readonly number[];
  readonly change: readonly number[];
}

const X = "x";
const initialName = (name: string) => `initial:${name}`;

/** The network at its present and at its initial weights, on the same rows. */
async function compileSizes(
  model: Model,
  batch: number,
  options: CompileOptions | undefined,
): Promise<{ names: readonly string[]; executable: Executable }> {
  const { inputs, outputs, names } = withScope(new Scope(), () => {
    const x = input(X, [batch, ...model.inputShape], takesIds(model) ? "int32" : "float32");
    const now = parameterInputs(model);
    const initial = Object.fromEntries(
      model.parameters.map(({ name, shape }) => [name, input(initialName(name), shape, "float32")]),
    );
    // As training sees the network, but for dropout, which would count as change.
    const run = { mode: model.mixesBatch ? "training" : "inference", noise: "off" } as const;
    const before = applyModel(model, initial, x, run).taps;
    const after = applyModel(model, now, x, run).taps;
    const pairs = after.map(({ tensor }, i) => [tensor, before[i]!.tensor] as const);
    return {
      inputs: [x, ...Object.values(now), ...Object.values(initial)],
      names: after.map(({ name }) => name),
      outputs: Object.fromEntries(
        pairs.flatMap(([h, h0], i) => [
          [`rms:${i}`, rootMeanSquare(h)],
          [`change:${i}`, rootMeanSquare(sub(h, h0))],
        ]),
      ),
    };
  });
  if (names.length === 0) throw nothingTapped();
  return { names, executable: await compile({ inputs, outputs, ...(options && { options }) }) };
}

function rootMeanSquare(h: Tensor): Tensor {
  return sqrt(reduceMean(square(h), { axes: [...h.shape.keys()] }));
}

function nothingTapped(): FathomError {
  return new FathomError({
    code: "bad-input",
    message:
      "The network has no dense, convolution or residual layer in its own list, so nothing is looked at.",
    where: "layers",
    hint: "Put the layers of interest into the network's own list.",
  });
}

function probeRows(model: Model, dataset: Dataset, batch: number): NdArray {
  const rows = Int32Array.from({ length: batch }, (_, i) => i);
  const values = takesIds(model) ? rowsAsIds(dataset, "train", rows) : rowsAsFloat(dataset, "train", rows);
  return checkInputs(model, { ...values, shape: [batch, ...model.inputShape] }, "float32");
}

async function sizesOfRun(
  trainer: Trainer,
  executable: Executable,
  options: CoordinateOptions & { readonly x: NdArray },
): Promise<Sizes[]> {
  const { key, learningRate, steps, x, signal, onStep } = options;
  const run = trainer.start({ key, learningRate, steps });
  const initial = Object.fromEntries(
    Object.entries(run.parameters).map(([name, array]) => [initialName(name), array]),
  );
  const look = async () => sizesFrom(await executable.run({ ...run.parameters, ...initial, [X]: x }));
  const sizes = [await look()];
  for (let step = 1; step <= steps; step++) {
    signal?.throwIfAborted();
    if (run.status === "running") await run.advance(1);
    sizes.push(run.status === "diverged" ? undefinedSizes(sizes[0]!) : await look());
    onStep?.();
    await eventLoopTurn();
  }
  return sizes;
}

function undefinedSizes({ rms }: Sizes): Sizes {
  const none = rms.map(() => Number.NaN);
  return { rms: none, change: none };
}

function sizesFrom(outputs: Readonly<Record<string, NdArray>>): Sizes {
  const all = (kind: string) => {
    const count = Object.keys(outputs).length / 2;
    return Array.from({ length: count }, (_, i) => Number(outputs[`${kind}:${i}`]!.data[0]));
  };
  return { rms: all("rms"), change: all("change") };
}

/**
 * @file Where a training broke: the first place on the way from the data to the update whose numbers are not finite. The
 * batch of the step is passed through the network by the interpreter, at the weights before the step.
 */
import type { Dataset } from "../data/index.ts";
import { evaluate, input, type Tensor } from "../expr/index.ts";
import { applyModel, type Model, noiseInputs, parameterInputs } from "../net/index.ts";
import type { FloatDType, NdArray } from "../tensor/index.ts";
import { pickRows } from "./rows.ts";
import { asModelInput, DATA } from "./step.ts";

/** Why a run ended before its last step. */
export interface Divergence {
  /** The step that went wrong, from 1: the steps taken. */
  readonly step: number;
  /**
   * What was first not finite: an input (`name` is a row, `train[17]`), the output of a layer (`layers[3] (dense)`), the loss, or a
   * parameter after the update (`4.weight`).
   */
  readonly what: "input" | "activation" | "loss" | "parameter";
  readonly name?: string;
}

/** The step, as it was fed. */
export interface BrokenStep {
  readonly step: number;
  /** Weights before it and after it, by name. */
  readonly before: Readonly<Record<string, NdArray>>;
  readonly after: Readonly<Record<string, NdArray>>;
  /** Rows of its batch, and its noise, `[batch, ...shape]`. */
  readonly rows: Int32Array;
  readonly noise: Readonly<Record<string, NdArray>>;
  readonly loss: number;
}

export interface DivergenceContext {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly dtype: FloatDType;
}

/** @example findDivergence(broken, { model, dataset, dtype: "float32" }) // { step: 12, what: "activation", name: "layers[3] (dense)" } */
export function findDivergence(broken: BrokenStep, context: DivergenceContext): Divergence {
  const { step, rows, loss, after } = broken;
  const { inputs } = context.dataset.train;
  const width = inputs.data.length / inputs.shape[0]!;
  const row = rows.find((at) => !allFinite(inputs.data.subarray(at * width, (at + 1) * width)));
  if (row !== undefined) return { step, what: "input", name: `train[${row}]` };
  const layer = firstLayer(broken, context);
  if (layer !== undefined) return { step, what: "activation", name: layer };
  if (!Number.isFinite(loss)) return { step, what: "loss" };
  const parameter = Object.keys(after).find((name) => !allFinite(after[name]!.data));
  return { step, what: "parameter", ...(parameter === undefined ? {} : { name: parameter }) };
}

/** The first layer whose output on the batch, in training mode, is not finite. */
function firstLayer(
  { before, rows, noise }: BrokenStep,
  { model, dataset, dtype }: DivergenceContext,
): string | undefined {
  const batch = rows.length;
  const data = pickRows(dataset.train.inputs, rows, batch);
  const raw = input(DATA, data.shape, data.dtype);
  const names: string[] = [];
  const outputs: Tensor[] = [];
  applyModel(model, parameterInputs(model, dtype), asModelInput(raw, { model, dataset, dtype }), {
    mode: "training",
    noise: noiseInputs(model, batch, dtype),
    observe: ({ name }, output) => {
      names.push(name);
      outputs.push(output);
    },
  });
  const values = evaluate(outputs, { ...before, ...noise, [DATA]: data });
  const at = values.findIndex(({ data }) => !allFinite(data));
  return at === -1 ? undefined : names[at];
}

function allFinite(values: NdArray["data"]): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(Number(values[i]))) return false;
  return true;
}

/** In words, for messages. @example divergenceText({ step: 3, what: "loss" }) // "the loss" */
export function divergenceText({ what, name }: Divergence): string {
  const texts = {
    input: `the input ${name}`,
    activation: `the output of ${name}`,
    loss: "the loss",
    parameter: name === undefined ? "a parameter" : `the parameter ${name}`,
  };
  return texts[what];
}

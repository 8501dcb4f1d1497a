/** @file Losses of all training outputs at once, by their gradients: what gradient flow in function space needs of a loss. */
import { type NdArray, ndarray } from "../../tensor/index.ts";
import { badInput, badShape, checkTargets } from "./checks.ts";
import type { Float64 } from "./dense.ts";

/** A loss L of the outputs f [N, C] of all training items. */
export interface FunctionSpaceLoss {
  /** Of the outputs, [N, C]; those of another shape are refused. */
  readonly shape: readonly number[];
  /** ∂L/∂f, written into `out`; both row-major [N, C]. */
  gradient(f: Float64Array, out: Float64Array): void;
  /** L(f). */
  value(f: Float64Array): number;
}

/**
 * ½‖f − Y‖²/(N C).
 * @param y [N, C].
 * @throws FathomError bad-shape unless it is a matrix, bad-input where it is not finite.
 * @example squaredLoss(classTargets(labels, 10))
 */
export function squaredLoss(y: Float64): FunctionSpaceLoss {
  checkTargets(y, y.shape[0] ?? 0);
  const size = y.data.length;
  return {
    shape: y.shape,
    gradient(f, out) {
      for (let i = 0; i < size; i++) out[i] = (f[i]! - y.data[i]!) / size;
    },
    value: (f) => f.reduce((sum, value, i) => sum + (value - y.data[i]!) ** 2, 0) / (2 * size),
  };
}

/**
 * Softmax cross-entropy, the mean over the items, in nats.
 * @param labels [N], in 0 … classes − 1.
 * @throws FathomError bad-shape unless labels are a list, bad-input for a label that is no class.
 * @example gradientDescent({ ntk, loss: crossEntropyLoss(labels, 10), learningRate: 1 })
 */
export function crossEntropyLoss(labels: NdArray<"int32">, classes: number): FunctionSpaceLoss {
  checkLabels(labels, classes);
  const n = labels.data.length;
  return {
    shape: [n, classes],
    gradient(f, out) {
      for (let i = 0; i < n; i++) {
        const offset = i * classes;
        const normaliser = logSumExp(f, offset, classes);
        for (let c = 0; c < classes; c++) out[offset + c] = Math.exp(f[offset + c]! - normaliser) / n;
        out[offset + labels.data[i]!]! -= 1 / n;
      }
    },
    value(f) {
      let sum = 0;
      labels.data.forEach((label, i) => {
        sum += logSumExp(f, i * classes, classes) - f[i * classes + label]!;
      });
      return sum / n;
    },
  };
}

/**
 * Targets of a regression on classes: +1 for the class of an item, −1 for the others (kernels.md §6.2).
 * @param labels [N], in 0 … classes − 1.
 * @returns [N, classes].
 * @throws FathomError bad-shape unless labels are a list, bad-input for a label that is no class.
 * @example classTargets(ndarray("int32", [2], [1, 0]), 2).data // [-1, 1, 1, -1]
 */
export function classTargets(labels: NdArray<"int32">, classes: number): Float64 {
  checkLabels(labels, classes);
  const data = new Float64Array(labels.data.length * classes).fill(-1);
  labels.data.forEach((label, i) => {
    data[i * classes + label] = 1;
  });
  return ndarray("float64", [labels.data.length, classes], data);
}

function checkLabels(labels: NdArray<"int32">, classes: number): void {
  if (labels.shape.length !== 1)
    throw badShape("labels", "Labels are a list of numbers, one an item.", "Give [N].");
  const at = labels.data.findIndex((label) => label < 0 || label >= classes);
  if (at < 0) return;
  throw badInput(
    `labels[${at}]`,
    `The label ${labels.data[at]} is no class.`,
    `Classes count from 0 to ${classes - 1}.`,
  );
}

function logSumExp(f: Float64Array, offset: number, count: number): number {
  let most = -Infinity;
  for (let c = 0; c < count; c++) most = Math.max(most, f[offset + c]!);
  let sum = 0;
  for (let c = 0; c < count; c++) sum += Math.exp(f[offset + c]! - most);
  return most + Math.log(sum);
}

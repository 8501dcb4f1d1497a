/**
 * @file Optimisers as records: which state they carry and how one step turns parameters, gradients and state into the
 * next ones (training.md §1.1, PyTorch's conventions). Updates are expressions, so they run inside the compiled loop.
 */
import { add, cast, div, expm1, mul, neg, sqrt, sub, type Tensor } from "../expr/index.ts";
import { type FloatDType, type NdArray, type Shape, zeros } from "../tensor/index.ts";

/** SGD: g += decay·w; v = momentum·v + g; w -= lr·v, v = 0 at the start. */
export interface SgdOptions {
  readonly kind: "sgd";
  readonly momentum: number;
  readonly weightDecay: number;
}

/** Adam: g += decay·w; m, s moving averages of g and g²; w -= lr·m̂ / (√ŝ + epsilon). */
export interface AdamOptions {
  readonly kind: "adam";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export type OptimizerOptions = SgdOptions | AdamOptions;

/** The tensors of one step, by parameter name. */
export interface StepInputs {
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly gradients: Readonly<Record<string, Tensor>>;
  readonly state: Readonly<Record<string, Tensor>>;
  /** Scalar. */
  readonly learningRate: Tensor;
  /** Factors on the learning rate by parameter name; 1 where a name is left out. */
  readonly rates?: Readonly<Record<string, number>> | undefined;
}

/** The tensors after one step, under the same names. */
export interface StepOutputs {
  readonly parameters: Record<string, Tensor>;
  readonly state: Record<string, Tensor>;
}

/** One optimiser with its hyperparameters fixed. */
export interface Optimizer {
  readonly options: OptimizerOptions;
  /** Gradients of the loss that one step takes. */
  readonly gradientsPerStep: number;
  /** The state before the first step, by name. */
  initial(parameters: Readonly<Record<string, Shape>>, dtype: FloatDType): Record<string, NdArray>;
  /** The step as expressions. */
  update(inputs: StepInputs): StepOutputs;
}

/**
 * The optimiser of the given options.
 * @example optimizer({ kind: "sgd", momentum: 0.9, weightDecay: 0 })
 */
export function optimizer(options: OptimizerOptions): Optimizer {
  return options.kind === "sgd" ? sgd(options) : adam(options);
}

const velocity = (name: string) => `velocity:${name}`;
const firstMoment = (name: string) => `m:${name}`;
const secondMoment = (name: string) => `s:${name}`;
const STEP = "adam:step";

function sgd(options: SgdOptions): Optimizer {
  const { momentum, weightDecay } = options;
  return {
    options,
    gradientsPerStep: 1,
    initial: (parameters, dtype) => (momentum === 0 ? {} : zeroSlots(parameters, dtype, [velocity])),
    update({ parameters, gradients, state, learningRate, rates }) {
      const next: StepOutputs = { parameters: {}, state: {} };
      for (const [name, parameter] of Object.entries(parameters)) {
        let direction = decayed(gradients[name]!, parameter, weightDecay);
        if (momentum !== 0) {
          direction = add(mul(state[velocity(name)]!, momentum), direction);
          next.state[velocity(name)] = direction;
        }
        next.parameters[name] = sub(parameter, mul(direction, rateOf(name, learningRate, rates)));
      }
      return next;
    },
  };
}

function adam(options: AdamOptions): Optimizer {
  const { beta1, beta2, epsilon, weightDecay } = options;
  return {
    options,
    gradientsPerStep: 1,
    initial: (parameters, dtype) => ({
      ...zeroSlots(parameters, dtype, [firstMoment, secondMoment]),
      [STEP]: zeros("int64", []),
    }),
    update({ parameters, gradients, state, learningRate, rates }) {
      const step = add(state[STEP]!, 1);
      const next: StepOutputs = { parameters: {}, state: { [STEP]: step } };
      // lr·m̂ / (√ŝ + ε) = (lr·c/(1 - β1^t))·m / (√s + ε·c) with c = √(1 - β2^t): fewer passes over the weights.
      const correction = sqrt(biasCorrection(beta2, step, learningRate));
      const rate = div(mul(learningRate, correction), biasCorrection(beta1, step, learningRate));
      const floor = mul(correction, epsilon);
      for (const [name, parameter] of Object.entries(parameters)) {
        const gradient = decayed(gradients[name]!, parameter, weightDecay);
        const m = add(mul(state[firstMoment(name)]!, beta1), mul(gradient, 1 - beta1));
        const s = add(mul(state[secondMoment(name)]!, beta2), mul(mul(gradient, gradient), 1 - beta2));
        const direction = div(m, add(sqrt(s), floor));
        next.parameters[name] = sub(parameter, mul(direction, rateOf(name, rate, rates)));
        next.state[firstMoment(name)] = m;
        next.state[secondMoment(name)] = s;
      }
      return next;
    },
  };
}

/** 1 - beta^step as -expm1(step·ln beta), which keeps its relative accuracy in float32 where beta is near 1. */
function biasCorrection(beta: number, step: Tensor, like: Tensor): Tensor {
  const exponent = mul(cast(step, like.dtype), Math.log(beta));
  return neg(expm1(exponent));
}

/** The rate of one parameter; the common one itself where it has no factor, so that the graph stays what it was. */
function rateOf(name: string, rate: Tensor, rates: StepInputs["rates"]): Tensor {
  const factor = rates !== undefined && Object.hasOwn(rates, name) ? rates[name]! : 1;
  return factor === 1 ? rate : mul(rate, factor);
}

function decayed(gradient: Tensor, parameter: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
}

function zeroSlots(
  parameters: Readonly<Record<string, Shape>>,
  dtype: FloatDType,
  names: readonly ((parameter: string) => string)[],
): Record<string, NdArray> {
  const slots: Record<string, NdArray> = {};
  for (const [parameter, shape] of Object.entries(parameters)) {
    for (const name of names) slots[name(parameter)] = zeros(dtype, shape);
  }
  return slots;
}

/**
 * @file Optimisers as records: which state they carry and how one step turns parameters, gradients and state into the
 * next ones (training.md §1.1, PyTorch's conventions). Updates are expressions, so they run inside the compiled loop.
 */
import { add, cast, div, expm1, mul, neg, sqrt, sub, type Tensor } from "../expr/index.ts";
import { type FloatDType, type NdArray, type Shape, zeros } from "../tensor/index.ts";
import { type GroupSettings, settingsOf } from "./groups.ts";

/** SGD: g += decay·w; v = momentum·v + g; w -= lr·v, or lr·(g + momentum·v) with nesterov; v = 0 at the start. */
export interface SgdOptions {
  readonly kind: "sgd";
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

interface Moments {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** Adam: g += decay·w; m, s moving averages of g and g²; w -= lr·m̂ / (√ŝ + epsilon). */
export interface AdamOptions extends Moments {
  readonly kind: "adam";
}

/** AdamW: the decay leaves the moments alone, w is multiplied by 1 - lr·decay before Adam's move. */
export interface AdamWOptions extends Moments {
  readonly kind: "adamw";
}

export type OptimizerOptions = SgdOptions | AdamOptions | AdamWOptions;

/** The tensors of one step, by parameter name. */
export interface StepInputs {
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly gradients: Readonly<Record<string, Tensor>>;
  readonly state: Readonly<Record<string, Tensor>>;
  /** Scalar. */
  readonly learningRate: Tensor;
  /** What holds for single parameters: a factor on their rate, a weight decay of their own. */
  readonly settings?: Readonly<Record<string, GroupSettings>> | undefined;
}

/** The tensors after one step, under the same names. */
export interface StepOutputs {
  readonly parameters: Record<string, Tensor>;
  readonly state: Record<string, Tensor>;
}

/** One optimiser with its hyperparameters fixed. */
export interface Optimizer {
  readonly options: OptimizerOptions;
  /** The state before the first step, by name. */
  initial(parameters: Readonly<Record<string, Shape>>, dtype: FloatDType): Record<string, NdArray>;
  /** The step as expressions. */
  update(inputs: StepInputs): StepOutputs;
}

/**
 * The optimiser of the given options.
 * @example optimizer({ kind: "sgd", momentum: 0.9, nesterov: false, weightDecay: 0 })
 */
export function optimizer(options: OptimizerOptions): Optimizer {
  return options.kind === "sgd" ? sgd(options) : adam(options);
}

const velocity = (name: string) => `velocity:${name}`;
const firstMoment = (name: string) => `m:${name}`;
const secondMoment = (name: string) => `s:${name}`;
const STEP = "adam:step";

function sgd(options: SgdOptions): Optimizer {
  const { momentum, nesterov } = options;
  return {
    options,
    initial: (parameters, dtype) => (momentum === 0 ? {} : zeroSlots(parameters, dtype, [velocity])),
    update({ parameters, gradients, state, learningRate, settings }) {
      const next: StepOutputs = { parameters: {}, state: {} };
      for (const [name, parameter] of Object.entries(parameters)) {
        const { rate, weightDecay = options.weightDecay } = settingsOf(settings, name);
        const gradient = decayed(gradients[name]!, parameter, weightDecay);
        let direction = gradient;
        if (momentum !== 0) {
          const moving = add(mul(state[velocity(name)]!, momentum), gradient);
          next.state[velocity(name)] = moving;
          direction = nesterov ? add(gradient, mul(moving, momentum)) : moving;
        }
        next.parameters[name] = sub(parameter, mul(direction, scaled(learningRate, rate)));
      }
      return next;
    },
  };
}

function adam(options: AdamOptions | AdamWOptions): Optimizer {
  const { kind, beta1, beta2, epsilon } = options;
  return {
    options,
    initial: (parameters, dtype) => ({
      ...zeroSlots(parameters, dtype, [firstMoment, secondMoment]),
      [STEP]: zeros("int64", []),
    }),
    update({ parameters, gradients, state, learningRate, settings }) {
      const step = add(state[STEP]!, 1);
      const next: StepOutputs = { parameters: {}, state: { [STEP]: step } };
      // lr·m̂ / (√ŝ + ε) = (lr·c/(1 - β1^t))·m / (√s + ε·c) with c = √(1 - β2^t): fewer passes over the weights.
      const correction = sqrt(biasCorrection(beta2, step, learningRate));
      const common = div(mul(learningRate, correction), biasCorrection(beta1, step, learningRate));
      const floor = mul(correction, epsilon);
      for (const [name, parameter] of Object.entries(parameters)) {
        const { rate, weightDecay = options.weightDecay } = settingsOf(settings, name);
        const coupled = kind === "adam" ? weightDecay : 0;
        const gradient = decayed(gradients[name]!, parameter, coupled);
        const m = add(mul(state[firstMoment(name)]!, beta1), mul(gradient, 1 - beta1));
        const s = add(mul(state[secondMoment(name)]!, beta2), mul(mul(gradient, gradient), 1 - beta2));
        const direction = div(m, add(sqrt(s), floor));
        const start =
          coupled === weightDecay ? parameter : shrunk(parameter, learningRate, rate, weightDecay);
        next.parameters[name] = sub(start, mul(direction, scaled(common, rate)));
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
function scaled(rate: Tensor, factor: number): Tensor {
  return factor === 1 ? rate : mul(rate, factor);
}

function decayed(gradient: Tensor, parameter: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
}

/** w·(1 - lr·decay): the decoupled decay of AdamW. */
function shrunk(parameter: Tensor, learningRate: Tensor, rate: number, weightDecay: number): Tensor {
  return mul(parameter, sub(1, mul(learningRate, rate * weightDecay)));
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

/**
 * @file Taylor expansions of a network in its weights, f(θ0, x) + Σ_i (1/i!) dⁱf(θ0, x)[(θ − θ0)^i], by nested forward
 * derivatives (kernels.md §10). Degree 1 is the linearised network, whose training the empirical tangent kernel describes.
 */
import { add, input, jvp, mul, Scope, type Tensor, withScope } from "../../expr/index.ts";
import { FathomError, type NdArray, reshaped } from "../../tensor/index.ts";
import { type BlockOptions, type BlockProgram, batched, compileBlock } from "./blocks.ts";
import {
  type FiniteNetwork,
  finiteNetwork,
  itemsOf,
  type NetworkOptions,
  type Weights,
  weightsOf,
} from "./network.ts";
import { overItems } from "./outputs-of.ts";
import type { WorkOptions } from "./work.ts";

/** The network and its weights θ0, and the memory of a block of items. */
export interface LinearizeOptions extends NetworkOptions, BlockOptions {}

/** A network to expand, and how far. */
export interface TaylorOptions extends LinearizeOptions {
  /** Highest derivative: 0 to 8. */
  readonly degree: number;
}

/** A network expanded about its weights θ0. Dispose of it when done. */
export interface TaylorModel {
  readonly degree: number;
  /**
   * Its outputs `[N, ...outputShape]` in float64 at other weights θ; frozen ones stay as in θ0.
   * @throws FathomError bad-shape and bad-input for weights and items that do not fit.
   */
  predict(parameters: Weights, x: NdArray, work?: WorkOptions): Promise<NdArray<"float64">>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The Taylor polynomial of an expression in some of its nodes, along given directions: a network that can itself be trained,
 * where directions are inputs.
 * @param at Where it is expanded; `directions` are θ − θ0 in the same order.
 * @param degree Highest derivative: a whole number from 0 on.
 * @throws FathomError unsupported where an operation has no forward derivative.
 * @example taylorExpression(output, [w], [sub(v, stopGradient(w))], 1)
 */
export function taylorExpression(
  output: Tensor,
  at: readonly Tensor[],
  directions: readonly Tensor[],
  degree: number,
): Tensor {
  let sum = output;
  let derivative: Tensor | undefined = output;
  let factorial = 1;
  for (let i = 1; i <= degree; i++) {
    factorial *= i;
    [derivative] = jvp([derivative], at, directions);
    if (derivative === undefined) return sum;
    sum = add(sum, mul(derivative, 1 / factorial));
  }
  return sum;
}

/**
 * The network linearised in its weights: x ↦ f(θ0, x) + J(x)(θ − θ0).
 * @throws FathomError bad-shape and bad-input for weights that do not fit.
 * @example
 * await using linear = await linearize({ model, parameters });
 * const outputs = await linear.predict(trained, x); // [N, 10]
 */
export function linearize(settings: LinearizeOptions): Promise<TaylorModel> {
  return taylorExpand({ ...settings, degree: 1 });
}

/**
 * The network expanded in its weights up to a degree.
 * @throws FathomError bad-input for a degree that is no whole number from 0 to 8; as {@link linearize}.
 * @example await using quadratic = await taylorExpand({ model, parameters, degree: 2 });
 */
export async function taylorExpand(settings: TaylorOptions): Promise<TaylorModel> {
  const { degree } = settings;
  if (!Number.isInteger(degree) || degree < 0 || degree > 8) {
    throw new FathomError({
      code: "bad-input",
      message: `The degree of a Taylor expansion is ${degree}.`,
      where: "degree",
      hint: "Give a whole number from 0 to 8; every degree doubles the work.",
    });
  }
  const network = finiteNetwork(settings);
  const start = weightsOf(network, settings);
  let program: Compiled | undefined;
  return {
    degree,
    async predict(parameters, x, work) {
      const items = itemsOf(network, x, "x");
      const there = weightsOf(network, { model: settings.model, parameters });
      const count = items.shape[0]!;
      if (program === undefined || program.count < count) {
        await program?.executable.dispose();
        program = { count, ...(await compileTaylor(network, count, settings)) };
      }
      const feeds = { ...start, ...differences(network, start, there) };
      const result = await overItems(program, { items, outputs: network.outputs, feeds }, work);
      return reshaped(result, [count, ...network.outputShape]);
    },
    [Symbol.asyncDispose]: async () => program?.executable.dispose(),
  };
}

interface Compiled extends BlockProgram {
  /** Items that it was compiled for. */
  readonly count: number;
}

const directionName = (weight: string) => `change of ${weight}`;

function compileTaylor(
  network: FiniteNetwork,
  count: number,
  settings: TaylorOptions,
): Promise<BlockProgram> {
  const build = (size: number) =>
    withScope(new Scope(), () => {
      const { x, output } = batched(network, size);
      const weights = network.trained.map((name) => network.parameters[name]!);
      const directions = weights.map(({ shape, dtype }, i) =>
        input(directionName(network.trained[i]!), shape, dtype),
      );
      const expanded = taylorExpression(output, weights, directions, settings.degree);
      return { inputs: [x, ...directions], outputs: { output: expanded } };
    });
  return compileBlock(network, Math.max(1, count), build, settings);
}

/** θ − θ0 of the trained weights, as feeds. */
function differences(network: FiniteNetwork, start: Weights, there: Weights): Weights {
  const entries = network.trained.map((name) => {
    const [from, to] = [start[name]!, there[name]!];
    const data = (to.data as Float64Array).map((value, i) => value - Number(from.data[i]));
    return [directionName(name), { ...to, data } as NdArray] as const;
  });
  return Object.fromEntries(entries);
}

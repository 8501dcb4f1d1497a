/**
 * @file A finite network with its weights, as the tools of this folder see it: the outputs of one example as an expression,
 * whether it comes from the network language or from an imported graph. Everything else (batches, Jacobians, directions)
 * is made of it by vmap, vjp and jvp.
 */
import { input, inputName, reshape, substitute, type Tensor } from "../../expr/index.ts";
import { applyModel, type Model, parameterInputs, takesIds, trainableParameters } from "../../net/index.ts";
import {
  type DType,
  FathomError,
  type FloatDType,
  type NdArray,
  ndarray,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from "../../tensor/index.ts";

/** Weights by name. */
export type Weights = Readonly<Record<string, NdArray>>;

/**
 * A graph of others as something to differentiate, for a batch of one example; `foreignModel` makes it of an imported ONNX
 * model whose batch is fixed to 1.
 */
export interface GraphModel {
  /** The data input `[1, ...]`. */
  readonly x: Tensor;
  /** `[1, ...]`, floats. */
  readonly output: Tensor;
  /** Inputs of the graph for all weights. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly values: Weights;
  /** The weights that training would change. */
  readonly trained: readonly string[];
}

/** A network of the language with its parameters, or an imported graph, which brings its own. */
export interface NetworkOptions {
  readonly model: Model | GraphModel;
  /** By name, as from `initialise` or a run folder; the values in its file for an imported graph unless said. */
  readonly parameters?: Weights | undefined;
  /** Precision of the network: that of the parameters unless said; imported graphs keep their own. */
  readonly dtype?: FloatDType;
}

/** A network for one example, ready to be differentiated. */
export interface FiniteNetwork {
  readonly dtype: FloatDType;
  readonly inputDtype: DType;
  /** Of one example. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** C: numbers that it gives for one example. */
  readonly outputs: number;
  /** Expression inputs for everything that is fed beside the data. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** Names of those that Jacobians are taken with respect to: neither frozen ones nor running statistics. */
  readonly trained: readonly string[];
  /** The network on one example: `x` `[1, ...inputShape]`, an input of that name; `output` `[C]`. */
  forward(name: string): { readonly x: Tensor; readonly output: Tensor };
}

function isModel(model: Model | GraphModel): model is Model {
  return "layers" in model;
}

/**
 * The network of the options.
 * @throws FathomError bad-shape for a graph whose batch is not 1.
 * @example finiteNetwork({ model, parameters: initialise(model, key, { dtype: "float64" }) }).outputs
 */
export function finiteNetwork(options: NetworkOptions): FiniteNetwork {
  return isModel(options.model)
    ? ofModel(options.model, options.dtype ?? floatOf(options.parameters ?? {}))
    : ofGraph(options.model);
}

/** float64 where all floats are. */
function floatOf(parameters: Weights): FloatDType {
  const all = Object.values(parameters);
  return all.length > 0 && all.every(({ dtype }) => dtype === "float64") ? "float64" : "float32";
}

function ofModel(model: Model, dtype: FloatDType): FiniteNetwork {
  const parameters = parameterInputs(model, dtype);
  const inputDtype = takesIds(model) ? "int32" : dtype;
  const outputs = sizeOf(model.outputShape);
  return {
    dtype,
    inputDtype,
    inputShape: model.inputShape,
    outputShape: model.outputShape,
    outputs,
    parameters,
    trained: trainableParameters(model).map(({ name }) => name),
    forward(name) {
      const x = input(name, [1, ...model.inputShape], inputDtype);
      return { x, output: reshape(applyModel(model, parameters, x).output, [outputs]) };
    },
  };
}

function ofGraph({ x, output, parameters, trained }: GraphModel): FiniteNetwork {
  if (x.shape[0] !== 1 || output.shape[0] !== 1) {
    const bad = x.shape[0] !== 1 ? x : output;
    throw new FathomError({
      code: "bad-shape",
      message: `The imported graph takes ${showShape(x.shape)} and gives ${showShape(output.shape)}; its Jacobians are taken one example at a time.`,
      where: bad === x ? inputName(x) : "output",
      hint: "Import it with its batch dimension fixed to 1, as { dims: { batch: 1 } }.",
    });
  }
  const outputs = sizeOf(output.shape);
  return {
    dtype: output.dtype as FloatDType,
    inputDtype: x.dtype,
    inputShape: x.shape.slice(1),
    outputShape: output.shape.slice(1),
    outputs,
    parameters,
    trained,
    forward(name) {
      const renamed = input(name, x.shape, x.dtype);
      const [moved] = substitute([output], new Map([[x, renamed]]));
      return { x: renamed, output: reshape(moved!, [outputs]) };
    },
  };
}

/**
 * The weights that a network is fed, in its precision.
 * @throws FathomError bad-input for a missing weight or one that is not finite, bad-shape for one of another shape.
 */
export function weightsOf(network: FiniteNetwork, { model, parameters }: NetworkOptions): Weights {
  const given = parameters ?? (isModel(model) ? {} : model.values);
  const entries = Object.entries(network.parameters).map(([name, { shape, dtype }]) => {
    const array = Object.hasOwn(given, name) ? given[name] : undefined;
    if (array === undefined || !sameShape(array.shape, shape)) throw badWeight(name, array, shape);
    const bad = (array.data as Float64Array).findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new FathomError({
        code: "bad-input",
        message: `The weight ${name} holds ${array.data[bad]} (entry ${bad}).`,
        where: name,
        hint: "Training diverged, or the file is damaged; take sound weights.",
      });
    }
    return [name, inDtype(array, dtype)] as const;
  });
  return Object.fromEntries(entries);
}

function badWeight(name: string, array: NdArray | undefined, shape: Shape): FathomError {
  const problem = array === undefined ? "is missing" : `has the shape ${showShape(array.shape)}`;
  return new FathomError({
    code: array === undefined ? "bad-input" : "bad-shape",
    message: `The weight ${name} ${problem}; the network asks for ${showShape(shape)}.`,
    where: name,
    hint: "Give the parameters that initialise(model, key) or a run of this network gives.",
  });
}

/** The same numbers in a dtype. */
export function inDtype(array: NdArray, dtype: DType): NdArray {
  return array.dtype === dtype ? array : ndarray(dtype, array.shape, array.data as Float64Array);
}

/**
 * Items `[N, ...inputShape]` in the dtype of the network's input; N may be 0.
 * @throws FathomError bad-shape for another shape, bad-input naming the item for numbers that are not finite.
 */
export function itemsOf(network: FiniteNetwork, items: NdArray, where: string): NdArray {
  const [count, ...shape] = items.shape;
  if (count === undefined || !sameShape(shape, network.inputShape)) {
    throw new FathomError({
      code: "bad-shape",
      message: `${where} has the shape ${showShape(items.shape)}, but the network takes [N, ${network.inputShape.join(", ")}].`,
      where,
      hint: "Give one row an example, in the network's input shape.",
    });
  }
  const size = sizeOf(shape);
  const bad = (items.data as Float64Array).findIndex((value) => !Number.isFinite(Number(value)));
  if (bad < 0) return inDtype(items, network.inputDtype);
  throw new FathomError({
    code: "bad-input",
    message: `Item ${Math.floor(bad / size)} of ${where} holds ${items.data[bad]} (entry ${bad % size}).`,
    where: `${where}[${Math.floor(bad / size)}]`,
    hint: "Take out or mend examples with numbers that are not finite.",
  });
}

/**
 * Items `from … from + size − 1` as feeds of a vectorised network, `[size, 1, ...]`; where the items end, the last one is
 * repeated.
 */
export function blockOf(items: NdArray, from: number, size: number): NdArray {
  const [count, ...shape] = items.shape as [number, ...number[]];
  const each = sizeOf(shape);
  const data = (items.data as Float64Array).slice(0, 0).constructor as new (length: number) => Float64Array;
  const block = new data(size * each);
  for (let i = 0; i < size; i++) {
    const item = Math.min(from + i, count - 1);
    block.set((items.data as Float64Array).subarray(item * each, (item + 1) * each), i * each);
  }
  return { dtype: items.dtype, shape: [size, 1, ...shape], data: block } as NdArray;
}

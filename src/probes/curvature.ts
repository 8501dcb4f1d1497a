/**
 * @file The sharpest direction of a network on a batch: largest eigenvalues of the empirical NTK, of the Gauss-Newton
 * matrix and of the Hessian of the mean loss, by Lanczos on products that are compiled once. Gradient descent with
 * momentum β is stable on a quadratic below 2(1 + β)/λ_max. Values depend on the net's parameterisation.
 *
 * NTK and Gauss-Newton live in output space, where vectors have B·C entries: with per-example output Hessians
 * H = F Fᵀ, the nonzero eigenvalues of (1/B) Σ Jᵀ H J are those of (1/B) Fᵀ (J Jᵀ) F.
 */
import {
  input,
  inputName,
  jvp,
  mul,
  neg,
  orZeros,
  reduceMean,
  reduceSum,
  Scope,
  sigmoid,
  softmax,
  sqrt,
  sub,
  type Tensor,
  vjp,
  withScope,
} from "../expr/index.ts";
import type { Model } from "../net/index.ts";
import { type CompileOptions, compile, type Executable } from "../runtime/index.ts";
import { FathomError, type FloatDType, Key, type NdArray, ndarray } from "../tensor/index.ts";
import { type LossKind, losses } from "../train/index.ts";
import { type TapChain, tapChain } from "./chain.ts";
import { checkInputs } from "./checks.ts";
import { hessianProducts } from "./hessian-graph.ts";
import { type ExtremeEigenvalues, extremeEigenvalues, type LanczosOptions } from "./lanczos.ts";

export interface CurvatureOptions {
  readonly model: Model;
  readonly loss: LossKind;
  /** `[B, ...inputShape]`. */
  readonly inputs: NdArray;
  /** `[B]`, classes below the number of outputs. */
  readonly labels: NdArray;
  readonly dtype?: FloatDType;
  readonly options?: CompileOptions;
}

/** Which matrix: `ntk` is J Jᵀ (B·C × B·C), without loss and without 1/B. */
export type CurvatureKind = "ntk" | "gaussNewton" | "hessian";

export interface CurvatureRunOptions extends Partial<Omit<LanczosOptions, "dimension">> {
  /** Only this layer trains, one of the probe's `groups`: the block of the matrix on its diagonal. All layers unless said. */
  readonly group?: string;
  /** Another batch of the same size; not of the Hessian, which needs its labels. */
  readonly inputs?: NdArray;
}

/** A compiled curvature probe: one architecture and batch size, any weights. Dispose of it when done. */
export interface CurvatureProbe {
  readonly kind: CurvatureKind;
  /** Paths of the layers whose parameters train, in the order of the network; a shared parameter is its owner's. */
  readonly groups: readonly string[];
  /** Largest eigenvalue at these weights. */
  measure(
    parameters: Readonly<Record<string, NdArray>>,
    options?: CurvatureRunOptions,
  ): Promise<ExtremeEigenvalues>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How much larger a step momentum allows on a quadratic: 2(1 + β)/λ. @example stableRate(10, 0.9) // 0.38 */
export function stableRate(lambdaMax: number, momentum = 0): number {
  return (2 * (1 + momentum)) / lambdaMax;
}

/**
 * Compiles products with one of the three matrices for a fixed batch. Derivatives are with respect to the parameters that
 * training changes: frozen ones and running statistics are constants, shared ones count once.
 * @throws FathomError bad-input or bad-shape for inputs and labels that do not fit, bad-input when nothing is trainable.
 * @example
 * await using probe = await compileCurvature("gaussNewton", { model, loss: "crossEntropy", inputs, labels });
 * const { largest } = await probe.measure(initialise(model, key));
 */
export async function compileCurvature(
  kind: CurvatureKind,
  settings: CurvatureOptions,
): Promise<CurvatureProbe> {
  const { model, dtype = "float32", loss, options } = settings;
  const inputs = checkInputs(model, settings.inputs, dtype);
  const batch = inputs.shape[0]!;
  const labels = checkLabels(settings.labels, batch, model.outputShape.at(-1)!);
  const chain = () => tapChain(model, batch, dtype);
  return compileChainCurvature(kind, { chain, loss, inputs, labels, ...(options ? { options } : {}) });
}

/** As {@link CurvatureOptions}, for a chain of taps: what is built in the scope of the probe. */
export interface ChainCurvatureOptions
  extends Pick<CurvatureOptions, "loss" | "inputs" | "labels" | "options"> {
  readonly chain: () => TapChain;
}

/**
 * The same for any chain, as that of an imported model; its output is `[B, C]`.
 * @throws FathomError as {@link compileCurvature}.
 */
export async function compileChainCurvature(
  kind: CurvatureKind,
  settings: ChainCurvatureOptions,
): Promise<CurvatureProbe> {
  const { loss, inputs } = settings;
  const { chain, product } = withScope(new Scope(), () => {
    const chain = settings.chain();
    if (chain.trained.length === 0) throw nothingTrained();
    const product = kind === "hessian" ? hessianProduct(chain, loss) : outputProduct(chain, kind, loss);
    return { chain, product };
  });
  const groups = groupsOf(chain);
  const labels = checkLabels(settings.labels, chain.samples, chain.output.shape.at(-1)!);
  const x = { [inputName(chain.x)]: inputs };
  const fixed: Record<string, NdArray> = product.labels ? { ...x, labels } : x;
  const executable = await compile({
    inputs: [
      chain.x,
      ...Object.values(chain.parameters),
      ...product.vectors,
      ...product.masks,
      ...(product.labels ? [product.labels] : []),
    ],
    outputs: Object.fromEntries(product.results.map((tensor, i) => [resultName(i), tensor])),
    ...(settings.options ? { options: settings.options } : {}),
  });
  return {
    kind,
    groups,
    measure: async (parameters, options = {}) => {
      const batch = options.inputs === undefined ? fixed : { ...fixed, [inputName(chain.x)]: options.inputs };
      const feeds = { ...parameters, ...batch, ...maskFeeds(groups, chain.dtype, options.group) };
      return run(executable, product, feeds, options);
    },
    [Symbol.asyncDispose]: async () => executable.dispose(),
  };
}

function nothingTrained(): FathomError {
  return new FathomError({
    code: "bad-input",
    where: "layers",
    message: "The network has no trainable parameters, so its loss has no curvature in them.",
    hint: 'Add a layer with parameters, or take "trainable": false off one of them.',
  });
}

/** v ↦ A v as a graph: the vector may come in pieces, and the result has the same pieces. */
interface Product {
  readonly vectors: readonly Tensor[];
  readonly results: readonly Tensor[];
  /** Scalars, one a group: 1 where its parameters move, 0 where they stand still. */
  readonly masks: readonly Tensor[];
  readonly labels?: Tensor;
}

const resultName = (i: number) => `product.${i}`;
const maskName = (group: string) => `moves.${group}`;

/** The layer of a parameter: `3.branch.0` of `3.branch.0.weight`. */
function groupOf(parameter: Tensor): string {
  return String(parameter.attrs["name"]).replace(/\.[^.]*$/, "");
}

function groupsOf({ trained }: TapChain): string[] {
  return [...new Set(trained.map(groupOf))];
}

/** The mask of every trained parameter's group, and each of them once. */
function masksOf(chain: TapChain) {
  const byGroup = new Map(groupsOf(chain).map((group) => [group, input(maskName(group), [], chain.dtype)]));
  return {
    masks: [...byGroup.values()],
    move: (vectors: readonly Tensor[]) =>
      vectors.map((vector, i) => mul(vector, byGroup.get(groupOf(chain.trained[i]!))!)),
  };
}

/** @throws FathomError bad-input for a group that is none. */
function maskFeeds(groups: readonly string[], dtype: FloatDType, only?: string): Record<string, NdArray> {
  if (only !== undefined && !groups.includes(only)) {
    throw new FathomError({
      code: "bad-input",
      where: "group",
      message: `${only} is no layer with trained parameters.`,
      hint: `Give one of ${groups.join(", ")}.`,
    });
  }
  const moves = (group: string) => (only === undefined || group === only ? 1 : 0);
  return Object.fromEntries(groups.map((group) => [maskName(group), ndarray(dtype, [], [moves(group)])]));
}

function outputProduct(chain: TapChain, kind: "ntk" | "gaussNewton", loss: LossKind): Product {
  const { output, samples } = chain;
  const parameters = chain.trained;
  const v = input("vector.0", output.shape, output.dtype);
  const factor = kind === "ntk" ? undefined : outputFactors[loss](output);
  const cotangent = factor ? factor.apply(v) : v;
  const { masks, move } = masksOf(chain);
  const gradients = move(vjp([output], parameters, [cotangent]).map((g, i) => orZeros(g, parameters[i]!)));
  const tangent = orZeros(jvp([output], parameters, gradients)[0], output);
  const result = factor ? mul(factor.transposed(tangent), 1 / samples) : tangent;
  return { vectors: [v], results: [result], masks };
}

interface OutputFactor {
  apply(v: Tensor): Tensor;
  transposed(v: Tensor): Tensor;
}

/**
 * F with F Fᵀ = the Hessian of one example's loss in its outputs. Cross entropy: diag(p) - p pᵀ = F Fᵀ with
 * F = diag(√p) - p √pᵀ (√p has norm 1). MSE (mean over C outputs): 2/C. Yes and no (mean over C outputs): σ(1 - σ)/C.
 */
const outputFactors: Readonly<Record<LossKind, (output: Tensor) => OutputFactor>> = {
  crossEntropy: (output) => {
    const p = softmax(output, { axis: 1 });
    const root = sqrt(p);
    const along = (a: Tensor, b: Tensor) => reduceSum(mul(a, b), { axes: [1], keepDims: true });
    return {
      apply: (v) => sub(mul(root, v), mul(p, along(root, v))),
      transposed: (v) => sub(mul(root, v), mul(root, along(p, v))),
    };
  },
  mse: (output) => {
    const root = Math.sqrt(2 / output.shape[1]!);
    return { apply: (v) => mul(v, root), transposed: (v) => mul(v, root) };
  },
  bce: (output) => {
    const root = sqrt(mul(mul(sigmoid(output), sigmoid(neg(output))), 1 / output.shape[1]!));
    return { apply: (v) => mul(root, v), transposed: (v) => mul(root, v) };
  },
};

function hessianProduct(chain: TapChain, loss: LossKind): Product {
  const parameters = chain.trained;
  const labels = input("labels", [chain.samples], "int32");
  const mean = reduceMean(losses[loss](chain.output, labels));
  const vectors = parameters.map(({ shape, dtype }, i) => input(`vector.${i}`, shape, dtype));
  const { masks, move } = masksOf(chain);
  const products = hessianProducts(mean, parameters, move(vectors));
  return { vectors, results: move(products), masks, labels };
}

function run(
  executable: Executable,
  { vectors }: Product,
  fixed: Record<string, NdArray>,
  { key = Key.fromSeed(0), group: _, inputs: __, ...options }: CurvatureRunOptions,
): Promise<ExtremeEigenvalues> {
  const sizes = vectors.map(({ shape }) => shape.reduce((product, n) => product * n, 1));
  const dimension = sizes.reduce((sum, n) => sum + n, 0);
  const apply = async (v: Float64Array) => {
    const feeds: Record<string, NdArray> = { ...fixed };
    let offset = 0;
    vectors.forEach(({ shape, dtype }, i) => {
      feeds[`vector.${i}`] = ndarray(dtype, shape, v.subarray(offset, offset + sizes[i]!));
      offset += sizes[i]!;
    });
    return joined(await executable.run(feeds), dimension, vectors.length);
  };
  return extremeEigenvalues(apply, { dimension, key, ...options });
}

function joined(outputs: Record<string, NdArray>, dimension: number, pieces: number): Float64Array {
  const result = new Float64Array(dimension);
  let offset = 0;
  for (let i = 0; i < pieces; i++) {
    const { data } = outputs[resultName(i)]!;
    result.set(data as Float32Array, offset);
    offset += data.length;
  }
  return result;
}

function checkLabels(labels: NdArray, batch: number, classes: number): NdArray<"int32"> {
  const values = Array.from(labels.data as Int32Array, Number);
  const bad = values.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (values.length === batch && bad < 0) return ndarray("int32", [batch], values);
  throw new FathomError({
    code: values.length === batch ? "bad-input" : "bad-shape",
    where: bad < 0 ? "labels" : `labels[${bad}]`,
    message:
      values.length === batch
        ? `Label ${values[bad]} is not a class of a network with ${classes} outputs.`
        : `There are ${values.length} labels for ${batch} inputs.`,
    hint: "Give one class per input, counted from 0.",
  });
}

/**
 * @file A network as a chain of taps h^1 … h^L, and the partial Jacobians between them as graphs
 * (criticality.md §1, §6). Tangents and cotangents are brought back to unit mean square after every tap-to-tap
 * segment, and what was divided out is kept: J of a deep network leaves float32 long before it leaves our logarithms.
 */
import {
  constant,
  div,
  input,
  jvp,
  matmul,
  maximum,
  orZeros,
  reduceMean,
  reshape,
  sqrt,
  square,
  type Tensor,
  vjp,
} from "../expr/index.ts";
import { applyModel, type Model, parameterInputs, takesIds, trainableParameters } from "../net/index.ts";
import { FathomError, type FloatDType, filled, sizeOf } from "../tensor/index.ts";

/** The forward pass of a model on `samples` inputs, with named inputs for everything that is fed. */
export interface TapChain {
  readonly dtype: FloatDType;
  readonly samples: number;
  /**
   * Norms that tangents have: one an input, or one in all where the inputs of a batch act on each other's outputs (batch
   * statistics), as `(1/(N·S)) Σ |∂h_s/∂h_s'|²` over all pairs asks (criticality.md §4.8).
   */
  readonly norms: number;
  /** The batch, `[S, ...inputShape]`, fed as "x". */
  readonly x: Tensor;
  /** Every parameter is fed, so that one executable serves all seeds. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** Those of them that training changes by gradients. */
  readonly trained: readonly Tensor[];
  readonly output: Tensor;
  /** Preactivations h^1 … h^L, each `[S, ...]`; the readout is last. */
  readonly taps: readonly Tap[];
}

export interface Tap {
  /** Path of the layer in the net. */
  readonly name: string;
  /** l of h^l, from 1. */
  readonly index: number;
  readonly tensor: Tensor;
  /** Units per sample: the N_l that J is divided by. */
  readonly units: number;
  /** Whether tangents have one norm for all inputs. */
  readonly together: boolean;
}

/** A bundle of tangents of one tap, at unit mean square, and the mean square it had before. */
export interface Carried {
  /** The shape of the tap. */
  readonly direction: Tensor;
  /** `[norms, 1]`: |t|²/N of each sample before normalisation, or their mean where norms are taken together. */
  readonly meanSquare: Tensor;
}

/**
 * Builds the forward pass of a model: what training sees, but for dropout, where the inputs of a batch act on each other,
 * and inference otherwise, which is the same then.
 * @throws FathomError bad-input when the batch is empty or the model has no tap.
 * @example tapChain(buildModel(parseNetText("mlp:depth=3,width=8,out=2")), 4)
 */
export function tapChain(model: Model, samples: number, dtype: FloatDType = "float32"): TapChain {
  if (!Number.isInteger(samples) || samples < 1) {
    throw new FathomError({
      code: "bad-input",
      where: "inputs",
      message: `A network cannot be probed on ${samples} inputs.`,
      hint: "Give at least one input.",
    });
  }
  const x = input("x", [samples, ...model.inputShape], takesIds(model) ? "int32" : dtype);
  const parameters = parameterInputs(model, dtype);
  const together = model.mixesBatch;
  const mode = together ? "training" : "inference";
  const { output, taps } = applyModel(model, parameters, x, { mode, noise: "off" });
  if (taps.length === 0) {
    throw new FathomError({
      code: "bad-input",
      where: "layers",
      message:
        "The network has no dense or residual layer at its top level, so there is nothing to probe between.",
    });
  }
  const chain = taps.map(({ name, tensor }, i) => ({
    name,
    index: i + 1,
    tensor,
    units: sizeOf(tensor.shape.slice(1)),
    together,
  }));
  const trained = trainableParameters(model).map(({ name }) => parameters[name]!);
  return { dtype, samples, norms: together ? 1 : samples, x, parameters, trained, output, taps: chain };
}

/** Pushes tangents of tap `from` forward to tap `to`: t ↦ J t. */
export function push(from: Tap, to: Tap, tangent: Tensor): Carried {
  return normalise(orZeros(jvp([to.tensor], [from.tensor], [tangent])[0], to.tensor), to);
}

/** Pulls cotangents of tap `to` back to tap `from`: v ↦ Jᵀ v. */
export function pull(from: Tap, to: Tap, cotangent: Tensor): Carried {
  return normalise(orZeros(vjp([to.tensor], [from.tensor], [cotangent])[0], from.tensor), from);
}

/** A tangent that died (all zeros) stays zero and has mean square 0: no 0/0. */
export function normalise(vector: Tensor, { together }: Pick<Tap, "together">): Carried {
  const axes = together ? [...vector.shape.keys()] : unitAxes(vector);
  const meanSquare = meanOverUnits(square(vector), axes);
  // One operator less than asking whether it is 0: the root of the smallest number there is. A larger bound would leave the
  // direction short of unit size, and what it lacks would count again in the next stretch.
  const scale = maximum(sqrt(meanSquare), vector.dtype === "float64" ? 2.2e-162 : 3.7e-23);
  return {
    direction: div(vector, scale),
    meanSquare: asColumn(meanSquare),
  };
}

/** With the axes kept. Rows of a matrix are summed by a product with ones, which is four times as fast as a reduction. */
function meanOverUnits(squares: Tensor, axes: readonly number[]): Tensor {
  const { shape, dtype } = squares;
  if (shape.length !== 2 || axes.length !== 1) return reduceMean(squares, { axes, keepDims: true });
  const units = shape[1]!;
  return matmul(squares, constant(filled(dtype as FloatDType, [units, 1], 1 / units)));
}

/** `[S, 1]`: mean of h² over the units of each sample, the K that is measured at a tap. */
export function meanSquareOfUnits(tap: Tap): Tensor {
  return asColumn(reduceMean(square(tap.tensor), { axes: unitAxes(tap.tensor), keepDims: true }));
}

function asColumn(perSample: Tensor): Tensor {
  return reshape(perSample, [perSample.shape[0]!, 1]);
}

function unitAxes({ shape }: Tensor): number[] {
  return shape.slice(1).map((_, axis) => axis + 1);
}

/** @file Checks at the door of the probes: counts, inputs that fit the model. */
import { type Model, takesIds } from "../net/index.ts";
import {
  FathomError,
  type FloatDType,
  type NdArray,
  ndarray,
  sameShape,
  showShape,
} from "../tensor/index.ts";

/**
 * The value, when it is a count.
 * @throws FathomError bad-input unless it is an integer ≥ `least`.
 */
export function positiveCount(where: string, value: number, least = 1): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new FathomError({
    code: "bad-input",
    where,
    message: `${where} is ${value}; it must be a whole number, ${least} or more.`,
    hint: `Give at least ${least}.`,
  });
}

/**
 * Inputs `[S, ...inputShape]` in the working dtype; token ids as int32.
 * @throws FathomError bad-input for an empty batch or values that are not finite; bad-shape for inputs of another shape.
 */
export function checkInputs(model: Model, inputs: NdArray, float: FloatDType): NdArray {
  const dtype = takesIds(model) ? "int32" : float;
  const [samples = 0, ...shape] = inputs.shape;
  if (!sameShape(shape, model.inputShape)) {
    throw new FathomError({
      code: "bad-shape",
      where: "inputs",
      message: `Inputs of shape ${showShape(inputs.shape)} do not fit the network, which takes [S, ${model.inputShape.join(", ")}].`,
      hint: "Give one row per example, in the network's input shape.",
    });
  }
  if (samples === 0) {
    throw new FathomError({
      code: "bad-input",
      where: "inputs",
      message: "There are no inputs to probe the network on.",
      hint: "Give at least one example.",
    });
  }
  const values = inputs.dtype === dtype ? inputs : ndarray(dtype, inputs.shape, inputs.data as Float64Array);
  const bad = (values.data as Float64Array).findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new FathomError({
      code: "bad-input",
      where: "inputs",
      message: `Input ${Math.floor(bad / (values.data.length / samples))} holds ${values.data[bad]}.`,
      hint: "Remove or mend examples with values that are not finite.",
    });
  }
  return values;
}

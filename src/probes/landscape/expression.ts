/** @file Surfaces of plain functions: an expression of named arrays instead of a network with data. */
import { input, reshape, type Tensor } from "../../expr/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import { FathomError, type FloatDType, type Shape, showShape } from "../../tensor/index.ts";
import { surfaceOf } from "./compiled.ts";
import type { Surface } from "./types.ts";

export interface ExpressionSurfaceOptions {
  /** Shapes of the arrays by name. */
  readonly parameters: Readonly<Record<string, Shape>>;
  /** The loss, `[]`, as an expression of them. */
  readonly loss: (parameters: Readonly<Record<string, Tensor>>) => Tensor;
  /** float64 unless said. */
  readonly dtype?: FloatDType;
  readonly options?: CompileOptions;
}

/**
 * The surface of an expression.
 * @throws FathomError bad-input without parameters; bad-shape for a loss that is no scalar.
 * @example
 * await using bowl = expressionSurface({
 *   parameters: { w: [2] },
 *   loss: ({ w }) => mul(0.5, reduceSum(mul(square(w), constant(ndarray("float64", [2], [10, 1]))))),
 * });
 */
export function expressionSurface(settings: ExpressionSurfaceOptions): Surface {
  const { parameters, loss, dtype = "float64", options } = settings;
  const coordinates = Object.entries(parameters).map(([name, shape]) => ({
    name,
    shape,
    ...(shape.length > 1 ? { filterAxis: 0 } : {}),
  }));
  if (coordinates.length === 0) {
    throw new FathomError({
      code: "bad-input",
      where: "parameters",
      message: "A surface needs at least one parameter.",
      hint: "Name the arrays that the loss is a function of, with their shapes.",
    });
  }
  return surfaceOf({
    coordinates,
    graph: () => {
      const tensors = coordinates.map(({ name, shape }) => input(name, shape, dtype));
      const value = loss(Object.fromEntries(tensors.map((tensor, i) => [coordinates[i]!.name, tensor])));
      if (value.shape.length > 0) {
        throw new FathomError({
          code: "bad-shape",
          where: "loss",
          message: `The loss has the shape ${showShape(value.shape)}; a surface has one number at each place.`,
          hint: "Sum or average it.",
        });
      }
      return { parameters: tensors, losses: reshape(value, [1]) };
    },
    batches: [{ feeds: {}, rows: 1 }],
    dtype,
    assumptions: ["the loss is the given expression"],
    ...(options ? { options } : {}),
  });
}

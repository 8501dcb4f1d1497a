/** @file What an example of a primitive is, and how its inputs are made. The examples: `cases.ts`. */
import { input, type Tensor } from "../../src/expr/index.ts";
import {
  type FloatDType,
  Key,
  type NdArray,
  ndarray,
  normal,
  type Shape,
  sizeOf,
  uniform,
} from "../../src/tensor/index.ts";

/** How an operand is drawn. Floats take the dtype under test, the others have their own. */
export type Draw =
  | "normal"
  | "positive" // 0.5 … 2.5
  | "nonzero" // |x| ≥ 0.2, for kinks at 0
  | "wide" // −6 … 6, for tails
  | "bool"
  | "int32" // −5 … 5
  | { readonly below: number }; // int32 indices 0 … below − 1

export interface Operand {
  readonly shape: Shape;
  readonly draw: Draw;
}

export interface Case {
  readonly name: string;
  /** The primitive it is an example of; it occurs in the graph that `build` gives. */
  readonly primitive: string;
  readonly operands: readonly Operand[];
  readonly build: (...xs: Tensor[]) => Tensor;
  /** The result does not depend smoothly on its operands: no derivatives to check. */
  readonly rough?: boolean;
}

/** A float operand drawn from the normal distribution. */
export const n = (...shape: number[]): Operand => ({ shape, draw: "normal" });
/** An operand drawn otherwise. */
export const drawn = (draw: Draw, ...shape: number[]): Operand => ({ shape, draw });

/** An example of a primitive with derivatives. */
export function example(
  primitive: string,
  operands: readonly Operand[],
  build: (...xs: Tensor[]) => Tensor,
  note = "",
): Case {
  return { name: note ? `${primitive} ${note}` : primitive, primitive, operands, build };
}

/** An example of a primitive without derivatives, or with rough ones. */
export function rough(
  primitive: string,
  operands: readonly Operand[],
  build: (...xs: Tensor[]) => Tensor,
  note = "",
): Case {
  return { ...example(primitive, operands, build, note), rough: true };
}

/** The inputs x0, x1, … of a case, floats in the given dtype. */
export function inputsOfCase({ operands }: Case, dtype: FloatDType): Tensor[] {
  return operands.map(({ shape, draw }, i) => input(`x${i}`, shape, dtypeOf(draw, dtype)));
}

function dtypeOf(draw: Draw, dtype: FloatDType) {
  if (typeof draw === "object" || draw === "int32") return "int32";
  return draw === "bool" ? "bool" : dtype;
}

/** Values for the inputs of a case; `stream` names independent draws. */
export function feedsOfCase(example: Case, dtype: FloatDType, stream = "values"): Record<string, NdArray> {
  const key = Key.fromSeed(7).split(example.name).split(stream);
  return Object.fromEntries(
    example.operands.map((operand, i) => [`x${i}`, draw(operand, key.split(i), dtype)]),
  );
}

/** An array as an operand asks for. */
export function draw({ shape, draw }: Operand, key: Key, dtype: FloatDType): NdArray {
  const size = sizeOf(shape);
  const between = (low: number, high: number) => uniform(key, dtype, shape, { low, high });
  if (typeof draw === "object") {
    return ndarray(
      "int32",
      shape,
      uniform(key, "float64", [size], { high: draw.below }).data.map(Math.floor),
    );
  }
  switch (draw) {
    case "normal":
      return normal(key, dtype, shape);
    case "positive":
      return between(0.5, 2.5);
    case "wide":
      return between(-6, 6);
    case "nonzero":
      return ndarray(
        dtype,
        shape,
        Array.from(normal(key, "float64", [size]).data, (x) => x + 0.2 * Math.sign(x)),
      );
    case "bool":
      return ndarray("bool", shape, uniform(key, "float64", [size], { high: 2 }).data.map(Math.floor));
    case "int32":
      return ndarray(
        "int32",
        shape,
        uniform(key, "float64", [size], { low: -5, high: 6 }).data.map(Math.floor),
      );
  }
}

/** @file Changes of dtype, and the barrier that stops derivatives. */
import type { DType } from "../../tensor/index.ts";
import { numbersOf, store } from "../numeric.ts";
import { emitCast } from "../onnx.ts";
import type { Primitive } from "../primitive.ts";
import { isFloat } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { constant, constantValue, scalarConstant } from "./leaf.ts";
import { broadcastTo, peelBroadcast } from "./movement.ts";

export const castPrimitive: Primitive = {
  name: "cast",
  elementwise: true,
  shape: ([x], attrs) => ({ shape: x!.shape, dtype: attrs.dtype as DType }),
  evaluate: ([x], node) => {
    const convert = isFloat(node.dtype)
      ? (value: number) => value
      : node.dtype === "bool"
        ? (value: number) => Number(value !== 0)
        : Math.trunc;
    return store(node.dtype, node.shape, Float64Array.from(numbersOf(x!), convert));
  },
  vjp: (ct, node) => [isFloat(node.inputs[0]!.dtype) ? cast(ct, node.inputs[0]!.dtype) : undefined],
  jvp: ([t], node) => (isFloat(node.dtype) ? cast(t!, node.dtype) : undefined),
  batch: ([x], _, node) => cast(x!, node.dtype),
  onnx: (emit, node) => emitCast(emit, emit.value(node.inputs[0]!), node.dtype),
};

/**
 * The same values in another dtype: floats are cut towards zero to become integers; bool is "not zero".
 * Derivatives pass between floats only.
 * @example cast(pixels, "float32")
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const y = peelBroadcast(x);
  if (y !== x) return broadcastTo(cast(y, dtype), x.shape);
  const node = apply(castPrimitive, [x], { dtype });
  return scalarConstant(x) === undefined ? node : constant(castPrimitive.evaluate([constantValue(x)], node));
}

export const stopGradientPrimitive: Primitive = {
  name: "stopGradient",
  elementwise: true,
  shape: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  evaluate: ([x]) => x!,
  batch: ([x]) => stopGradient(x!),
  onnx: (emit, node) => emit.value(node.inputs[0]!),
};

/** x itself, held constant by all derivatives. @example sub(y, stopGradient(y)) */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientPrimitive, [x]);
}

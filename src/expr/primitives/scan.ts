/** @file Running sums along an axis. */
import { sizeOf } from "../../tensor/index.ts";
import { forEachLine, numbersOf, store } from "../numeric.ts";
import { emitScalar } from "../onnx.ts";
import type { Primitive } from "../primitive.ts";
import { normaliseAxis, requireNumeric } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";

export interface CumsumOptions {
  readonly axis: number;
  /** Sums from the end instead of from the start. */
  readonly reverse?: boolean;
  /** Leaves an element out of its own sum: the first sum is 0. */
  readonly exclusive?: boolean;
}

function optionsOf(node: Tensor): Required<CumsumOptions> {
  return node.attrs as unknown as Required<CumsumOptions>;
}

export const cumsumPrimitive: Primitive = {
  name: "cumsum",
  shape: ([x]) => {
    requireNumeric("cumsum", x!);
    return { shape: x!.shape, dtype: x!.dtype };
  },
  evaluate: ([x], node) => {
    const { axis, reverse, exclusive } = optionsOf(node);
    const source = numbersOf(x!);
    const out = new Float64Array(sizeOf(node.shape));
    forEachLine(node.shape, axis, (first, stride, length) => {
      let at = reverse ? first + (length - 1) * stride : first;
      let sum = 0;
      for (let i = 0; i < length; i++, at += reverse ? -stride : stride) {
        const before = sum;
        sum += source[at]!;
        out[at] = exclusive ? before : sum;
      }
    });
    return store(node.dtype, node.shape, out);
  },
  vjp: (ct, node) => [cumsum(ct, { ...optionsOf(node), reverse: !optionsOf(node).reverse })],
  jvp: ([t], node) => cumsum(t!, optionsOf(node)),
  batch: ([x], _, node) => cumsum(x!, { ...optionsOf(node), axis: optionsOf(node).axis + 1 }),
  onnx: (emit, node) => {
    const { axis, reverse, exclusive } = optionsOf(node);
    return emit.node("CumSum", [emit.value(node.inputs[0]!), emitScalar(emit, axis, "int64")], {
      reverse: { int: Number(reverse) },
      exclusive: { int: Number(exclusive) },
    });
  },
};

/**
 * Running sums: element i of a line is the sum of the elements up to i. Floats, int32 or int64.
 * @throws FathomError bad-shape for an axis out of range, bad-input for other dtypes.
 * @example cumsum(x, { axis: -1 }) // [1, 2, 3] → [1, 3, 6]
 */
export function cumsum(x: Tensor, { axis, reverse = false, exclusive = false }: CumsumOptions): Tensor {
  return apply(cumsumPrimitive, [x], {
    axis: normaliseAxis("cumsum", axis, x.shape.length),
    reverse,
    exclusive,
  });
}

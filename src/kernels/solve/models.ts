/** @file The two models of the native product: C − A·B and C − A·Bᵀ, for tiles of any size. */
import { encodeModel } from "../../runtime/index.ts";
import type { FloatDType } from "../../tensor/index.ts";
import type { ProductModels } from "./native-products.ts";

/** @example productModels("float64") */
export function productModels(dtype: FloatDType): ProductModels {
  return { plain: productModel(dtype, 0), transposed: productModel(dtype, 1) };
}

function productModel(dtype: FloatDType, transB: 0 | 1): Uint8Array {
  const value = (name: string) => ({ name, dtype, shape: [`${name} rows`, `${name} columns`] });
  return encodeModel({
    name: "tile product",
    nodes: [
      {
        op: "Gemm",
        domain: "",
        inputs: ["a", "b", "c"],
        outputs: ["y"],
        attributes: { transB: { int: transB }, alpha: { float: -1 }, beta: { float: 1 } },
        origin: "tile product",
      },
    ],
    initializers: [],
    inputs: [value("a"), value("b"), value("c")],
    outputs: [value("y")],
  });
}

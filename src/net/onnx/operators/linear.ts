/** @file Matrix products of ONNX: Gemm, MatMul. Einsum is in einsum.ts. */
import { add, matmul, mul, reshape, type Tensor } from "../../../expr/index.ts";
import type { OnnxNode } from "../node.ts";
import { einsum } from "./einsum.ts";
import type { OperatorTable } from "./operator.ts";

/** α A′ B′ + β C, all matrices; C broadcasts. */
function gemm(node: OnnxNode): Tensor {
  const product = matmul(node.tensor(0), node.tensor(1), {
    transposeA: node.int("transA", 0) !== 0,
    transposeB: node.int("transB", 0) !== 0,
  });
  const scaled = mul(product, node.float("alpha", 1));
  return node.has(2) ? add(scaled, mul(node.tensor(2), node.float("beta", 1))) : scaled;
}

/** numpy's matmul: a vector on the left is a row, on the right a column, and its axis goes away. */
function matrixProduct(node: OnnxNode): Tensor {
  const [a, b] = [node.tensor(0), node.tensor(1)];
  const rows = a.shape.length === 1 ? reshape(a, [1, ...a.shape]) : a;
  const columns = b.shape.length === 1 ? reshape(b, [...b.shape, 1]) : b;
  const product = matmul(rows, columns);
  const batch = product.shape.slice(0, -2);
  const kept = [
    ...(rows === a ? [product.shape.at(-2)!] : []),
    ...(columns === b ? [product.shape.at(-1)!] : []),
  ];
  return reshape(product, [...batch, ...kept]);
}

export const linearOperators: OperatorTable = {
  Gemm: gemm,
  MatMul: matrixProduct,
  Einsum: einsum,
};

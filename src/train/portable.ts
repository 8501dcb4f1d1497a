/** @file Sparse products, which Fathom computes on the host, as standard operators: for models that leave Fathom. */
import { apply, constant, gather, mul, scatterAdd, type Tensor, topologicalOrder } from "../expr/index.ts";
import { ndarray, type SparseMatrix } from "../tensor/index.ts";

/**
 * The same expression without sparse products: y = Σ over the entries (r, c, v) of v·x[c], added at r.
 * @example withoutSparse(output)
 */
export function withoutSparse(output: Tensor): Tensor {
  const rebuilt = new Map<Tensor, Tensor>();
  for (const node of topologicalOrder([output])) {
    const operands = node.inputs.map((operand) => rebuilt.get(operand) ?? operand);
    if (node.op.name === "spmm") {
      rebuilt.set(node, gatheredProduct(node.attrs["matrix"] as SparseMatrix, operands[0]!));
    } else if (operands.some((operand, i) => operand !== node.inputs[i])) {
      rebuilt.set(node, apply(node.op, operands, node.attrs));
    }
  }
  return rebuilt.get(output) ?? output;
}

/** A · x for A [R, C] in compressed rows and x [..., C, F]. */
function gatheredProduct({ shape, indptr, indices, values }: SparseMatrix, x: Tensor): Tensor {
  const count = indices.length;
  const rows = new Int32Array(count);
  for (let row = 0; row < shape[0]!; row++) rows.fill(row, indptr[row]!, indptr[row + 1]!);
  const axis = x.shape.length - 2;
  const entries = gather(x, constant(ndarray("int32", [count], indices)), { axis });
  const weights = constant(ndarray(x.dtype, [count, 1], Array.from(values)));
  return scatterAdd(constant(ndarray("int32", [count], rows)), mul(entries, weights), {
    axis,
    size: shape[0]!,
  });
}

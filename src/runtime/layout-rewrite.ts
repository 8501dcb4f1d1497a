/** @file Rebuilds a graph with some matrices stored turned around: [columns, rows] instead of [rows, columns]. */
import { apply, matmul, reshape, Scope, type Tensor, transpose, withScope } from "../expr/index.ts";
import { exchangesAxes, matrixOf, operandKind, productOf, reducesMatrix } from "./layout-clusters.ts";
import type { Product } from "./layout-costs.ts";

/** Rebuilds a graph with some clusters turned around. */
class Rewriter {
  readonly #turned: (tensor: Tensor) => boolean;
  readonly #plainForms = new Map<Tensor, Tensor>();
  readonly #turnedForms = new Map<Tensor, Tensor>();

  constructor(turned: (tensor: Tensor) => boolean) {
    this.#turned = turned;
  }

  /** The new tensor with the value and shape of an old one. */
  plain(tensor: Tensor): Tensor {
    let form = this.#plainForms.get(tensor);
    if (form === undefined) {
      const turned = this.#turnedForms.get(tensor);
      form = turned === undefined ? tensor : reshape(transpose(turned), tensor.shape);
      this.#plainForms.set(tensor, form);
    }
    return form;
  }

  /** [columns, rows]: the transposed matrix of an old tensor. */
  turned(tensor: Tensor): Tensor {
    let form = this.#turnedForms.get(tensor);
    if (form === undefined) {
      const { rows, columns } = matrixOf(tensor);
      form = transpose(reshape(this.plain(tensor), [rows, columns]));
      this.#turnedForms.set(tensor, form);
    }
    return form;
  }

  /** A factor of a product as a matrix: stored as it is best available, and whether it must be transposed. */
  #factor(tensor: Tensor, transposed: boolean): { matrix: Tensor; transposed: boolean } {
    if (this.#turned(tensor)) return { matrix: this.turned(tensor), transposed: !transposed };
    const { rows, columns } = matrixOf(tensor);
    return { matrix: reshape(this.plain(tensor), [rows, columns]), transposed };
  }

  #product(node: Tensor, { transposeA, transposeB }: Product): void {
    const a = this.#factor(node.inputs[0]!, transposeA);
    const b = this.#factor(node.inputs[1]!, transposeB);
    if (this.#turned(node)) {
      const flags = { transposeA: !b.transposed, transposeB: !a.transposed };
      this.#turnedForms.set(node, matmul(b.matrix, a.matrix, flags));
    } else if (node.inputs.some((operand) => this.#turned(operand))) {
      const flags = { transposeA: a.transposed, transposeB: b.transposed };
      this.#plainForms.set(node, reshape(matmul(a.matrix, b.matrix, flags), node.shape));
    } else this.#keep(node);
  }

  /** An elementwise operation (or a reshape that keeps the matrix) on turned operands. */
  #elementwise(node: Tensor): void {
    if (node.op.name === "reshape") {
      this.#turnedForms.set(node, this.turned(node.inputs[0]!));
      return;
    }
    const operands = node.inputs.map((operand) => {
      switch (operandKind(operand, node)) {
        case "full":
          return this.turned(operand);
        case "row":
          return reshape(this.plain(operand), [-1, 1]);
        case "column":
          return reshape(this.plain(operand), [1, -1]);
        default:
          return reshape(this.plain(operand), []);
      }
    });
    this.#turnedForms.set(node, apply(node.op, operands, node.attrs));
  }

  #reduction(node: Tensor): void {
    const operand = node.inputs[0]!;
    const last = operand.shape.length - 1;
    const axes = node.attrs["axes"] as readonly number[];
    const turnedAxes = [
      ...(axes.includes(last) ? [0] : []),
      ...(axes.some((axis) => axis < last) ? [1] : []),
    ];
    const reduced = apply(node.op, [this.turned(operand)], { axes: turnedAxes, keepDims: false });
    this.#plainForms.set(node, reshape(reduced, node.shape));
  }

  #keep(node: Tensor): void {
    const operands = node.inputs.map((operand) => this.plain(operand));
    const same = operands.every((operand, i) => operand === node.inputs[i]);
    this.#plainForms.set(node, same ? node : apply(node.op, operands, node.attrs));
  }

  visit(node: Tensor): void {
    const product = productOf(node);
    if (product !== undefined) this.#product(node, product);
    else if (this.#turned(node)) this.#elementwise(node);
    else if (reducesMatrix(node) && this.#turned(node.inputs[0]!)) this.#reduction(node);
    else if (exchangesAxes(node) && this.#turned(node.inputs[0]!)) {
      this.#plainForms.set(node, this.turned(node.inputs[0]!));
    } else this.#keep(node);
  }
}

/**
 * The same tensors, with the members of whole clusters computed turned around.
 * @param order All nodes to rebuild, operands first.
 * @param turned True for the members of the clusters to turn.
 */
export function rewriteTurned(
  order: readonly Tensor[],
  outputs: readonly Tensor[],
  turned: (tensor: Tensor) => boolean,
): Tensor[] {
  return withScope(new Scope(), () => {
    const rewriter = new Rewriter(turned);
    for (const node of order) if (node.inputs.length > 0) rewriter.visit(node);
    return outputs.map((output) => rewriter.plain(output));
  });
}

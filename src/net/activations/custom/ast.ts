/** @file The expressions of `custom` activations as trees: what parsing makes and everything else reads. */

export type BinaryOperator = "+" | "-" | "*" | "/" | "^";

/** A tree over one variable x. `call` names a function of functions.ts; its arguments are as many as that takes. */
export type Expression =
  | { readonly op: "number"; readonly value: number }
  | { readonly op: "x" }
  | { readonly op: "negate"; readonly of: Expression }
  | { readonly op: BinaryOperator; readonly left: Expression; readonly right: Expression }
  | { readonly op: "call"; readonly name: string; readonly args: readonly Expression[] };

export type Binary = Extract<Expression, { readonly left: Expression }>;

/** The trees directly below. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.op) {
    case "number":
    case "x":
      return [];
    case "negate":
      return [expression.of];
    case "call":
      return expression.args;
    default:
      return [expression.left, expression.right];
  }
}

/** Whether x occurs. */
export function dependsOnX(expression: Expression): boolean {
  return expression.op === "x" || childrenOf(expression).some(dependsOnX);
}

/** Every tree in it, itself included. */
export function subtrees(expression: Expression): Expression[] {
  return [expression, ...childrenOf(expression).flatMap(subtrees)];
}

/**
 * The text of a tree, with all its parentheses; it is read back as the same tree.
 * @example printExpression(parseExpression("x*sigmoid(x)")) // "(x * sigmoid(x))"
 */
export function printExpression(expression: Expression): string {
  switch (expression.op) {
    case "number":
      return String(expression.value);
    case "x":
      return "x";
    case "negate":
      return `(-${printExpression(expression.of)})`;
    case "call":
      return `${expression.name}(${expression.args.map(printExpression).join(", ")})`;
    default: {
      const { op, left, right } = expression;
      return `(${printExpression(left)} ${op} ${printExpression(right)})`;
    }
  }
}

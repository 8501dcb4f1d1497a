/** @file What the tables of operators are made of. */
import type { OnnxNode } from "../node.ts";
import type { Result } from "../value.ts";

/** The meaning of an operator: expressions of its operands, one for each output (or the only one). */
export type Operator = (node: OnnxNode) => Result | readonly Result[];

export type OperatorTable = Readonly<Record<string, Operator>>;

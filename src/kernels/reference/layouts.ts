/**
 * @file Which covariances between positions each operation needs (kernels.md §5), in one pass from the output back: only
 * what mixes positions of one item needs K[p, p'] beside K[p, p].
 */
import type { CovarianceOp } from "../../net/index.ts";
import type { Layout } from "./state.ts";

/** What an operation needs before it, and what is needed after it. */
export interface Layouts {
  readonly before: Layout;
  readonly after: Layout;
}

const anyFull = (...layouts: readonly Layout[]): Layout => (layouts.includes("full") ? "full" : "diagonal");

/** Whether matrices copy positions or drop them: K'[p, p] then needs K[p, p] only. */
export function copies(matrices: readonly (readonly (readonly number[])[])[]): boolean {
  return matrices.every((rows) => rows.every((row) => row.filter((value) => value !== 0).length <= 1));
}

/** What an operation needs before it, given what is needed after it; enters the lists inside it. */
function before(op: CovarianceOp, after: Layout, into: Map<CovarianceOp, Layouts>): Layout {
  switch (op.op) {
    case "flatten":
    case "localConvolution":
      return "diagonal";
    case "globalAvgPool":
    case "attention":
    case "elementwiseAttention":
    case "aggregate":
      return "full";
    case "pool":
      return op.windows.every(({ kernel }) => kernel === 1) ? after : "full";
    case "resize":
      return copies(op.matrices) ? after : "full";
    case "residual":
      return anyFull(after, listBefore(op.branch, after, into));
    case "sum":
    case "product":
    case "concat":
      return anyFull(...op.branches.map((branch) => listBefore(branch, after, into)));
    default:
      return after;
  }
}

function listBefore(ops: readonly CovarianceOp[], after: Layout, into: Map<CovarianceOp, Layouts>): Layout {
  let needed = after;
  for (const op of ops.toReversed()) {
    const layouts = { before: before(op, needed, into), after: needed };
    into.set(op, layouts);
    needed = layouts.before;
  }
  return needed;
}

/** The layouts of every operation of a program whose output is asked for position by position, and of its input. */
export function layoutsOf(program: readonly CovarianceOp[]): {
  readonly layouts: ReadonlyMap<CovarianceOp, Layouts>;
  readonly input: Layout;
} {
  const layouts = new Map<CovarianceOp, Layouts>();
  return { input: listBefore(program, "diagonal", layouts), layouts };
}

/** @file What every solver asks of a matrix at the door. */
import { FathomError } from "../../tensor/index.ts";
import type { BlockMatrix } from "../types.ts";

/** @throws FathomError bad-shape unless the matrix is square. */
export function requireSquare({ rows, columns }: Pick<BlockMatrix, "rows" | "columns">): void {
  if (rows === columns) return;
  throw new FathomError({
    code: "bad-shape",
    message: `A matrix of ${rows} × ${columns} is not square: no system of equations is solved with it.`,
    where: "matrix",
    hint: "Give the kernel of one set of items with itself.",
  });
}

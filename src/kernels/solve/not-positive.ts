/** @file The refusal of a matrix that is not positive definite, with the jitter that would make it so. */
import { FathomError } from "../../tensor/index.ts";
import type { Attention, BlockMatrix } from "../types.ts";
import type { BadPivot } from "./attempt.ts";
import { leastEigenvalue } from "./least-eigenvalue.ts";
import { streamedProduct } from "./streamed-product.ts";

interface Refusal extends Attention {
  readonly bad: BadPivot;
  readonly matrix: BlockMatrix;
  /** The mean of the diagonal. */
  readonly scale: number;
  /** The jitters that were tried, as parts of it. */
  readonly tried: readonly number[];
}

/** Rounding of the factorisation asks for more than the eigenvalue: n ε ‖A‖ at most, and seldom a tenth of that. */
const rounding = 1e-14;

/** The error, after the smallest eigenvalue was estimated. */
export async function notPositive({
  bad,
  matrix,
  scale,
  tried,
  ...attention
}: Refusal): Promise<FathomError> {
  const last = tried.at(-1)!;
  const pivot = `the pivot of row ${bad.row} is ${bad.value.toPrecision(3)}`;
  return new FathomError({
    code: "failed",
    message: `The matrix of ${matrix.rows} rows is not positive definite: ${pivot}${last === 0 ? "" : ` even with a jitter of ${last} × the mean diagonal`}.`,
    where: `row ${bad.row}`,
    hint:
      scale > 0
        ? await cure(matrix, scale, attention)
        : "A kernel has a positive diagonal: check what was given.",
  });
}

async function cure(matrix: BlockMatrix, scale: number, attention: Attention): Promise<string> {
  const least = await leastEigenvalue(await streamedProduct(matrix, 0), attention);
  const needed = Math.max(0, -least / scale) * 1.1 + rounding * matrix.rows;
  return `Its smallest eigenvalue is about ${least.toPrecision(3)}: a jitter of ${needed.toPrecision(2)} (× the mean diagonal) should make it positive definite; look for rows that occur twice.`;
}

/**
 * @file Conjugate gradients for all right-hand sides at once: each has its own coefficients, all share one pass over the
 * matrix an iteration (kernels.md §8).
 */

import { FathomError } from "../../tensor/index.ts";
import type { Attention } from "../types.ts";
import { addTo, dot, rowAt, rowNorms, worstRatio } from "./rows.ts";
import type { RowOperator } from "./streamed-product.ts";

/** An approximation of A⁻¹, symmetric and positive definite, on rows [count, n]; it may not keep or change its argument. */
export type ApplyInverse = (rows: Float64Array) => Float64Array | Promise<Float64Array>;

interface IterationOptions extends Attention {
  /** Of ‖b − A x‖ / ‖b‖, for the worst column. */
  readonly tolerance: number;
  readonly maxIterations: number;
  readonly preconditioner?: ApplyInverse | undefined;
}

interface IterationResult {
  readonly x: Float64Array;
  readonly iterations: number;
  /** The worst ‖b − A x‖ / ‖b‖, by the recurrence of the method. */
  readonly residual: number;
  readonly converged: boolean;
}

/**
 * Solves A x = b for rows b [count, n].
 * @throws FathomError failed when A or the preconditioner is found not to be positive definite; the signal's reason.
 */
export async function iterate(
  { n, apply }: RowOperator,
  b: Float64Array,
  { tolerance, maxIterations, preconditioner = (rows) => rows.slice(), signal, onProgress }: IterationOptions,
): Promise<IterationResult> {
  const row = (x: Float64Array, c: number) => rowAt(x, c, n);
  const norms = rowNorms(b, n);
  const x = new Float64Array(b.length);
  const r = b.slice();
  let z = await preconditioner(r);
  const p = Float64Array.from(z);
  const count = norms.length;
  let energies = Float64Array.from({ length: count }, (_, c) => dot(row(r, c), row(z, c)));
  let residual = worstRatio(rowNorms(r, n), norms);
  let iterations = 0;
  while (residual > tolerance && iterations < maxIterations) {
    const q = await apply(p, signal);
    for (let c = 0; c < count; c++) {
      const curvature = dot(row(p, c), row(q, c));
      // A column that is solved has no direction left.
      if (energies[c] === 0) continue;
      if (!(curvature > 0)) throw notDefinite(curvature, iterations);
      const step = energies[c]! / curvature;
      addTo(row(x, c), row(p, c), step);
      addTo(row(r, c), row(q, c), -step);
    }
    z = await preconditioner(r);
    const next = Float64Array.from({ length: count }, (_, c) => dot(row(r, c), row(z, c)));
    for (let c = 0; c < count; c++)
      turnDirection(row(p, c), row(z, c), energies[c] === 0 ? 0 : next[c]! / energies[c]!);
    energies = next;
    residual = worstRatio(rowNorms(r, n), norms);
    iterations++;
    onProgress?.({ ...progressOf(residual, tolerance), detail: `residual ${residual.toExponential(1)}` });
  }
  return { x, iterations, residual, converged: residual <= tolerance };
}

/** p ← z + factor · p. */
function turnDirection(p: Float64Array, z: Float64Array, factor: number): void {
  for (let i = 0; i < p.length; i++) p[i] = z[i]! + factor * p[i]!;
}

/** Residuals fall geometrically: the way is measured in their logarithm. */
function progressOf(residual: number, tolerance: number) {
  const total = Math.max(1, Math.round(-100 * Math.log10(tolerance)));
  const done = Math.min(total, Math.max(0, Math.round(-100 * Math.log10(Math.max(residual, tolerance)))));
  return { label: "conjugate gradients", done, total };
}

function notDefinite(curvature: number, iterations: number): FathomError {
  return new FathomError({
    code: "failed",
    message: `Conjugate gradients met a direction of curvature ${curvature.toPrecision(3)} after ${iterations} iterations: the matrix is not positive definite.`,
    where: "matrix",
    hint: "Add a jitter, or factorise it: that names the jitter it needs.",
  });
}

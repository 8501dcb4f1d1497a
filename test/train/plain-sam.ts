/** @file Sharpness-aware gradients in plain float64 loops, formula by formula of training.md §1.2, to test against. */
import type { crossEntropy, Example, Plain } from "./plain-training.ts";

export type Gradient = (weights: readonly number[], rows: readonly Example[]) => number[];
/** The gradient that the optimiser uses at a step. */
export type SharpGradient = (weights: readonly number[], rows: readonly Example[], step: number) => number[];

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const norm = (a: readonly number[]) => Math.sqrt(dot(a, a));

/** The gradient of a loss as a function of flat weights. */
export function flatGradient(lossOf: typeof crossEntropy, unflat: (w: readonly number[]) => Plain): Gradient {
  return (weights, rows) => {
    const { weight, bias } = lossOf(unflat(weights), rows).gradient;
    return [...weight.flat(), ...bias];
  };
}

/** e = ρ g / n; `scale` leaves weights out (0) or is |w| for ASAM. */
function raised(w: readonly number[], g: readonly number[], rho: number, scale: readonly number[]): number[] {
  const n = norm(g.map((x, i) => x * scale[i]!));
  return w.map((x, i) => x + (rho * scale[i]! ** 2 * g[i]!) / (n + 1e-12));
}

export function plainSam(gradient: Gradient, rho: number, included = (_: number) => true): SharpGradient {
  return (w, rows) => {
    const scale = w.map((_, i) => Number(included(i)));
    return gradient(raised(w, gradient(w, rows), rho, scale), rows);
  };
}

export function plainAsam(gradient: Gradient, rho: number): SharpGradient {
  return (w, rows) => gradient(raised(w, gradient(w, rows), rho, w.map(Math.abs)), rows);
}

/** The mean of SAM's gradients of parts of m rows. */
export function plainParts(sam: SharpGradient, m: number): SharpGradient {
  return (w, rows, step) => {
    const parts = Array.from({ length: rows.length / m }, (_, i) => rows.slice(i * m, (i + 1) * m));
    const gradients = parts.map((part) => sam(w, part, step));
    return w.map((_, i) => gradients.reduce((sum, g) => sum + g[i]!, 0) / parts.length);
  };
}

export function plainPeriodic(gradient: Gradient, sam: SharpGradient, every: number): SharpGradient {
  return (w, rows, step) => (step % every === 0 ? sam(w, rows, step) : gradient(w, rows));
}

export function plainLook(
  gradient: Gradient,
  sam: SharpGradient,
  every: number,
  alpha: number,
): SharpGradient {
  let gv: number[] = [];
  return (w, rows, step) => {
    const g = gradient(w, rows);
    if (step % every !== 0) return g.map((x, i) => x + ((alpha * norm(g)) / norm(gv)) * gv[i]!);
    const gs = sam(w, rows, step);
    gv = gs.map((x, i) => x - (dot(gs, g) / dot(g, g)) * g[i]!);
    return gs;
  };
}

/** ESAM with all weights perturbed: the second gradient of the rows whose loss rose most. */
export function plainEsam(
  gradient: Gradient,
  lossOf: (w: readonly number[], row: Example) => number,
  rho: number,
  count: number,
): SharpGradient {
  return (w, rows) => {
    const above = raised(
      w,
      gradient(w, rows),
      rho,
      w.map(() => 1),
    );
    const rise = rows.map((row) => lossOf(above, row) - lossOf(w, row));
    const order = [...rows.keys()].sort((a, b) => rise[b]! - rise[a]!).slice(0, count);
    return gradient(
      above,
      order.map((i) => rows[i]!),
    );
  };
}

/** Gradients shortened to a norm, as torch.nn.utils.clip_grad_norm_. */
export function plainClip(sharp: SharpGradient, limit: number): SharpGradient {
  return (w, rows, step) => {
    const g = sharp(w, rows, step);
    const factor = Math.min(1, limit / (norm(g) + 1e-6));
    return g.map((x) => x * factor);
  };
}

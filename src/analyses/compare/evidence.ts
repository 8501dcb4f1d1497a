/**
 * @file The evidence of a kernel for targets: ln p(y) of y ~ N(0, s²(K + νI)), one target a class (one for two classes) with s and ν in common. The
 * scale of a kernel says nothing of an architecture, so that s (in closed form) and ν (on a grid) are the most likely ones, two
 * numbers for every network alike.
 */
import type { Modes } from "./modes.ts";

export interface Evidence {
  /** ln p of every target, nats. */
  readonly perTarget: readonly number[];
  /** Their sum. */
  readonly total: number;
  /** s². */
  readonly amplitude: number;
  /** ν as a part of the kernel's mean diagonal. */
  readonly noise: number;
}

/** Noises that are tried, as parts of the mean diagonal: 10^(−10 … 1) in eighths of a decade. */
const noises = Array.from({ length: 89 }, (_, i) => 10 ** (-10 + i / 8));
/** The ladder of jitters of solvers (kernels.md §8). */
const ladder = [0, 1e-10, 1e-8, 1e-6, 1e-5, 1e-4];

/** The evidence at the most likely amplitude and noise. @example likeliestEvidence(modesOf(kernel, targets)).total */
export function likeliestEvidence(modes: Modes): Evidence {
  let best: Evidence | undefined;
  for (const noise of noises) {
    const found = evidenceAt(modes, noise, "likeliest");
    if (Number.isFinite(found.total) && !(best !== undefined && best.total >= found.total)) best = found;
  }
  return best ?? evidenceAt(modes, 1, "likeliest");
}

/** The evidence of the kernel as it is, with the least jitter that makes it positive definite. */
export function evidenceAsGiven(modes: Modes): Evidence {
  const { values, meanDiagonal } = modes;
  // Eigenvalues below the rounding of the largest one are noise of the solver.
  const floor = values.length * Number.EPSILON * (values[0] ?? 0);
  const least = values.at(-1) ?? 0;
  const noise = ladder.find((jitter) => least + jitter * meanDiagonal > floor) ?? ladder.at(-1)!;
  return evidenceAt(modes, noise, 1);
}

function evidenceAt(
  { values, squares, meanDiagonal }: Modes,
  noise: number,
  amplitude: number | "likeliest",
): Evidence {
  const n = values.length;
  const classes = squares[0]?.length ?? 0;
  const quadratic = new Float64Array(classes);
  let logDet = 0;
  for (let i = 0; i < n; i++) {
    const value = values[i]! + noise * meanDiagonal;
    logDet += Math.log(value);
    for (let c = 0; c < classes; c++) quadratic[c]! += squares[i]![c]! / value;
  }
  const all = quadratic.reduce((sum, value) => sum + value, 0);
  const scale = amplitude === "likeliest" ? all / (n * classes) : amplitude;
  const constant = logDet + n * Math.log(2 * Math.PI * scale);
  const perTarget = Array.from(quadratic, (value) => -0.5 * (value / scale + constant));
  return { perTarget, total: perTarget.reduce((sum, value) => sum + value, 0), amplitude: scale, noise };
}

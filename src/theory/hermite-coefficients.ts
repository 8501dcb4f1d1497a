/**
 * @file Hermite coefficients of an activation at one variance, a_l(v) = E φ(sqrt(v) z) h_l(z), h_l = He_l/sqrt(l!), z ~ N(0, 1)
 * (kernels.md §3): by the project's quadrature, its panels cut so short that the fastest h_l is resolved.
 */
import { FathomError } from "../tensor/index.ts";
import type { ScalarActivation } from "./activation.ts";
import { distinct, normalPanels, panelEnds, type Rule } from "./gaussian.ts";

/** The integrand φ h_l density is h_l sqrt(density), at most about 1, times φ sqrt(density): below 1e-18 here. */
const FARTHEST = 13;
const LONGEST = 1.5;
/** h_l sqrt(density) turns by sqrt(l) a unit at most; 16 nodes resolve 18 radians a panel. */
const RADIANS_PER_PANEL = 12;

/**
 * a_0 … a_{count-1} at variance v > 0, to about 1e-15 of sqrt(E φ²).
 * @param count How many; 2048 cost some milliseconds.
 * @throws FathomError failed for a variance that is no number.
 * @example hermiteCoefficients(scalarActivation("linear"), 4, 3) // [0, 2, 0]
 */
export function hermiteCoefficients(act: ScalarActivation, v: number, count: number): Float64Array {
  if (!Number.isFinite(v)) {
    throw new FathomError({
      code: "failed",
      message: `The variance before ${act.kind} is ${v}.`,
      where: act.kind,
      hint: "Use smaller weight variances, or data of smaller scale.",
    });
  }
  const rule = ruleFor(act, v, count);
  if (v >= SMALL || jumps(act)) return project(act.f, v, count, rule);
  // E φ h_{l+1} = sqrt(v/(l + 1)) E φ' h_l.
  const mean = project(act.f, v, 1, rule)[0]!;
  const slopes = project(act.df, v, count, rule);
  return slopes.map((_, l) => (l === 0 ? mean : Math.sqrt(v / l) * slopes[l - 1]!));
}

/** Below it φ - φ(0) has lost digits that φ' has. */
const SMALL = 1e-4;

function jumps({ f, kinks }: ScalarActivation): boolean {
  return kinks.some((kink) => Math.abs(f(kink + 1e-12) - f(kink - 1e-12)) > 1e-6);
}

/** E f(sqrt(v) z) h_l(z) for l < count. */
function project(f: (x: number) => number, v: number, count: number, { nodes, weights }: Rule): Float64Array {
  const deviation = Math.sqrt(v);
  const values = weights.map((w, i) => w * f(deviation * nodes[i]!));
  const coefficients = new Float64Array(count);
  let before = new Float64Array(nodes.length);
  let current = new Float64Array(nodes.length).fill(1);
  for (let l = 0; l < count; l++) {
    let sum = 0;
    const [back, forth] = [Math.sqrt(l / (l + 1)), 1 / Math.sqrt(l + 1)];
    for (let i = 0; i < nodes.length; i++) {
      const h = current[i]!;
      sum += values[i]! * h;
      // sqrt(l + 1) h_{l+1} = z h_l - sqrt(l) h_{l-1}, in place of h_{l-1}.
      before[i] = forth * nodes[i]! * h - back * before[i]!;
    }
    coefficients[l] = sum;
    [before, current] = [current, before];
  }
  return coefficients;
}

/** The panels of the one quadrature, from -13 to 13, none longer than h_count needs. */
function ruleFor({ kinks, scale = 1 }: ScalarActivation, v: number, count: number): Rule {
  const units = v / (scale * scale);
  const longest = Math.min(LONGEST, RADIANS_PER_PANEL / Math.sqrt(count));
  const inside = kinks.map((kink) => kink / Math.sqrt(v)).filter((z) => Math.abs(z) < FARTHEST);
  const ends = distinct([-FARTHEST, ...panelEnds(units, []), ...inside, FARTHEST]);
  return normalPanels(ends.flatMap((end, i) => (i === 0 ? [end] : cut(ends[i - 1]!, end, longest))));
}

/** The ends after `from` of equal pieces of [from, to], none longer than `longest`. */
function cut(from: number, to: number, longest: number): number[] {
  const pieces = Math.ceil((to - from) / longest);
  return Array.from({ length: pieces }, (_, i) => from + ((to - from) * (i + 1)) / pieces);
}

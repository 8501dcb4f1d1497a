/** @file The Kolmogorov distance between sampled eigenvalues and the law that theory gives them. */
import { FathomError } from "../tensor/index.ts";

/** F at ascending λ, linear in ln λ in between; an atom is two entries of one λ (as theory's `distribution()` has it). */
export interface EigenvalueLaw {
  readonly lambda: ArrayLike<number>;
  readonly F: ArrayLike<number>;
}

/** Eigenvalues this close to an atom, relative, are at the atom: rounding of products of a hundred layers stays below. */
const AT_ATOM = 1e-9;

/**
 * sup |F_n(λ) - F(λ)| over λ above the left end of the law's grid, at and just below every eigenvalue; what lies under the
 * left end counts as being there (criticality.md §9).
 * @param eigenvalues At least one, any order.
 * @param law As `jacobianSpectrum(…).distribution()`.
 * @throws FathomError bad-input for no eigenvalue, or one that is negative or not finite.
 * @example kolmogorovDistance([1, 2, 3], { lambda: [1e-9, 4], F: [0, 1] })
 */
export function kolmogorovDistance(eigenvalues: ArrayLike<number>, law: EigenvalueLaw): number {
  const sorted = Float64Array.from(eigenvalues).sort();
  const bad = sorted.find((value) => !(value >= 0 && Number.isFinite(value)));
  if (sorted.length === 0 || bad !== undefined) {
    throw new FathomError({
      code: "bad-input",
      where: "eigenvalues",
      message: bad === undefined ? "There are no eigenvalues to compare." : `An eigenvalue is ${bad}.`,
      hint: "Give finite eigenvalues ≥ 0 of J Jᵀ.",
    });
  }
  const jumps = jumpsOf(law);
  const snapped = sorted.map((value) => jumps.find((at) => Math.abs(value - at) <= AT_ATOM * at) ?? value);
  let left = 0;
  while (left < law.lambda.length - 1 && !(law.lambda[left]! > 0)) left++;
  const n = snapped.length;
  let most = 0;
  for (let i = 0; i < n; ) {
    const value = snapped[i]!;
    let next = i + 1;
    while (next < n && snapped[next] === value) next++;
    if (value > law.lambda[left]!) {
      const { below, upTo } = valuesAt(law, value);
      most = Math.max(most, Math.abs(i / n - below), Math.abs(next / n - upTo));
    }
    i = next;
  }
  // Atoms that no eigenvalue sits at.
  for (const at of jumps) {
    const { below, upTo } = valuesAt(law, at);
    most = Math.max(most, Math.abs(search(snapped, (one) => one >= at) / n - below));
    most = Math.max(most, Math.abs(search(snapped, (one) => one > at) / n - upTo));
  }
  return most;
}

/** The atoms above 0. */
function jumpsOf({ lambda }: EigenvalueLaw): number[] {
  const jumps: number[] = [];
  for (let i = 1; i < lambda.length; i++)
    if (lambda[i] === lambda[i - 1] && lambda[i]! > 0) jumps.push(lambda[i]!);
  return jumps;
}

/** F(λ-) and F(λ). */
function valuesAt({ lambda, F }: EigenvalueLaw, value: number): { below: number; upTo: number } {
  const last = lambda.length - 1;
  const first = search(lambda, (at) => at >= value);
  const after = search(lambda, (at) => at > value);
  if (first < after) return { below: F[first]!, upTo: F[after - 1]! };
  if (first > last) return { below: F[last]!, upTo: F[last]! };
  if (first === 0 || !(lambda[first - 1]! > 0)) return { below: F[first]!, upTo: F[first]! };
  const share = Math.log(value / lambda[first - 1]!) / Math.log(lambda[first]! / lambda[first - 1]!);
  const between = F[first - 1]! + share * (F[first]! - F[first - 1]!);
  return { below: between, upTo: between };
}

/** The first entry for which `holds`, in a list where it goes on to hold; the length for none. */
function search(values: ArrayLike<number>, holds: (value: number) => boolean): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(values[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether a law has atoms above 0, whose places do not move with the sample's mean. */
export function hasAtoms(law: EigenvalueLaw): boolean {
  return jumpsOf(law).length > 0;
}

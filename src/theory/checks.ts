/** @file Validation at the door of `theory`: every public function that takes numbers checks them here. */
import { FathomError } from "../tensor/index.ts";

function refuse(where: string, message: string, hint: string): never {
  throw new FathomError({ code: "bad-input", message, where, hint });
}

/** @throws FathomError `bad-input` unless `value` is a finite number. */
export function requireFinite(value: number, where: string): void {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    refuse(where, `${where} must be a finite number, got ${value}.`, `Give ${where} a finite value.`);
  }
}

/** A variance or second moment: finite and >= 0. @throws FathomError `bad-input` naming it. */
export function requireVariance(value: number, where: string): void {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    refuse(
      where,
      `${where} must be a finite variance >= 0, got ${value}.`,
      `Variances are not negative; ${where} = σ².`,
    );
  }
}

/** The skip weight of a residual layer. @throws FathomError `bad-input` outside [0, 1]. */
export function requireMu(mu: number, where = "mu"): void {
  if (typeof mu !== "number" || !(mu >= 0 && mu <= 1)) {
    refuse(
      where,
      `${where} must lie in [0, 1], got ${mu}.`,
      "mu > 1 multiplies the signal by mu² in every layer.",
    );
  }
}

/** A count. @throws FathomError `bad-input` unless an integer >= `least`. */
export function requireCount(value: number, where: string, least = 1): void {
  if (!Number.isSafeInteger(value) || value < least) {
    refuse(where, `${where} must be an integer >= ${least}, got ${value}.`, `Give ${where} a whole number.`);
  }
}

/**
 * The name in `names` closest to `word` by edit distance, for "did you mean"; undefined when nothing is near.
 * @example nearestName("tahn", ["tanh", "sin"]) // "tanh"
 */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 2)) + 1;
  for (const name of names) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** Levenshtein distance with one row of memory. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/**
 * @file Hermite series that end slowly, by a quadrature over their terms (kernels.md §3): those of a φ with a kink fall like a
 * power of l, those of a saturated one like exp(-c sqrt(l)), so a sum over all l of one parity is one over few of them, weighted.
 * The rule's weights are minimax over l^{-p} exp(-c sqrt(l)) ρ^l, 1.5 <= p <= 6, 0 <= c <= 4, positive and within 6.4e-5 of
 * what lies beyond l = 20 (by linear programming; 30 times that for p < 2 at 1 - ρ < 2e-4). It fails where the terms oscillate, as
 * those of a kink away from 0 do: then E φ² or E φ'² is missed, and `holds` says so.
 */
import { derivativeMoment, hermiteRow, hermiteTable, type ScalarActivation } from "../../theory/index.ts";
import { type ActivationForm, forms, representable } from "./form.ts";
import { SMALLEST_VARIANCE, termsNeeded } from "./terms.ts";

/** The kept m = floor(l/2); assembly/covariance/forms-sparse.ts has the same list. */
const NODES = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 19, 31, 39, 71, 103, 263, 391, 1031, 1543, 3079, 6151, 65543,
];
/** Weights of those after m = 9; the others have 1. */
const WEIGHTS = [
  0.985926513, 1.20290899, 2.92908257, 0.988646807, 8.12863421, 12.380165, 13.9916914, 35.0155441, 62.8686932,
  258.383594, 112.662436, 1160.60236, 508.842221, 707.894259, 10139.2416, 235752.188,
];
const COUNT = NODES.length;
/** Square roots of the weights: a factor of both coefficients. */
const ROOTS = NODES.map((_, j) => Math.sqrt(WEIGHTS[j - COUNT + WEIGHTS.length] ?? 1));
/** Coefficients beyond it are extrapolated by the power of l between the last two nodes before. */
const LAST_COMPUTED = NODES.indexOf(1031);

/** A series by the quadrature, and whether that does at a variance. */
export interface SparseSeries {
  readonly form: ActivationForm;
  /** Whether E φ² and E φ'² are those of the rule: not where the terms oscillate. */
  readonly holds: (v: number) => boolean;
}

/** The largest miss of E φ² by which a rule still holds: float32 hides it. */
const GOOD = 1e-6;
/** And of E φ'²: where φ' jumps its terms end beyond the nodes. */
const GOOD_SLOPE = 0.02;

type Parities = readonly (0 | 1)[];

/** Coefficients times the roots of their weights, those of each parity together, and E φ². */
interface Weighted {
  readonly coefficients: readonly number[];
  readonly square: number;
}

/** The form of an activation with even terms, odd terms, or both. */
export function sparseSeries(act: ScalarActivation, parities: Parities): SparseSeries {
  const computed = NODES.slice(0, LAST_COMPUTED + 1);
  const degrees = computed.flatMap((m) => parities.map((parity) => 2 * m + parity));
  const table = hermiteTable(act, degrees);
  // Without the table, whose panels cost more than one row.
  const direct = (v: number) => weigh(hermiteRow(act, degrees, Math.max(v, SMALLEST_VARIANCE)), parities);
  const missing = (v: number) => {
    const { coefficients, square } = direct(v);
    return Math.max(1e-9, Math.abs(1 - coefficients.reduce((sum, a) => sum + a * a, 0) / square));
  };
  const holds = (v: number) => {
    const slope = direct(v).coefficients.reduce((sum, a, i) => sum + degreeOf(parities, i) * a * a, 0);
    return missing(v) < GOOD && Math.abs(1 - slope / (v * derivativeMoment(act, v))) < GOOD_SLOPE;
  };
  const form: ActivationForm = {
    id: forms.sparse,
    constants: [parities.includes(0) ? 1 : 0, parities.includes(1) ? 1 : 0, COUNT],
    slots: 2 + COUNT * parities.length,
    prepare: (v, out, place) => {
      const variance = Math.max(v, SMALLEST_VARIANCE);
      const terms = weigh(table(variance), parities);
      out[place] = 1 / Math.sqrt(variance);
      out[place + 1] = needed(terms, parities, variance * derivativeMoment(act, variance));
      out.set(terms.coefficients, place + 2);
      return representable(act, terms.square, v);
    },
    missing,
  };
  return { form, holds };
}

function weigh(row: Float64Array, parities: Parities): Weighted {
  const ofParity = (i: number) =>
    Array.from({ length: LAST_COMPUTED + 1 }, (_, j) => row[j * parities.length + i]!);
  const coefficients = parities.flatMap((parity, i) =>
    extended(ofParity(i), parity).map((a, j) => a * ROOTS[j]!),
  );
  return { coefficients, square: row.at(-1)! };
}

/** The l of coefficient i. */
function degreeOf(parities: Parities, i: number): number {
  return 2 * NODES[i % COUNT]! + parities[Math.floor(i / COUNT)]!;
}

/** How many terms of each parity float32 sees. */
function needed({ coefficients, square }: Weighted, parities: Parities, slope: number): number {
  const ofParity = parities.map((_, i) => {
    const own = coefficients.slice(i * COUNT, (i + 1) * COUNT);
    return termsNeeded(own, (j) => degreeOf(parities, i * COUNT + j), { square, slope });
  });
  return Math.max(...ofParity);
}

/** The coefficients at all nodes from those that were computed. */
function extended(computed: readonly number[], parity: number): number[] {
  const [near, far] = [computed[LAST_COMPUTED - 1]!, computed[LAST_COMPUTED]!];
  const [lNear, lFar] = [LAST_COMPUTED - 1, LAST_COMPUTED].map((j) => 2 * NODES[j]! + parity) as [
    number,
    number,
  ];
  const falls = near !== 0 && far !== 0 && Math.abs(far) < Math.abs(near);
  const power = falls ? Math.log(Math.abs(near / far)) / Math.log(lFar / lNear) : 0;
  const beyond = NODES.slice(LAST_COMPUTED + 1).map((m) =>
    falls ? far * (lFar / (2 * m + parity)) ** power : 0,
  );
  return [...computed, ...beyond];
}

/** @file Phase diagrams: what becomes of signals and Jacobians over the (sw2, sb2) plane (criticality.md §1, §7.5). */
import { FathomError } from "../tensor/index.ts";
import type { UniformLayer } from "./architecture.ts";
import { requireVariance } from "./checks.ts";
import { criticalLine, type LinePoint } from "./critical-line.ts";
import { type LimitStatus, reachedLimit } from "./fixed-points.ts";

/** `ordered`: chi_J* < 1, gradients vanish; `chaotic`: > 1, they explode; `critical`: within 1e-3 of 1 in the logarithm. */
export type Phase = "ordered" | "critical" | "chaotic";

const CRITICAL = 1e-3;

/**
 * The phase of a fixed point's chi_J.
 * @example phaseOf(1.2) // "chaotic"
 */
export function phaseOf(chiJ: number): Phase {
  const rate = Math.log(chiJ);
  if (Math.abs(rate) < CRITICAL) return "critical";
  return rate > 0 ? "chaotic" : "ordered";
}

export interface PhaseOptions extends Omit<UniformLayer, "sw2" | "sb2"> {
  /** Weight variances, ascending. */
  readonly sw2: readonly number[];
  /** Bias variances, ascending. */
  readonly sb2: readonly number[];
  /** Variance of the first preactivations, from which the fixed point is reached. Default 1. */
  readonly K1?: number;
}

/** Every grid is [sb2][sw2]: row i belongs to sb2[i], column j to sw2[j]. */
export interface PhaseDiagram {
  readonly sw2: readonly number[];
  readonly sb2: readonly number[];
  /** K*, Infinity where K grows without bound. */
  readonly K: readonly (readonly number[])[];
  readonly chiJ: readonly (readonly number[])[];
  readonly chiK: readonly (readonly number[])[];
  /** Correlation length in layers; Infinity at criticality. */
  readonly xi: readonly (readonly number[])[];
  readonly phase: readonly (readonly Phase[])[];
  readonly status: readonly (readonly LimitStatus[])[];
  /** chi_J* = 1 inside the diagram, by formula; empty where there is no line. */
  readonly criticalLine: readonly LinePoint[];
}

/**
 * The phase diagram of a uniform network.
 * @throws FathomError `bad-input` for an empty or unsorted axis, negative or non-finite variances, or bad options.
 * @example phaseDiagram({ activation: scalarActivation("erf"), sw2: [1, 2, 4], sb2: [0, 0.2, 1] }).chiJ[1]![1] // 1.0585
 */
export function phaseDiagram({ sw2, sb2, K1 = 1, ...layer }: PhaseOptions): PhaseDiagram {
  requireAxis(sw2, "sw2");
  requireAxis(sb2, "sb2");
  const cells = sb2.map((bias) =>
    sw2.map((weight) => reachedLimit({ ...layer, sw2: weight, sb2: bias }, { K1 })),
  );
  return {
    sw2,
    sb2,
    K: cells.map((row) => row.map((cell) => cell.K)),
    chiJ: cells.map((row) => row.map((cell) => cell.chiJ)),
    chiK: cells.map((row) => row.map((cell) => cell.chiK)),
    xi: cells.map((row) => row.map((cell) => cell.xi)),
    phase: cells.map((row) => row.map((cell) => phaseOf(cell.chiJ))),
    status: cells.map((row) => row.map((cell) => cell.status)),
    criticalLine: criticalLine(layer, { sw2: [sw2[0]!, sw2.at(-1)!], sb2: [sb2[0]!, sb2.at(-1)!] }),
  };
}

function requireAxis(axis: readonly number[], where: string): void {
  axis.forEach((value, i) => {
    requireVariance(value, `${where}[${i}]`);
  });
  if (axis.length > 0 && axis.every((value, i) => i === 0 || value > axis[i - 1]!)) return;
  throw new FathomError({
    code: "bad-input",
    message: axis.length === 0 ? `The axis ${where} is empty.` : `The axis ${where} does not ascend.`,
    where,
    hint: "Give variances in ascending order, at least one.",
  });
}

/**
 * @file What a case comes to: means over seeds of every method and ρ, differences to the base optimiser paired by seed with
 * Student intervals, and the ρ that validation picks.
 */
import { type Estimate, meanBy, meanEstimate, pairedDifference } from "../../../theory/index.ts";
import type { Method, Solution } from "../../flat/solutions.ts";
import type { Case } from "./cases.ts";
import type { CaseOutcome } from "./run-case.ts";

/** One method at one ρ over the seeds of a case. */
export interface Arm {
  readonly method: Method;
  /** 0 of the base optimiser. */
  readonly rho: number;
  /** Fractions, over the seeds that did not diverge. */
  readonly error: Estimate;
  readonly validation: number;
  readonly trainLoss: number;
  readonly evaluations: number;
  readonly diverged: number;
  /** Error less that of the base optimiser, paired by seed; absent of the base optimiser itself. */
  readonly difference?: Estimate;
  /** Over the measured seeds. */
  readonly flatness?: ArmFlatness;
}

export interface ArmFlatness {
  readonly lambdaMax: Estimate;
  readonly trace: number;
  readonly worst: number;
  readonly average: number;
  readonly loss: number;
}

export interface CaseSummary {
  readonly one: Case;
  readonly outcome: CaseOutcome;
  readonly arms: readonly Arm[];
  /** The arm of every method with the least validation error, of equals the smallest ρ. */
  readonly picked: Readonly<Record<Method, Arm>>;
}

/** The summary of a case; undefined where it was left out, or the base optimiser or all of SAM diverged. */
export function summarise(one: Case, outcome: CaseOutcome): CaseSummary | undefined {
  const keys: [Method, number][] = [
    ["base", 0],
    ["swa", 0],
    ...one.rhos.flatMap((rho): [Method, number][] => [
      ["sam", rho],
      ["wasam", rho],
    ]),
  ];
  const arms = keys.flatMap(([method, rho]) => armOf(outcome, method, rho) ?? []);
  const pick = (method: Method) =>
    arms
      .filter((arm) => arm.method === method && arm.diverged === 0)
      .sort((a, b) => a.validation - b.validation || a.rho - b.rho)[0];
  const [base, swa, sam, wasam] = [pick("base"), pick("swa"), pick("sam"), pick("wasam")];
  if (!base || !swa || !sam || !wasam) return undefined;
  return { one, outcome, arms, picked: { base, swa, sam, wasam } };
}

function armOf(outcome: CaseOutcome, method: Method, rho: number): Arm | undefined {
  const found = outcome.seeds.flatMap(({ solutions }) => solutionOf(solutions, method, rho) ?? []);
  if (found.length === 0) return undefined;
  const pairs = outcome.seeds.flatMap(({ solutions }) => {
    const [a, b] = [solutionOf(solutions, method, rho), solutionOf(solutions, "base", 0)];
    return a && b ? [[a.test.error, b.test.error] as const] : [];
  });
  const flatness = flatnessOf(found);
  return {
    method,
    rho,
    error: meanEstimate(found.map(({ test }) => test.error)),
    validation: meanBy(found, ({ validation }) => validation.error),
    trainLoss: meanBy(found, ({ train }) => train.loss),
    evaluations: meanBy(found, ({ evaluations }) => evaluations),
    diverged: outcome.seeds.length - found.length,
    ...(method === "base" || pairs.length === 0
      ? {}
      : { difference: pairedDifference({ a: pairs.map(([a]) => a), b: pairs.map(([, b]) => b) }) }),
    ...(flatness && { flatness }),
  };
}

function solutionOf(solutions: readonly Solution[], method: Method, rho: number): Solution | undefined {
  return solutions.find((solution) => solution.method === method && solution.rho === rho);
}

function flatnessOf(solutions: readonly Solution[]): ArmFlatness | undefined {
  const measured = solutions.flatMap(({ flatness }) => flatness ?? []);
  if (measured.length === 0) return undefined;
  return {
    lambdaMax: meanEstimate(measured.map(({ lambdaMax }) => lambdaMax)),
    trace: meanBy(measured, ({ trace }) => trace),
    worst: meanBy(measured, ({ worst }) => worst),
    average: meanBy(measured, ({ average }) => average),
    loss: meanBy(measured, ({ loss }) => loss),
  };
}

/** The arms of a method, by ρ. */
export function armsOf({ arms }: CaseSummary, method: Method): Arm[] {
  return arms.filter((arm) => arm.method === method);
}

/** Whether the combination has a lower mean error than the base optimiser and than either method alone, at picked ρ. */
export function wins({ picked: { base, swa, sam, wasam } }: CaseSummary): boolean {
  return wasam.error.value < Math.min(base.error.value, swa.error.value, sam.error.value);
}

/**
 * The chance of k or more heads among n fair coins: of so many wins if the sign of every difference were chance.
 * @example signTest(9, 10) // 0.0107
 */
export function signTest(k: number, n: number): number {
  let term = 0.5 ** n;
  let tail = k <= 0 ? term : 0;
  for (let i = 1; i <= n; i++) {
    term *= (n - i + 1) / i;
    if (i >= k) tail += term;
  }
  return Math.min(1, tail);
}

/**
 * @file Which method to take: every candidate's two outcomes as methods, SAM at the ρ that validation rows pick, and a verdict
 * that a difference must be beyond the scatter of seeds. Validation rows choose; test rows are only reported.
 */
import { type Estimate, meanBy, meanEstimate, pairedDifference } from "../../theory/index.ts";
import type { Method } from "../flat/solutions.ts";
import { type OptimizerName, optimizers } from "./plan.ts";
import type { CandidateResult, FinalScore } from "./race.ts";

/** A method at its best rate. */
export interface MethodResult {
  readonly optimizer: OptimizerName;
  readonly method: Method;
  /** 0 without SAM. */
  readonly rho: number;
  readonly rate: number;
  readonly finals: readonly FinalScore[];
  /** Mean error over validation and test rows; a run that diverged counts as chance. */
  readonly validation: number;
  readonly error: Estimate;
  /** Test error less that of the plain optimiser it is held against, by seed; absent of that itself. */
  readonly difference?: Estimate;
  readonly around?: Around;
}

/** Means over the measured seeds. */
export interface Around {
  readonly lambdaMax: number;
  readonly trace: number;
  readonly worst: number;
  readonly trainLoss: number;
  /** Median; undefined where the noise leaves no gradient to be seen. */
  readonly noiseScale?: number;
}

/** `plain`: nothing is better than the plain optimiser on validation rows; `better`; `noise`: not beyond the scatter of seeds. */
export type ChoiceOutcome = "plain" | "better" | "noise" | "nothing";

export interface Choice {
  /** Every method at every ρ. */
  readonly all: readonly MethodResult[];
  /** One of each optimiser and method, by rising validation error. */
  readonly methods: readonly MethodResult[];
  /** The plain optimiser with the least validation error. */
  readonly plain: MethodResult | undefined;
  /** The method with the least validation error. */
  readonly best: MethodResult | undefined;
  readonly recommended: MethodResult | undefined;
  readonly outcome: ChoiceOutcome;
}

/** The choice. @param chance - the error of always answering the commonest class. */
export function judge(results: readonly CandidateResult[], chance: number): Choice {
  const found = results.flatMap((result) => methodsOf(result, chance));
  const plain = least(found.filter(({ method }) => method === "base"));
  const all = found.map((one) => held(one, plain, chance));
  const methods = picked(all).sort((a, b) => a.validation - b.validation || a.rho - b.rho);
  const best = methods[0];
  if (plain === undefined || best === undefined)
    return {
      all,
      methods,
      plain,
      best,
      recommended: best,
      outcome: best === undefined ? "nothing" : "better",
    };
  if (best.difference === undefined)
    return { all, methods, plain, best, recommended: best, outcome: "plain" };
  const better = best.difference.ci![1] < 0;
  const shown = methods.find((one) => isSame(one, plain))!;
  return {
    all,
    methods,
    plain,
    best,
    recommended: better ? best : shown,
    outcome: better ? "better" : "noise",
  };
}

function methodsOf({ candidate, bestRate, last, averaged }: CandidateResult, chance: number): MethodResult[] {
  if (bestRate === null) return [];
  const { optimizer, rho } = candidate;
  const result = (method: Method, finals: readonly FinalScore[]): MethodResult => {
    const around = aroundOf(finals);
    return {
      optimizer,
      method,
      rho,
      rate: bestRate,
      finals,
      validation: meanBy(finals, ({ scores }) => scores?.validation.error ?? chance),
      error: meanEstimate(testErrors(finals, chance)),
      ...(around && { around }),
    };
  };
  return rho === 0
    ? [result("base", last), result("swa", averaged)]
    : [result("sam", last), result("wasam", averaged)];
}

function testErrors(finals: readonly FinalScore[], chance: number): number[] {
  return finals.map(({ scores }) => scores?.test.error ?? chance);
}

function held(one: MethodResult, plain: MethodResult | undefined, chance: number): MethodResult {
  if (plain === undefined || isSame(one, plain)) return one;
  const difference = pairedDifference({
    a: testErrors(one.finals, chance),
    b: testErrors(plain.finals, chance),
  });
  return { ...one, difference };
}

function isSame(a: MethodResult, b: MethodResult): boolean {
  return a.optimizer === b.optimizer && a.method === b.method && a.rho === b.rho;
}

/** Of every optimiser and method the ρ with the least validation error. */
function picked(all: readonly MethodResult[]): MethodResult[] {
  const groups = new Map<string, MethodResult[]>();
  for (const one of all) {
    const name = `${one.optimizer} ${one.method}`;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups.values()].map((group) => least(group)!);
}

function least(found: readonly MethodResult[]): MethodResult | undefined {
  return [...found].sort((a, b) => a.validation - b.validation || a.rho - b.rho)[0];
}

function aroundOf(finals: readonly FinalScore[]): Around | undefined {
  const measured = finals.flatMap(({ flatness }) => flatness ?? []);
  if (measured.length === 0) return undefined;
  const scales = finals.flatMap(({ noise }) => noise?.noiseScale ?? []).sort((a, b) => a - b);
  const noiseScale = scales[scales.length >> 1];
  return {
    lambdaMax: meanBy(measured, ({ lambdaMax }) => lambdaMax),
    trace: meanBy(measured, ({ trace }) => trace),
    worst: meanBy(measured, ({ worst }) => worst),
    trainLoss: meanBy(measured, ({ loss }) => loss),
    ...(noiseScale === undefined ? {} : { noiseScale }),
  };
}

/** Whether the winning rate is the first or last of those tried. */
export function isAtEnd({ rate, optimizer }: MethodResult): boolean {
  const tried = optimizers[optimizer].rates;
  return rate === tried[0] || rate === tried.at(-1);
}

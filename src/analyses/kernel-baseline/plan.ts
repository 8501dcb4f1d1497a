/**
 * @file How many rows the baseline is fitted to and asked about: what a small part of the survey's budget buys, in predicted
 * seconds, so that the same command takes the same rows on every machine.
 */
import { checkRequirements, type EngineSpec, type KernelCost, kernelCost } from "../../kernels/index.ts";
import { buildModel, covarianceProgram, type Net } from "../../net/index.ts";
import { permutation } from "../../tensor/index.ts";
import type { SurveyContext } from "../context.ts";
import { comparisonRows } from "../training/measure.ts";
import { isUnsupported } from "../unsupported.ts";
import { linearNet } from "./linear.ts";

/** What is computed, or why nothing is. */
export type BaselinePlan = Planned | { readonly because: string };

export interface Planned {
  /** Numbers of training rows, ascending; the last is all of them. */
  readonly sizes: readonly number[];
  /** Rows of the training and of the test split. */
  readonly train: readonly number[];
  readonly test: readonly number[];
  readonly classes: number;
  /** Of two cores. */
  readonly seconds: number;
  readonly precision: KernelCost["precision"];
  /** What a reader should know of the kernel. */
  readonly warnings: readonly string[];
}

/** Of a survey's budget, and the seconds that even the shortest survey has for it. */
const [share, secondsAtLeast] = [0.05, 0.5];
/** Training rows that are tried, the most first. */
const candidates = [2048, 1536, 1024, 768, 512, 384, 256, 192, 128, 96, 64];
/** Rows that errors are counted on: as many as are fitted to, but within these. */
const [testAtLeast, testAtMost] = [200, 1000];
/** Fractions of the rows along the curve. */
const fractions = [1 / 8, 1 / 4, 1 / 2, 1];

/** Starting, moving and checking rows, and solving: floating-point operations a second on two cores. */
const [fixedSeconds, secondsPerRow, perSecond] = [0.25, 1e-3, 1.5e10];
/** Factors of a curve beside the largest one, of the network once and of the linear model with each ridge. */
const factorsOfCurve = 4 * fractions.reduce((sum, part) => sum + part ** 3, 0);

/** What float32 and two cores need of a network. */
export function specOf(net: Net): EngineSpec {
  return { net, values: ["nngp"], precision: "float32", parameterisation: "ntk" };
}

/** The plan of a survey; made once. */
export function planOf(context: SurveyContext): BaselinePlan {
  return context.share("kernelBaseline", () => {
    try {
      return makePlan(context);
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      return { because: error.message.replace(/\.$/, "") };
    }
  });
}

function makePlan(context: SurveyContext): BaselinePlan {
  const { net, budget } = context;
  const model = buildModel(net);
  const warnings = checkRequirements(model, covarianceProgram(model), { values: ["nngp"] });
  const cost = kernelCost(specOf(net));
  const linear = linearNet(context);
  const perPair = cost.secondsPerPair + (linear ? kernelCost(specOf(linear)).secondsPerPair : 0);
  const { train, test } = comparisonRows(context);
  const most = Math.max(share * budget.seconds, secondsAtLeast);
  const seconds = (n: number) => secondsOf(n, testRows(n, test.length), perPair);
  const tried = [...new Set(candidates.map((n) => Math.min(n, train.length)))];
  const n = tried.find((rows) => seconds(rows) <= most);
  if (n === undefined) return { because: tooDear(seconds(tried.at(-1)!), most) };
  return {
    sizes: [...new Set(fractions.map((part) => Math.ceil(part * n)))],
    train: drawn(context, "train", train, n),
    test: drawn(context, "test", test, testRows(n, test.length)),
    classes: context.dataset.classes,
    seconds: seconds(n),
    precision: cost.precision,
    warnings,
  };
}

function testRows(n: number, available: number): number {
  return Math.min(available, Math.max(testAtLeast, Math.min(n, testAtMost)));
}

/** Predicted seconds of both kernels, of n training rows with each other and with the test rows, and of all factors. */
function secondsOf(n: number, test: number, perPair: number): number {
  const pairs = n * (n / 2 + test);
  return fixedSeconds + n * secondsPerRow + (pairs * perPair) / 2 + (factorsOfCurve * n ** 3) / 3 / perSecond;
}

function tooDear(seconds: number, most: number): string {
  const minutes = Math.ceil((seconds / share / 60) * 10) / 10;
  return `its kernel takes about ${Math.ceil(seconds)} s, and ${most.toFixed(1)} s of the budget are meant for it; give --minutes ${minutes}`;
}

/** Some of the rows that the comparison by training has, in an order of chance. */
function drawn(context: SurveyContext, name: string, rows: Int32Array, count: number): number[] {
  const order = permutation(context.key.split("kernelBaseline").split(name), rows.length);
  return Array.from(order.subarray(0, count), (i) => rows[i]!);
}

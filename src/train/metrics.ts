/**
 * @file What an evaluation says beside the loss, by the task of the data: collected batch by batch, because no split need
 * fit into memory twice. Definitions are those of scikit-learn (accuracy_score, f1_score and roc_auc_score with
 * average="macro", r2_score).
 */

import type { Task } from "../data/index.ts";
import { argmax, cast, type Tensor } from "../expr/index.ts";
import { type NdArray, toNumbers } from "../tensor/index.ts";
import { mistakes } from "./losses.ts";

/**
 * By task: accuracy and macroF1 of classes; accuracy, macroF1 (mean over outputs of the F1 of yes) and auc (absent where no
 * output has both answers) of yes and no; rmse, mae and r2 (mean over outputs) of numbers.
 */
export type Metrics = Readonly<Record<string, number>>;

/** The error of some rows and their metrics. */
export interface Score {
  readonly error: number;
  readonly metrics: Metrics;
}

/** Collects rows; `score` tells what came of them. */
export interface Tally {
  /**
   * @param outputs What {@link tallied} names, a batch of it.
   * @param answers Classes [B] or targets [B, C] of the same rows.
   * @param count Rows of the batch that count: the first ones.
   */
  add(outputs: Readonly<Record<string, NdArray>>, answers: NdArray, count: number): void;
  score(): Score;
}

/**
 * The outputs of a compiled evaluation that the tally of a task needs.
 * @param output Network outputs [B, C].
 * @param answers Classes [B] or targets [B, C].
 */
export function tallied(task: Task, output: Tensor, answers: Tensor): Record<string, Tensor> {
  if (task !== "classes") return { outputs: output };
  return { mistakes: mistakes(output, answers), predicted: cast(argmax(output, { axis: 1 }), "int32") };
}

/** An empty tally of a task. */
export function tallyOf(task: Task): Tally {
  return tallies[task]();
}

const tallies: Readonly<Record<Task, () => Tally>> = { classes, binary, regression };

function classes(): Tally {
  let rows = 0;
  let wrong = 0;
  /** By class: rows of it, rows taken for it, rows rightly so. */
  const counts = new Map<number, [number, number, number]>();
  const of = (label: number) => counts.get(label) ?? counts.set(label, [0, 0, 0]).get(label)!;
  return {
    add(outputs, answers, count) {
      const predicted = outputs["predicted"]!.data;
      wrong += sum(toNumbers(outputs["mistakes"]!), count);
      rows += count;
      for (let i = 0; i < count; i++) {
        const [label, guess] = [Number(answers.data[i]), Number(predicted[i])];
        of(label)[0]++;
        of(guess)[1]++;
        if (label === guess) of(label)[2]++;
      }
    },
    score() {
      const error = wrong / rows;
      const f1 = [...counts.values()].map(([there, taken, right]) => (2 * right) / (there + taken));
      return { error, metrics: { accuracy: 1 - error, macroF1: mean(f1) } };
    },
  };
}

/** An output above 0 says yes. */
function binary(): Tally {
  const scores: number[][] = [];
  const answered: number[][] = [];
  return {
    add(outputs, answers, count) {
      eachColumn(outputs["outputs"]!, count, scores);
      eachColumn(answers, count, answered);
    },
    score() {
      const judged = scores.map((column, output) => judge(column, answered[output]!));
      const error = mean(judged.map(({ wrong }) => wrong));
      const auc = judged.flatMap(({ auc }) => auc ?? []);
      const metrics = { accuracy: 1 - error, macroF1: mean(judged.map(({ f1 }) => f1)) };
      return { error, metrics: auc.length === 0 ? metrics : { ...metrics, auc: mean(auc) } };
    },
  };
}

function judge(scores: readonly number[], answers: readonly number[]) {
  let [yes, taken, right, wrong] = [0, 0, 0, 0];
  for (const [i, answer] of answers.entries()) {
    const guess = Number(scores[i]! > 0);
    yes += answer;
    taken += guess;
    right += guess * answer;
    wrong += Number(guess !== answer);
  }
  const f1 = yes + taken === 0 ? 0 : (2 * right) / (yes + taken);
  return { wrong: wrong / answers.length, f1, auc: areaUnderRoc(scores, answers) };
}

/**
 * The chance that a yes scores above a no, ties counted half (Mann–Whitney); undefined without both.
 * @param scores [N]
 * @param answers [N] of 0 and 1.
 */
export function areaUnderRoc(scores: readonly number[], answers: readonly number[]): number | undefined {
  const order = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]!);
  const yes = answers.reduce((total, answer) => total + answer, 0);
  const no = answers.length - yes;
  if (yes === 0 || no === 0) return undefined;
  let below = 0;
  let won = 0;
  for (let start = 0; start < order.length; ) {
    let end = start;
    let ties = 0;
    while (end < order.length && !(scores[order[end]!]! > scores[order[start]!]!))
      ties += answers[order[end++]!]!;
    const noTies = end - start - ties;
    won += ties * (below + noTies / 2);
    below += noTies;
    start = end;
  }
  return won / (yes * no);
}

/** Error 1 − R²: the share of the targets' variance that is left, mean over the outputs. */
function regression(): Tally {
  const outputs: number[][] = [];
  const targets: number[][] = [];
  return {
    add(computed, answers, count) {
      eachColumn(computed["outputs"]!, count, outputs);
      eachColumn(answers, count, targets);
    },
    score() {
      const off = outputs.map((column, c) => column.map((value, i) => value - targets[c]![i]!));
      const r2 = mean(off.map((column, c) => determination(column, targets[c]!)));
      const rmse = Math.sqrt(mean(off.map((column) => mean(column.map((d) => d * d)))));
      const mae = mean(off.map((column) => mean(column.map(Math.abs))));
      return { error: 1 - r2, metrics: { rmse, mae, r2 } };
    },
  };
}

/** R²; of targets without variance 1 where they are met and 0 where not, as scikit-learn's force_finite. */
function determination(off: readonly number[], targets: readonly number[]): number {
  const centre = mean(targets);
  const left = off.reduce((total, d) => total + d * d, 0);
  const all = targets.reduce((total, target) => total + (target - centre) ** 2, 0);
  if (all > 0) return 1 - left / all;
  return left === 0 ? 1 : 0;
}

/** Appends the first `count` rows of [B, C] to one list for each column. */
function eachColumn({ data, shape }: NdArray, count: number, into: number[][]): void {
  const width = shape[1]!;
  for (let column = 0; column < width; column++) {
    into[column] ??= [];
    for (let i = 0; i < count; i++) into[column]!.push(Number(data[i * width + column]));
  }
}

function sum(values: readonly number[], count: number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += values[i]!;
  return total;
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

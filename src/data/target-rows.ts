/** @file Targets as files write them: one or more numbers a row, and which columns or fields hold them. */
import { FathomError, type NdArray, ndarray } from "../tensor/index.ts";
import { Chunked } from "./chunked.ts";
import type { ReadOptions } from "./options.ts";
import { type Task, tasks } from "./tasks.ts";

/**
 * The columns or fields of numbers that the options ask for: those named as targets, else the label of a regression; none
 * of a task of classes, and of a binary task whose answers are two classes.
 * @throws FathomError bad-input for a task that there is not, targets beside classes, an empty list or a name twice.
 */
export function askedTargets(
  { task, target }: Pick<ReadOptions, "task" | "target">,
  where: string,
): "label" | readonly string[] | undefined {
  if (task !== undefined && !tasks.includes(task)) {
    throw badTarget(
      `${where}, task`,
      `There is no task ${JSON.stringify(task)}.`,
      `Give ${tasks.join(", ")}.`,
    );
  }
  if (target === undefined) return task === "regression" ? "label" : undefined;
  if (task === "classes") {
    throw badTarget(
      `${where}, target`,
      "A task of classes has a label and no targets.",
      "Leave out one of the two.",
    );
  }
  const twice = target.find((name, i) => target.indexOf(name) !== i);
  if (target.length === 0 || twice !== undefined) {
    const message =
      twice === undefined ? "No target is named." : `The target ${JSON.stringify(twice)} is named twice.`;
    throw badTarget(`${where}, target`, message, "Name each column of numbers to predict once.");
  }
  return target;
}

/** The task that goes with {@link askedTargets}. */
export function askedTask({ task }: Pick<ReadOptions, "task">): Exclude<Task, "classes"> {
  return task === "binary" ? "binary" : "regression";
}

/** Targets of the rows of a file. */
export class TargetRows {
  readonly names: readonly string[];
  readonly task: Exclude<Task, "classes">;
  readonly #values: Chunked<Float32Array>;

  /** @param name The file, for messages. */
  constructor(name: string, names: readonly string[], task: Exclude<Task, "classes">) {
    this.names = names;
    this.task = task;
    this.#values = new Chunked(Float32Array, name);
  }

  get count(): number {
    return this.#values.length / this.names.length;
  }

  /**
   * Adds a row.
   * @throws FathomError bad-input at the place, naming the target, for what is no finite float32, or neither 0 nor 1 of yes
   * and no.
   */
  add(values: ArrayLike<number>, place: string): void {
    for (const [i, name] of this.names.entries()) {
      const value = Math.fround(values[i]!);
      if (!Number.isFinite(value) || (this.task === "binary" && value !== 0 && value !== 1)) {
        const wanted =
          this.task === "binary"
            ? "Targets of a binary task are 0 or 1."
            : "Targets are finite float32 numbers.";
        throw badTarget(place, `The target ${JSON.stringify(name)} is ${values[i]}.`, wanted);
      }
      this.#values.push(value);
    }
  }

  /** [rows.length, targets] */
  take(rows: Int32Array): NdArray<"float32"> {
    const width = this.names.length;
    const data = new Float32Array(rows.length * width);
    for (const [i, row] of rows.entries()) this.#values.copy(row * width, (row + 1) * width, data, i * width);
    return ndarray("float32", [rows.length, width], data);
  }
}

function badTarget(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", where, message, hint });
}

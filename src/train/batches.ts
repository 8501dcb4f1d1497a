/**
 * @file The order in which examples are visited: one endless stream of epochs, each a fresh permutation of the run's
 * rows drawn from key.split(epoch), cut into batches. A batch may take the last rows of one epoch and the first of
 * the next, so every epoch visits every row exactly once whatever the batch size; and the batch of any step is a
 * function of (key, step) alone, which is what makes a run resumable at every step.
 */
import { type Key, type NdArray, ndarray, permutation } from "../tensor/index.ts";

/** Where a run stands in its data. */
export interface EpochPosition {
  /** Epochs finished. */
  readonly epoch: number;
  /** Rows visited of the epoch under way. */
  readonly position: number;
}

/** The batches of one run. Keeps the permutation it used last, because steps mostly come in order. */
export class BatchOrder {
  readonly #key: Key;
  readonly #rows: Int32Array;
  readonly #batch: number;
  #epoch = -1;
  #order: Int32Array = new Int32Array();

  /**
   * @param key The run's stream for the order: `key.split("order")`.
   * @param rows The rows of the data set that the run may visit.
   * @param batch Rows a step.
   */
  constructor(key: Key, rows: Int32Array, batch: number) {
    this.#key = key;
    this.#rows = rows;
    this.#batch = batch;
  }

  /**
   * Row indices of steps start … start + count - 1.
   * @returns Array [count, batch] of rows of the data set.
   * @example new BatchOrder(key.split("order"), rows, 128).indices(0, 10)
   */
  indices(start: number, count: number): NdArray<"int32"> {
    const indices = new Int32Array(count * this.#batch);
    const first = start * this.#batch;
    for (let i = 0; i < indices.length; i++) indices[i] = this.#rowAt(first + i);
    return ndarray("int32", [count, this.#batch], indices);
  }

  /** Where the run stands after `step` steps. */
  positionAfter(step: number): EpochPosition {
    const visited = step * this.#batch;
    return { epoch: Math.floor(visited / this.#rows.length), position: visited % this.#rows.length };
  }

  #rowAt(place: number): number {
    const epoch = Math.floor(place / this.#rows.length);
    if (epoch !== this.#epoch) {
      this.#order = permutation(this.#key.split(epoch), this.#rows.length);
      this.#epoch = epoch;
    }
    return this.#rows[this.#order[place % this.#rows.length]!]!;
  }
}

/** Steps that visit `rows` rows `epochs` times, the last batch completed from the epoch after. */
export function stepsOf(epochs: number, rows: number, batch: number): number {
  return Math.max(1, Math.ceil((epochs * rows) / batch));
}

/**
 * @file The seconds that a survey may spend: predicted ones, on two cores, and not the clock's, so that the same command
 * answers the same questions on every machine.
 */

/** A budget is a wish: what is about to finish is not cut off for a few seconds. */
const graceSeconds = 5;

/** Counts what is spent; made once a survey. */
export class Budget {
  /** All of it, in seconds. */
  readonly seconds: number;
  #spent = 0;
  #wanted = 0;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  get secondsLeft(): number {
    return this.seconds - this.#spent;
  }

  /** Why a question of this cost must be left out, with the minutes that it and all before it need; undefined when not. */
  refusal(cost: number): string | undefined {
    this.#wanted += cost;
    const left = this.secondsLeft;
    if (cost <= left + graceSeconds) return undefined;
    const minutes = Math.ceil((this.#wanted / 60) * 10) / 10;
    return `it takes about ${cost.toFixed(0)} s and ${Math.max(0, left).toFixed(0)} s of the budget are left; give --minutes ${minutes}`;
  }

  spend(cost: number): void {
    this.#spent += cost;
  }
}

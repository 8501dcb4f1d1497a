/** @file One number a step, by name: losses, gradient norms and what else steps are asked for. */
import type { NdArray } from "../tensor/index.ts";

/** Series that grow with a run; their length is doubled where it is outgrown. */
export class StepSeries {
  readonly #most: number;
  readonly #series = new Map<string, Float64Array>();

  /**
   * @param begun Series so far, [steps taken] each; copied.
   * @param most Steps of the whole run.
   */
  constructor(begun: Readonly<Record<string, Float64Array>>, most: number) {
    this.#most = most;
    for (const [name, values] of Object.entries(begun)) this.#series.set(name, values.slice());
  }

  /** The first `steps` numbers of a series, [steps]: a view. */
  of(name: string, steps: number): Float64Array {
    return (this.#series.get(name) ?? new Float64Array()).subarray(0, steps);
  }

  /** Puts what steps from … to - 1 gave in its place, [to - from] by name. */
  put(collected: Readonly<Record<string, NdArray>>, from: number, to: number): void {
    for (const [name, { data }] of Object.entries(collected)) {
      let kept = this.#series.get(name) ?? new Float64Array();
      if (to > kept.length) {
        const longer = new Float64Array(Math.min(this.#most, Math.max(to, 2 * kept.length)));
        longer.set(kept);
        this.#series.set(name, longer);
        kept = longer;
      }
      kept.set(data as Float64Array, from);
    }
  }
}

/**
 * @file The random numbers that steps are fed (dropout's, ESAM's), drawn on the host. Those of a step are a function of
 * (key, name, step) alone, so a resumed run goes on with the same bits however its steps are split into calls.
 */
import type { Noise } from "../net/index.ts";
import { type FloatDType, type Key, type NdArray, sizeOf, uniform } from "../tensor/index.ts";

/** Noise that one call of the loop may be fed, in numbers: 64 MB in float32. */
const MAX_NUMBERS = 2 ** 24;

interface Stream {
  readonly name: string;
  readonly key: Key;
  readonly shape: readonly number[];
}

/** What the rows of a batch are fed, from what one is fed. @example new NoiseStream(key, ofRows(model.noise, 128), "float32") */
export function ofRows(noise: readonly Noise[], batch: number): Noise[] {
  return noise.map(({ name, shape }) => ({ name, shape: [batch, ...shape] }));
}

/** The noise of one run. */
export class NoiseStream {
  readonly #streams: readonly Stream[];
  readonly #dtype: FloatDType;
  /** Steps whose noise fits into one call. */
  readonly mostSteps: number;

  /**
   * @param key The run's stream for noise: `key.split("noise")`.
   * @param drawn What a step is fed.
   */
  constructor(key: Key, drawn: readonly Noise[], dtype: FloatDType) {
    this.#streams = drawn.map(({ name, shape }) => ({ name, key: key.split(name), shape }));
    this.#dtype = dtype;
    const perStep = this.#streams.reduce((total, { shape }) => total + sizeOf(shape), 0);
    this.mostSteps = Math.max(1, Math.floor(MAX_NUMBERS / Math.max(1, perStep)));
  }

  /**
   * The noise of steps start … start + count - 1, uniform in [0, 1).
   * @returns By name, [count, ...shape].
   */
  draw(start: number, count: number): Record<string, NdArray> {
    const entries = this.#streams.map(({ name, key, shape }) => {
      const options = { start: start * sizeOf(shape) };
      return [name, uniform(key, this.#dtype, [count, ...shape], options)] as const;
    });
    return Object.fromEntries(entries);
  }
}

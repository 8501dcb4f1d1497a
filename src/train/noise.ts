/**
 * @file The random numbers of training mode (dropout), drawn on the host and fed to every step. Those of a step are a
 * function of (key, name, step) alone, so a resumed run goes on with the same bits however its steps are split into calls.
 */
import type { Noise } from "../net/index.ts";
import { type FloatDType, type Key, type NdArray, sizeOf, uniform } from "../tensor/index.ts";

/** Noise that one call of the loop may be fed, in numbers: 64 MB in float32. */
const MAX_NUMBERS = 2 ** 24;

interface Stream {
  readonly name: string;
  readonly key: Key;
  /** [batch, ...shape] */
  readonly shape: readonly number[];
}

/** The noise of one run. */
export class NoiseStream {
  readonly #streams: readonly Stream[];
  readonly #dtype: FloatDType;
  /** Steps whose noise fits into one call. */
  readonly mostSteps: number;

  /** @param key The run's stream for noise: `key.split("noise")`. */
  constructor(
    key: Key,
    noise: readonly Noise[],
    { batch, dtype }: { readonly batch: number; readonly dtype: FloatDType },
  ) {
    this.#streams = noise.map(({ name, shape }) => ({
      name,
      key: key.split(name),
      shape: [batch, ...shape],
    }));
    this.#dtype = dtype;
    const perStep = this.#streams.reduce((total, { shape }) => total + sizeOf(shape), 0);
    this.mostSteps = Math.max(1, Math.floor(MAX_NUMBERS / Math.max(1, perStep)));
  }

  /**
   * The noise of steps start … start + count - 1, uniform in [0, 1).
   * @returns By name, [count, batch, ...shape].
   */
  draw(start: number, count: number): Record<string, NdArray> {
    const entries = this.#streams.map(({ name, key, shape }) => {
      const options = { start: start * sizeOf(shape) };
      return [name, uniform(key, this.#dtype, [count, ...shape], options)] as const;
    });
    return Object.fromEntries(entries);
  }
}

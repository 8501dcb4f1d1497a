/**
 * @file Positions of tokens: y_p = x_p + e_p, e a learned table with entries N(0, sw2), or the fixed sinusoids
 * `e[p, 2i] = sin(p/10000^{2i/C})`, `e[p, 2i+1] = cos` of the same.
 */
import { z } from "zod";
import { add, constant } from "../../expr/index.ts";
import { FathomError, ndarray } from "../../tensor/index.ts";
import { positional as positionalStep } from "../../theory/index.ts";
import { defineLayer, gaussian } from "../define.ts";
import { nonNegative } from "../options.ts";
import { requireTokens } from "../tokens.ts";

/** The longest wavelength is 2π times this. */
const BASE = 10_000;

function sinusoids(count: number, channels: number): number[] {
  return Array.from({ length: count * channels }, (_, k) => {
    const [position, channel] = [Math.floor(k / channels), k % channels];
    const angle = position / BASE ** ((channel - (channel % 2)) / channels);
    return channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

export const positional = defineLayer({
  kind: "positional",
  summary: "adds to every token a vector that depends on its position: learned, or sinusoids",
  options: z.strictObject({
    encoding: z
      .enum(["learned", "sinusoidal"])
      .default("learned")
      .describe("learned (a table with entries N(0, sw2)) or sinusoidal (fixed)"),
    sw2: nonNegative.default(1).describe("variance of the learned table: a finite number, 0 or more"),
  }),
  shape: (_, input, place) => {
    requireTokens(input, place);
    return input;
  },
  params: ({ encoding, sw2 }, input) =>
    encoding === "learned" ? { table: gaussian(input.shape, sw2, 1) } : {},
  multiplications: () => 0,
  apply: ({ encoding }, { table }, x) => {
    if (encoding === "learned") return add(x, table!);
    const [, count, channels] = x.shape as [number, number, number];
    return add(x, constant(ndarray(x.dtype, [count, channels], sinusoids(count, channels))));
  },
  meanField: ({ encoding, sw2 }) => {
    if (encoding === "learned") return positionalStep({ variance: sw2 });
    throw new FathomError({
      code: "unsupported",
      message: "the mean-field rule of fixed sinusoids is missing.",
      hint: 'Use "encoding": "learned", or measure the finite network.',
    });
  },
  covariance: ({ encoding, sw2 }, { input, own: { table } }) =>
    encoding === "learned"
      ? { op: "positional", encoding, variance: sw2, table: table! }
      : { op: "positional", encoding, channels: input.shape[1]! },
});

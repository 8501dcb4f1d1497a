/** @file Polynomials: powers, powers right of 0, normalised Hermite polynomials, and any list of coefficients. */
import { z } from "zod";
import {
  add,
  broadcastTo,
  cast,
  constant,
  greaterEqual,
  mul,
  relu,
  square,
  sub,
  type Tensor,
} from "../../expr/index.ts";
import { finite } from "../options.ts";
import { defineParametricActivation } from "./define.ts";

const largestDegree = 32;
const degree = z
  .int()
  .min(0)
  .max(largestDegree)
  .default(2)
  .describe(`power: a whole number from 0 to ${largestDegree}`);

/** The number, everywhere in the shape of x. */
function everywhere(value: number, x: Tensor): Tensor {
  return broadcastTo(constant(value, x.dtype), x.shape);
}

/** xⁿ by squaring. */
export function wholePower(x: Tensor, n: number): Tensor {
  if (n === 0) return everywhere(1, x);
  if (n === 1) return x;
  const half = square(wholePower(x, Math.floor(n / 2)));
  return n % 2 === 0 ? half : mul(half, x);
}

export const monomial = defineParametricActivation({
  kind: "monomial",
  summary: "φ(x) = xⁿ, n = degree",
  params: z.strictObject({ degree }),
  apply: ({ degree }, x) => wholePower(x, degree),
});

export const rectifiedMonomial = defineParametricActivation({
  kind: "rectifiedMonomial",
  summary: "φ(x) = xⁿ for x ≥ 0, 0 otherwise, n = degree; n = 0 is the step",
  params: z.strictObject({ degree }),
  apply: ({ degree }, x) => (degree === 0 ? cast(greaterEqual(x, 0), x.dtype) : wholePower(relu(x), degree)),
});

export const hermite = defineParametricActivation({
  kind: "hermite",
  summary: "φ(x) = Heₙ(x)/√n!, n = degree, the normalised Hermite polynomial",
  params: z.strictObject({ degree }),
  apply: ({ degree }, x) => {
    let before: Tensor | undefined;
    let value = everywhere(1, x);
    for (let k = 0; k < degree; k++) {
      const product = k === 0 ? x : mul(x, value);
      const next = before === undefined ? product : sub(product, mul(before, Math.sqrt(k)));
      [before, value] = [value, mul(next, 1 / Math.sqrt(k + 1))];
    }
    return value;
  },
});

function readCoefficients(inside: string): Record<string, unknown> | string {
  const words = inside.split(",").map((word) => word.trim());
  const bad = words.find((word) => word === "" || !Number.isFinite(Number(word)));
  return bad === undefined ? { coefficients: words.map(Number) } : `"${bad}" is not a number`;
}

export const polynomial = defineParametricActivation({
  kind: "polynomial",
  summary: "φ(x) = c₀ + c₁·x + c₂·x² + …",
  params: z.strictObject({
    coefficients: z
      .array(finite)
      .min(1)
      .max(largestDegree + 1)
      .default([0, 1])
      .describe("of 1, x, x², …: 1 to 33 finite numbers"),
  }),
  text: { read: readCoefficients, write: ({ coefficients }) => coefficients.join(", ") },
  apply: ({ coefficients }, x) => {
    const [top, ...rest] = coefficients.toReversed() as [number, ...number[]];
    if (rest.length === 0) return everywhere(top, x);
    return rest.slice(1).reduce((value, c) => add(mul(value, x), c), add(mul(x, top), rest[0]!));
  },
});

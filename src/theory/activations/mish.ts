/**
 * @file Mish x tanh(softplus(x)) = x t(x), t = n/(n + 2), n = e^{2x} + 2e^x; its Gaussian integrals are integrated.
 * Derivatives: t' = 2n'/(n + 2)², t'' = 2n''/(n + 2)² - 4n'²/(n + 2)³.
 */
import type { ScalarActivation } from "../activation.ts";

/** t, t' and t'' at x; for x > 0 numerator and denominator are divided by e^{2x} so that nothing overflows. */
function gate(x: number): { readonly t: number; readonly t1: number; readonly t2: number } {
  const e = Math.exp(-Math.abs(x));
  if (x > 0) {
    const d = 1 + 2 * e + 2 * e * e;
    const t1 = (4 * (1 + e) * e * e) / (d * d);
    const t2 = e * e * ((8 + 4 * e) / (d * d) - (16 * (1 + e) ** 2) / (d * d * d));
    return { t: (1 + 2 * e) / d, t1, t2 };
  }
  const n = e * (e + 2);
  const n1 = 2 * e * (e + 1);
  const d = n + 2;
  return {
    t: n / d,
    t1: (2 * n1) / (d * d),
    t2: (4 * e * (2 * e + 1)) / (d * d) - (4 * n1 * n1) / (d * d * d),
  };
}

export function mish(): ScalarActivation {
  return {
    kind: "mish",
    parameters: {},
    f: (x) => x * gate(x).t,
    df: (x) => {
      const { t, t1 } = gate(x);
      return t + x * t1;
    },
    d2f: (x) => {
      const { t1, t2 } = gate(x);
      return 2 * t1 + x * t2;
    },
    kinks: [],
    taylor: [0, 3 / 5, 16 / 25, -12 / 125],
    moments: {},
  };
}

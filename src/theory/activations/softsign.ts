/** @file Soft sign x/(1 + |x|), whose second derivative jumps at 0; its Gaussian integrals are integrated. */
import type { ScalarActivation } from "../activation.ts";

export function softsign(): ScalarActivation {
  return {
    kind: "softsign",
    parameters: {},
    f: (x) => x / (1 + Math.abs(x)),
    df: (x) => (1 / (1 + Math.abs(x))) ** 2,
    d2f: (x) => -2 * Math.sign(x) * (1 / (1 + Math.abs(x))) ** 3,
    kinks: [0],
    moments: { m: () => 0 },
  };
}

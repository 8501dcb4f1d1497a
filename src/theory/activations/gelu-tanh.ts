/**
 * @file The tanh approximation of gelu, ½x(1 + tanh u) = x σ(2u), u = sqrt(2/π)(x + 0.044715 x³): another activation, with a
 * critical point of its own. Its Gaussian integrals are integrated.
 */
import type { ScalarActivation } from "../activation.ts";
import { activationConstants } from "./constants.ts";
import { logistic } from "./logistic.ts";

const { scale, cubic } = activationConstants.geluTanh;
/** Beyond it σ(2u) is 0 or 1 to every digit of float64, and the powers of x below may overflow. */
const SATURATED = 40;

/** s = σ(w) at w = 2u, and dw/dx, d²w/dx². */
function gate(x: number) {
  const w = 2 * scale * (x + cubic * x * x * x);
  return {
    s: logistic(w),
    rest: logistic(-w),
    w1: 2 * scale * (1 + 3 * cubic * x * x),
    w2: 12 * scale * cubic * x,
  };
}

export function geluTanh(): ScalarActivation {
  return {
    kind: "geluTanh",
    parameters: {},
    f: (x) => (Math.abs(x) > SATURATED ? Math.max(x, 0) : x * gate(x).s),
    df: (x) => {
      if (Math.abs(x) > SATURATED) return x > 0 ? 1 : 0;
      const { s, rest, w1 } = gate(x);
      return s * (1 + x * rest * w1);
    },
    d2f: (x) => {
      if (Math.abs(x) > SATURATED) return 0;
      const { s, rest, w1, w2 } = gate(x);
      return s * rest * (2 * w1 + x * w2 + x * (rest - s) * w1 * w1);
    },
    kinks: [],
    taylor: [0, 1 / 2, scale, 0],
    moments: {},
  };
}

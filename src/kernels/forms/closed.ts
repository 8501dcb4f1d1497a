/** @file The closed duals of kernels.md §3 as forms, by kind: constants and slots as assembly/covariance/forms-*.ts reads them. */

import { FathomError } from "../../tensor/index.ts";
import { activationConstants, arcCosineCoefficients, type ScalarActivation } from "../../theory/index.ts";
import { type ActivationForm, closedForm, forms, root } from "./form.ts";

type Numbers = Readonly<Record<string, number>>;
type Maker = (act: ScalarActivation, given: Numbers) => ActivationForm | undefined;

const NO_SLOTS = { slots: 0, of: () => [] };

/** k = p·c + q. */
const line = (act: ScalarActivation, p: number, q: number) =>
  closedForm(act, { id: forms.line, constants: [p, q], ...NO_SLOTS });

const abRelu = (act: ScalarActivation, a: number, b: number) =>
  closedForm(act, {
    id: forms.abRelu,
    constants: [(a * a + b * b) / 2, a * b, (b - a) ** 2 / 2, (b - a) ** 2],
    slots: 2,
    of: root,
  });

/** With e = 1/2b²: s, sqrt(v + e) and e v + e²/2; without a slope a constant. */
function erf(act: ScalarActivation, a: number, b: number, c0: number): ActivationForm {
  if (b === 0) return line(act, 0, c0 * c0);
  const e = 1 / (2 * b * b);
  return closedForm(act, {
    id: forms.erf,
    constants: [(2 * a * a) / Math.PI, c0 * c0],
    slots: 3,
    of: (v) => [Math.sqrt(v), Math.sqrt(v + e), e * v + (e * e) / 2],
  });
}

/** a sin(b x + q), the phase by its squares. */
const wave = (act: ScalarActivation, a: number, b: number, sine2: number, cosine2: number) =>
  closedForm(act, {
    id: forms.wave,
    constants: [b * b, a * a, sine2, a * a * b * b, cosine2],
    slots: 1,
    of: (v) => [v / 2],
  });

/** Where b > 0 the variance after it is finite only below v = 1/4b. */
function gaussian(act: ScalarActivation, a: number, b: number): ActivationForm {
  return closedForm(act, {
    id: forms.gaussian,
    constants: [4 * b * b, a * a, 4 * a * a * b * b],
    slots: 2,
    of: (v) => {
      if (4 * b * v >= 1) throw diverges(b, v);
      return [Math.sqrt(v), 1 / 2 - 2 * b * v];
    },
  });
}

function diverges(b: number, v: number): FathomError {
  return new FathomError({
    code: "bad-input",
    message: `E φ² of gaussian with b = ${b} diverges at variance ${v}.`,
    where: "gaussian.b",
    hint: "Take b < 0, or keep 4bv < 1.",
  });
}

/** More coefficients than a record carries: the series of such a smooth function is short anyway. */
const HIGHEST_DEGREE = 7;

function rectified(act: ScalarActivation, n: number): ActivationForm | undefined {
  if (n > HIGHEST_DEGREE) return undefined;
  const below = n === 0 ? [] : arcPower(n - 1).map((c) => n * n * c);
  const constants = [n, ...arcPower(n), ...below];
  return closedForm(act, { id: forms.rectified, constants, slots: 2, of: root });
}

/** J_n/2π = sin θ P_n/2π + ψ Q_n, ψ = (π - θ)/2π: the coefficients of Q_n, then of P_n/2π, of their own parity. */
function arcPower(n: number): number[] {
  const { P, Q } = arcCosineCoefficients(n);
  const of = (p: readonly number[], first: number, count: number) =>
    Array.from({ length: count }, (_, i) => p[first + 2 * i] ?? 0);
  const ofP = of(P, (n + 1) % 2, Math.floor((n + 1) / 2));
  return [...of(Q, n % 2, Math.floor(n / 2) + 1), ...ofP.map((c) => c / (2 * Math.PI))];
}

const makers: Readonly<Record<string, Maker>> = {
  linear: (act) => line(act, 1, 0),
  relu: (act) => abRelu(act, 0, 1),
  leakyRelu: (act, { alpha }) => abRelu(act, alpha!, 1),
  abRelu: (act, { a, b }) => abRelu(act, a!, b!),
  abs: (act) => abRelu(act, -1, 1),
  sign: (act) => closedForm(act, { id: forms.sign, slots: 2, of: root }),
  erf: (act, { a = 1, b = 1, c0 = 0 }) => erf(act, a, b, c0),
  sigmoidLike: (act) => erf(act, 1 / 2, 1 / activationConstants.sigmoidLike.scale, 1 / 2),
  gelu: (act) =>
    closedForm(act, {
      id: forms.gelu,
      slots: 4,
      of: (v) => [Math.sqrt(v), Math.sqrt(1 + v), v + 1 / 2, 1 / (1 + v)],
    }),
  sin: (act, { a = 1, b = 1, p = 0 }) => wave(act, a, b, Math.sin(p) ** 2, Math.cos(p) ** 2),
  cos: (act, { a = 1, b = 1, p = 0 }) => wave(act, a, b, Math.cos(p) ** 2, Math.sin(p) ** 2),
  rbf: (act, { gamma }) => wave(act, Math.SQRT2, Math.sqrt(2 * gamma!), 1 / 2, 1 / 2),
  exp: (act, { a, b }) => {
    const [square, scale] = [a! * a!, b! * b!];
    return closedForm(act, {
      id: forms.exp,
      constants: [scale, square, square * scale],
      slots: 1,
      of: (v) => [v / 2],
    });
  },
  expNormalized: (act, { gamma, shift }) =>
    closedForm(act, {
      id: forms.expNormalized,
      constants: [gamma!, gamma! * (1 + shift!)],
      slots: 2,
      of: root,
    }),
  gaussian: (act, { a, b }) => gaussian(act, a!, b!),
  gabor: (act) => closedForm(act, { id: forms.gabor, slots: 2, of: (v) => [Math.sqrt(v), v] }),
  rectifiedMonomial: (act, { degree }) => rectified(act, degree!),
};

/** The closed form of an activation; undefined where there is none. */
export function closedFormOf(act: ScalarActivation): ActivationForm | undefined {
  // A function of one's own may have any name.
  if (act.moments.dual === undefined) return undefined;
  return makers[act.kind]?.(act, act.parameters as Numbers);
}

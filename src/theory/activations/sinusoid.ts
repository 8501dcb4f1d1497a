/**
 * @file Sine and cosine with amplitude, frequency and phase, a sin(b x + p) and a cos(b x + p), and rbf, the sinusoid whose
 * dual is the Gaussian kernel (kernels.md §3; duals from the characteristic function of the normal law). With
 * e± = exp(-b²(Ka + Kb)/2 ± b² C), E φφ = (a²/2)(e₊ - e₋ cos 2p), and with φ' = a b cos(b x + p) E φ'φ' is the same of the sine's
 * phase p + π/2. By cos 2p = 1 - 2 sin² p single moments are sums of terms >= 0: nothing cancels where K is small.
 */
import { FathomError } from "../../tensor/index.ts";
import type { ParameterValue, ScalarActivation } from "../activation.ts";
import { requireFinite } from "../checks.ts";

export interface WaveParameters {
  readonly a?: number;
  readonly b?: number;
  readonly p?: number;
}

/** a sin(b x + q) with the phase given by its sine and cosine, exact where q is 0, π/4 or π/2. */
interface Wave {
  readonly a: number;
  readonly b: number;
  readonly sine: number;
  readonly cosine: number;
}

/** @throws FathomError `bad-input` for a non-finite parameter. */
export function sin(given: WaveParameters = {}): ScalarActivation {
  const { a, b, p } = checked("sin", given);
  return {
    kind: "sin",
    parameters: { ...given } as Record<string, ParameterValue>,
    f: (x) => a * Math.sin(b * x + p),
    df: (x) => a * b * Math.cos(b * x + p),
    d2f: (x) => -a * b * b * Math.sin(b * x + p),
    ...known({ a, b, sine: Math.sin(p), cosine: Math.cos(p) }),
  };
}

/** @throws FathomError `bad-input` for a non-finite parameter. */
export function cos(given: WaveParameters = {}): ScalarActivation {
  const { a, b, p } = checked("cos", given);
  return {
    kind: "cos",
    parameters: { ...given } as Record<string, ParameterValue>,
    f: (x) => a * Math.cos(b * x + p),
    df: (x) => -a * b * Math.sin(b * x + p),
    d2f: (x) => -a * b * b * Math.cos(b * x + p),
    ...known({ a, b, sine: Math.cos(p), cosine: -Math.sin(p) }),
  };
}

/** @throws FathomError `bad-input` unless gamma > 0. */
export function rbf({ gamma = 1 }: { readonly gamma?: number } = {}): ScalarActivation {
  requireFinite(gamma, "rbf.gamma");
  if (!(gamma > 0)) {
    throw new FathomError({
      code: "bad-input",
      message: `rbf.gamma must be positive, got ${gamma}.`,
      where: "rbf.gamma",
      hint: "The kernel is exp(-gamma |x - x'|²).",
    });
  }
  const b = Math.sqrt(2 * gamma);
  const wave = sin({ a: Math.SQRT2, b, p: Math.PI / 4 });
  const exact = known({ a: Math.SQRT2, b, sine: Math.SQRT1_2, cosine: Math.SQRT1_2 });
  const f0 = wave.f(0);
  return {
    ...wave,
    ...exact,
    taylor: [f0, wave.df(0), wave.d2f!(0), -b * b * wave.df(0)],
    kind: "rbf",
    parameters: { gamma },
  };
}

function checked(kind: string, { a = 1, b = 1, p = 0 }: WaveParameters): Required<WaveParameters> {
  for (const [name, value] of Object.entries({ a, b, p })) requireFinite(value, `${kind}.${name}`);
  return { a, b, p };
}

/** What does not depend on how the phase is written: Taylor coefficients and moments. */
function known({ a, b, sine, cosine }: Wave): Pick<ScalarActivation, "kinks" | "taylor" | "moments"> {
  const scale = b * b;
  const [height, slope] = [a * a, a * a * scale];
  const [rising, falling] = [sine * sine, cosine * cosine];
  const value = waveMoments({ rising, falling, scale });
  const derivative = waveMoments({ rising: falling, falling: rising, scale });
  return {
    kinks: [],
    taylor: [a * sine, a * b * cosine, -a * scale * sine, -a * b * scale * cosine],
    moments: {
      B: (K) => height * value.square(K),
      A: (K) => slope * derivative.square(K),
      chiK: (K) => slope * (falling - rising) * Math.exp(-2 * scale * K),
      m: (K) => a * sine * Math.exp((-scale * K) / 2),
      A4: (K) => slope * slope * derivative.fourth(K),
      fourth: (K) => height * height * value.fourth(K),
      // sin² cos² = (1 - cos 4x)/8.
      mixedFourth: (K) => {
        const fall = -Math.expm1(-8 * scale * K);
        return height * slope * (fall / 8 + rising * falling * (1 - fall));
      },
      radial: (K) => slope * (falling - rising) * K * Math.exp(-2 * scale * K),
      dual: (Ka, Kb, C) => height * value.dual(Ka, Kb, C),
      dualDerivative: (Ka, Kb, C) => slope * derivative.dual(Ka, Kb, C),
    },
  };
}

interface Phase {
  /** sin² q. */
  readonly rising: number;
  /** cos² q. */
  readonly falling: number;
  /** b². */
  readonly scale: number;
}

/** Moments of sin(b x + q), with e = exp(-2b²K) and fall = 1 - e. */
function waveMoments({ rising, falling, scale }: Phase) {
  return {
    square: (K: number) => {
      const fall = -Math.expm1(-2 * scale * K);
      return fall / 2 + rising * (1 - fall);
    },
    // (3 - 4 e cos 2q + e⁴ cos 4q)/8.
    fourth: (K: number) => {
      const fall = -Math.expm1(-2 * scale * K);
      const e = 1 - fall;
      const sine = (fall * fall * (3 + 2 * e + e * e)) / 8;
      return sine + rising * e * fall * (1 + e + e * e) + (rising * e * e) ** 2;
    },
    dual: (Ka: number, Kb: number, C: number) => {
      const mid = Ka / 2 + Kb / 2;
      const against = Math.exp(scale * (-C - mid));
      if (Math.abs(scale * C) < 1) return Math.exp(-scale * mid) * Math.sinh(scale * C) + rising * against;
      return (Math.exp(scale * (C - mid)) - against * (falling - rising)) / 2;
    },
  };
}

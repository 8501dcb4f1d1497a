/**
 * @file Sine and cosine with amplitude, frequency and phase, a sin(b x + p) and a cos(b x + p), and rbf, the sinusoid whose
 * dual is the Gaussian kernel (kernels.md §3; duals from the characteristic function of the normal law). With
 * e± = exp(-b²(Ka + Kb)/2 ± b² C), E φφ = (a²/2)(e₊ - e₋ cos 2p) and E φ'φ' = (a²b²/2)(e₊ + e₋ cos 2p).
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
  const half = (a * a) / 2;
  const scale = b * b;
  const cos2 = cosine * cosine - sine * sine;
  const cos4 = 2 * cos2 * cos2 - 1;
  const decay = (K: number) => Math.exp(-2 * scale * K);
  /** e₊ and e₋: at most 1, so neither overflows. */
  const waves = (Ka: number, Kb: number, C: number): readonly [number, number] => {
    const mid = Ka / 2 + Kb / 2;
    return [Math.exp(scale * (C - mid)), Math.exp(scale * (-C - mid))];
  };
  return {
    kinks: [],
    taylor: [a * sine, a * b * cosine, -a * scale * sine, -a * b * scale * cosine],
    moments: {
      B: (K) => half * (2 * sine * sine - cos2 * Math.expm1(-2 * scale * K)),
      A: (K) => half * scale * (2 * cosine * cosine + cos2 * Math.expm1(-2 * scale * K)),
      chiK: (K) => 2 * half * scale * cos2 * decay(K),
      m: (K) => a * sine * Math.exp((-scale * K) / 2),
      A4: (K) => (2 * half * scale) ** 2 * (3 / 8 + (cos2 / 2) * decay(K) + (cos4 / 8) * decay(4 * K)),
      fourth: (K) => (2 * half) ** 2 * (3 / 8 - (cos2 / 2) * decay(K) + (cos4 / 8) * decay(4 * K)),
      mixedFourth: (K) => ((2 * half) ** 2 * scale * (1 - cos4 * decay(4 * K))) / 8,
      radial: (K) => 2 * half * scale * cos2 * K * decay(K),
      dual: (Ka, Kb, C) => {
        const [alike, against] = waves(Ka, Kb, C);
        if (Math.abs(scale * C) >= 1) return half * (alike - against * cos2);
        const mid = Ka / 2 + Kb / 2;
        return 2 * half * (Math.exp(-scale * mid) * Math.sinh(scale * C) + against * sine * sine);
      },
      dualDerivative: (Ka, Kb, C) => {
        const [alike, against] = waves(Ka, Kb, C);
        return half * scale * (alike + against * cos2);
      },
    },
  };
}

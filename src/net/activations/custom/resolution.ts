/**
 * @file On what length a `custom` activation varies. Quadratures resolve the length 1; where an integral whose panels are doubled
 * until it settles disagrees, the activation is told to vary on a shorter one, around 0 (tanh(50 x)) or everywhere (sin(5 x)).
 */
import { FathomError } from "../../../tensor/index.ts";
import {
  derivativeMoment,
  expect,
  expect2,
  type ScalarActivation,
  secondMoment,
} from "../../../theory/index.ts";

/** Relative error of moments that counts as none. */
const SETTLED = 1e-9;
const variances = [1, 9];
const aroundZero = [1, 1 / 4, 1 / 16, 1 / 64, 1 / 256];
const everywhere = [1, 1 / 4, 1 / 16, 1 / 64];
/** Panel ends close to 0, so that doubling sees what happens there. */
const nearZero = Array.from({ length: 15 }, (_, k) => 2 ** -k).flatMap((h) => [h, -h]);

type Moment = typeof secondMoment;

interface Reference {
  readonly moment: Moment;
  readonly K: number;
  readonly value: number;
}

/**
 * The activation with the longest length that resolves it.
 * @throws FathomError unsupported where none does.
 */
export function resolved(text: string, act: ScalarActivation): ScalarActivation {
  const references = referencesOf(act);
  const settled = (candidate: ScalarActivation) =>
    references?.every(
      ({ moment, K, value }) => Math.abs(moment(candidate, K) - value) <= SETTLED * Math.abs(value),
    );
  for (const scale of aroundZero) {
    const candidate = scale === 1 ? act : { ...act, scale };
    if (settled(candidate)) return candidate;
  }
  for (const scale of everywhere) {
    const candidate = { ...act, scale, oscillates: true as const };
    if (settled(candidate)) return withPairs(candidate);
  }
  throw new FathomError({
    code: "unsupported",
    message: `"${text}" varies too fast for its Gaussian integrals to be resolved.`,
    where: "custom.expression",
    hint: "Scale x down, so that the activation varies on lengths of about 1, or list its kinks.",
  });
}

/** Second moments of φ and φ' by doubling; those that count beyond the panels are left out. Undefined where one does not settle. */
function referencesOf(act: ScalarActivation): Reference[] | undefined {
  const kinks = [...act.kinks, ...nearZero];
  const found: Reference[] = [];
  try {
    for (const K of variances) {
      for (const [moment, f] of [
        [secondMoment, act.f],
        [derivativeMoment, act.df],
      ] as const) {
        const square = (h: number) => f(h) ** 2;
        const value = expect(square, K, { kinks, tolerance: 1e-11 });
        if (!growsFast(square, K, value)) found.push({ moment, K, value });
      }
    }
  } catch (error) {
    if (error instanceof FathomError && error.code === "failed") return undefined;
    throw error;
  }
  return found;
}

/** Whether f is still felt at nine standard deviations, where the panels of the reference end. */
function growsFast(f: (h: number) => number, K: number, value: number): boolean {
  const edge = 9 * Math.sqrt(K);
  return Math.max(f(edge), f(-edge)) * Math.exp(-81 / 2) > 1e-13 * value;
}

/** Integrals over pairs by panels that are doubled until they settle: slower, and refused where they do not. */
function withPairs(act: ScalarActivation): ScalarActivation {
  const { f, df, kinks } = act;
  const mean = (g: (h: number) => number) => (Ka: number, Kb: number, C: number) =>
    expect2((u, v) => g(u) * g(v), { Ka, Kb, C }, { kinks, tolerance: 1e-8 });
  return { ...act, moments: { dual: mean(f), dualDerivative: mean(df) } };
}

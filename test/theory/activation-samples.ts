/** @file Every activation of the table, with parameters away from their defaults too, and how far its integrals can be trusted. */
import { activationKinds, type ScalarActivation, scalarActivation } from "../../src/theory/index.ts";

export interface Sample {
  readonly name: string;
  readonly act: ScalarActivation;
  /** Largest K at which the fixed panels integrate all its moments: faster oscillation or growth escapes them. */
  readonly integrable: number;
}

const limits: Readonly<Record<string, number>> = {
  sin: 4,
  cos: 3,
  rbf: 2,
  exp: 0.6,
  gabor: 1e3,
};

function sample(spec: string | { readonly kind: string; readonly [parameter: string]: unknown }): Sample {
  const act = scalarActivation(spec);
  const integrable = limits[act.kind] ?? Number.POSITIVE_INFINITY;
  return { name: typeof spec === "string" ? spec : JSON.stringify(spec), act, integrable };
}

/** Kernel-only kinds have no function to integrate. */
const plain = activationKinds.filter((kind) => kind !== "expNormalized").map(sample);

const withParameters: readonly Sample[] = [
  sample({ kind: "leakyRelu", alpha: 0.3 }),
  sample({ kind: "abRelu", a: -0.7, b: 1.4 }),
  sample({ kind: "erf", a: 0.7, b: 1.3, c0: 0.2 }),
  sample({ kind: "sin", a: 1.2, b: 0.8, p: 0.3 }),
  sample({ kind: "cos", a: 1.2, b: 0.8, p: 0.3 }),
  sample({ kind: "elu", alpha: 0.5 }),
  sample({ kind: "rbf", gamma: 0.7 }),
  { ...sample({ kind: "exp", a: 0.5, b: 0.6 }), integrable: 1.6 },
  { ...sample({ kind: "gaussian", a: 1.1, b: 0.02 }), integrable: 3 },
  sample({ kind: "gaussian", a: 1.1, b: -0.7 }),
  ...[0, 1, 3, 5].map((degree) => sample({ kind: "hermite", degree })),
  ...[0, 1, 3, 4].map((degree) => sample({ kind: "monomial", degree })),
  ...[0, 1, 3, 4].map((degree) => sample({ kind: "rectifiedMonomial", degree })),
  sample({ kind: "polynomial", coefficients: [0.3, -1, 0.5, 0.25, -0.1] }),
];

export const samples: readonly Sample[] = [...plain, ...withParameters];

/** Whether φ itself jumps: then its derivative almost everywhere leaves out the jump. */
export function jumps({ act }: Sample): boolean {
  return act.kinks.some((kink) => Math.abs(act.f(kink + 1e-12) - act.f(kink - 1e-12)) > 1e-6);
}

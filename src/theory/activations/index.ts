/** @file The table of activations by name. Adding one is adding a file and a line here. */
import { FathomError } from "../../tensor/index.ts";
import type { ParameterValue, ScalarActivation } from "../activation.ts";
import { nearestName, requireFinite } from "../checks.ts";
import { arctan } from "./arctan.ts";
import { elu, selu } from "./elu.ts";
import { erf, sigmoidLike } from "./erf.ts";
import { expNormalized } from "./exp-normalized.ts";
import { exponential } from "./exponential.ts";
import { gabor } from "./gabor.ts";
import { gaussian } from "./gaussian.ts";
import { gelu } from "./gelu.ts";
import { geluTanh } from "./gelu-tanh.ts";
import { hardtanh } from "./hardtanh.ts";
import { hermite } from "./hermite.ts";
import { linear } from "./linear.ts";
import { sigmoid, softplus } from "./logistic.ts";
import { mish } from "./mish.ts";
import { monomial } from "./monomial.ts";
import { polynomial } from "./polynomial.ts";
import { rectifiedMonomial } from "./rectified-monomial.ts";
import { abRelu, abs, leakyRelu, relu } from "./rectifier.ts";
import { sign } from "./sign.ts";
import { silu } from "./silu.ts";
import { cos, rbf, sin } from "./sinusoid.ts";
import { softsign } from "./softsign.ts";
import { tanh } from "./tanh.ts";

interface Entry {
  readonly parameters: readonly string[];
  readonly make: (parameters: Readonly<Record<string, never>>) => ScalarActivation;
}

const plain = (make: () => ScalarActivation): Entry => ({ parameters: [], make });
const withParameters = (parameters: readonly string[], make: Entry["make"]): Entry => ({ parameters, make });

const table: ReadonlyMap<string, Entry> = new Map([
  ["linear", plain(linear)],
  ["relu", plain(relu)],
  ["leakyRelu", withParameters(["alpha"], leakyRelu)],
  ["abRelu", withParameters(["a", "b"], abRelu)],
  ["abs", plain(abs)],
  ["sign", plain(sign)],
  ["erf", withParameters(["a", "b", "c0"], erf)],
  ["sigmoidLike", plain(sigmoidLike)],
  ["tanh", plain(tanh)],
  ["arctan", plain(arctan)],
  ["softsign", plain(softsign)],
  ["sin", withParameters(["a", "b", "p"], sin)],
  ["cos", withParameters(["a", "b", "p"], cos)],
  ["gelu", plain(gelu)],
  ["geluTanh", plain(geluTanh)],
  ["silu", plain(silu)],
  ["mish", plain(mish)],
  ["elu", withParameters(["alpha"], elu)],
  ["selu", plain(selu)],
  ["softplus", plain(softplus)],
  ["sigmoid", plain(sigmoid)],
  ["hardtanh", plain(hardtanh)],
  ["rbf", withParameters(["gamma"], rbf)],
  ["exp", withParameters(["a", "b"], exponential)],
  ["expNormalized", withParameters(["gamma", "shift"], expNormalized)],
  ["gaussian", withParameters(["a", "b"], gaussian)],
  ["gabor", plain(gabor)],
  ["hermite", withParameters(["degree"], hermite)],
  ["monomial", withParameters(["degree"], monomial)],
  ["rectifiedMonomial", withParameters(["degree"], rectifiedMonomial)],
  ["polynomial", withParameters(["coefficients"], polynomial)],
]);

const synonyms: ReadonlyMap<string, string> = new Map([
  ["swish", "silu"],
  ["identity", "linear"],
]);

/** The kinds that `scalarActivation` accepts, synonyms left out. */
export const activationKinds: readonly string[] = [...table.keys()];

export type ActivationSpec = { readonly kind: string; readonly [parameter: string]: unknown };

/** Activations made so far, by kind and parameters; the oldest goes when there are more than this. */
const made = new Map<string, ScalarActivation>();
const MOST_KEPT = 256;

/**
 * The activation of a name. Equal kinds with equal parameters are the same object, so that what is cached by activation
 * (moment tables) is computed once.
 * @param spec `{kind, …parameters}`, or the kind alone: `"tanh"`, `{kind: "leakyRelu", alpha: 0.1}`. "swish" means silu.
 * @throws FathomError `bad-input` for an unknown kind (with the nearest one), an unknown parameter, or a bad value.
 * @example scalarActivation("tanh").df(0) // 1
 */
export function scalarActivation(spec: string | ActivationSpec): ScalarActivation {
  const { kind: asked, ...given } = typeof spec === "string" ? { kind: spec } : spec;
  const kind = synonyms.get(asked) ?? asked;
  const entry = table.get(kind) ?? unknownKind(asked);
  const parameters = checkParameters(kind, entry, given);
  const key = JSON.stringify([kind, ...entry.parameters.map((name) => parameters[name] ?? null)]);
  const activation = made.get(key) ?? entry.make(parameters as Record<string, never>);
  made.delete(key);
  made.set(key, activation);
  if (made.size > MOST_KEPT) made.delete(made.keys().next().value!);
  return activation;
}

function unknownKind(kind: unknown): never {
  const near = nearestName(String(kind), [...table.keys(), ...synonyms.keys()]);
  throw new FathomError({
    code: "bad-input",
    message: `Unknown activation "${kind}".`,
    where: "activation",
    hint: `${near === undefined ? "" : `Did you mean "${near}"? `}Known: ${activationKinds.join(", ")}.`,
  });
}

function checkParameters(
  kind: string,
  entry: Entry,
  given: Record<string, unknown>,
): Record<string, ParameterValue> {
  for (const [name, value] of Object.entries(given)) {
    if (!entry.parameters.includes(name)) {
      const near = nearestName(name, entry.parameters);
      throw new FathomError({
        code: "bad-input",
        message: `The activation ${kind} has no parameter "${name}".`,
        where: `activation.${name}`,
        hint: near === undefined ? `${kind} takes no such parameter.` : `Did you mean "${near}"?`,
      });
    }
    if (!Array.isArray(value)) requireFinite(value as number, `activation.${name}`);
  }
  return given as Record<string, ParameterValue>;
}

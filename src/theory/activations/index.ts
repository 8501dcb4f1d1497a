/** @file The table of activations by name. Adding one is adding a file and a line here. */
import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../activation.ts";
import { nearestName, requireFinite } from "../checks.ts";
import { erf } from "./erf.ts";
import { gelu } from "./gelu.ts";
import { hardtanh } from "./hardtanh.ts";
import { leakyRelu, relu } from "./leaky-relu.ts";
import { linear } from "./linear.ts";
import { mish } from "./mish.ts";
import { silu } from "./silu.ts";
import { sin } from "./sin.ts";
import { tanh } from "./tanh.ts";

interface Entry {
  readonly parameters: readonly string[];
  readonly make: (parameters: Readonly<Record<string, number>>) => ScalarActivation;
}

const plain = (make: () => ScalarActivation): Entry => ({ parameters: [], make });

const table: ReadonlyMap<string, Entry> = new Map([
  ["linear", plain(linear)],
  ["relu", plain(relu)],
  ["leakyRelu", { parameters: ["alpha"], make: leakyRelu }],
  ["erf", plain(erf)],
  ["tanh", plain(tanh)],
  ["sin", plain(sin)],
  ["gelu", plain(gelu)],
  ["silu", plain(silu)],
  ["hardtanh", plain(hardtanh)],
  ["mish", plain(mish)],
]);

const synonyms: ReadonlyMap<string, string> = new Map([
  ["swish", "silu"],
  ["identity", "linear"],
]);

/** The kinds that `scalarActivation` accepts, synonyms left out. */
export const activationKinds: readonly string[] = [...table.keys()];

export type ActivationSpec = { readonly kind: string; readonly [parameter: string]: unknown };

const made = new Map<string, ScalarActivation>();

/**
 * The activation of a name. A kind without parameters is always the same object, so that what is cached by activation
 * (moment tables) is computed once.
 * @param spec `{kind, …parameters}`, or the kind alone: `"tanh"`, `{kind: "leakyRelu", alpha: 0.1}`. "swish" means silu.
 * @throws FathomError `bad-input` for an unknown kind (with the nearest one), an unknown parameter, or a non-finite value.
 * @example scalarActivation("tanh").df(0) // 1
 */
export function scalarActivation(spec: string | ActivationSpec): ScalarActivation {
  const { kind: asked, ...given } = typeof spec === "string" ? { kind: spec } : spec;
  const kind = synonyms.get(asked) ?? asked;
  const entry = table.get(kind) ?? unknownKind(asked);
  const parameters = checkParameters(kind, entry, given);
  const activation = made.get(kind) ?? entry.make(parameters);
  if (entry.parameters.length === 0) made.set(kind, activation);
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

function checkParameters(kind: string, entry: Entry, given: Record<string, unknown>): Record<string, number> {
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
    requireFinite(value as number, `activation.${name}`);
  }
  return given as Record<string, number>;
}

/**
 * @file The activations that networks can use: registry, JSON form `{kind: "leakyRelu", alpha: 0.1}`, text form
 * `leakyRelu(0.1)`, and both halves of each (conventions.md, "Where activations live").
 */
import { z } from "zod";
import type { Tensor } from "../../expr/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { nearestName, type ScalarActivation, scalarActivation } from "../../theory/index.ts";
import type { ActivationRecord, ActivationSpecOf } from "./define.ts";
import { erf } from "./erf.ts";
import { gelu } from "./gelu.ts";
import { hardtanh } from "./hardtanh.ts";
import { leakyRelu } from "./leaky-relu.ts";
import { linear } from "./linear.ts";
import { mish } from "./mish.ts";
import { relu } from "./relu.ts";
import { silu } from "./silu.ts";
import { sin } from "./sin.ts";
import { tanh } from "./tanh.ts";

export { defineActivation, defineParametricActivation } from "./define.ts";

const records = [linear, relu, leakyRelu, erf, tanh, sin, gelu, silu, hardtanh, mish] as const;

/** An activation after validation: `{kind: "tanh"}`, `{kind: "leakyRelu", alpha: 0.1}`. */
export type ActivationSpec = ActivationSpecOf<(typeof records)[number]>;

const byName = new Map<string, ActivationRecord>();
for (const record of records as readonly ActivationRecord[]) {
  for (const name of [record.kind, ...record.synonyms]) byName.set(name, record);
}

/** Names of all activations, in the order of the reference. */
export const activationKinds: readonly string[] = records.map((record) => record.kind);

/** Every name that is accepted, synonyms included. */
export const activationNames: readonly string[] = [...byName.keys()];

/** The record of an activation or of a synonym; undefined when there is none. */
export function findActivation(name: string): ActivationRecord | undefined {
  return byName.get(name);
}

const objectForms = (records as readonly ActivationRecord[]).map((record) =>
  z.strictObject({ kind: z.literal(record.kind), ...record.params.shape }).describe(record.summary),
);

/** Reads `leakyRelu(0.1)` into its JSON form. @returns a message instead when the text has no such form. */
function fromText(text: string): Record<string, unknown> | string {
  const match = /^\s*([A-Za-z]\w*)\s*(?:\(([^()]*)\))?\s*$/.exec(text);
  if (match === null) return `"${text}" is not an activation: write a name, or name(parameters)`;
  const [, name, inside] = match;
  const record = findActivation(name!);
  const values = inside === undefined || inside.trim() === "" ? [] : inside.split(",").map((v) => v.trim());
  const names = record === undefined ? [] : Object.keys(record.params.shape);
  if (record !== undefined && values.length > names.length) {
    return `"${text}" has ${values.length} parameters; ${record.kind} takes ${names.join(", ") || "none"}`;
  }
  const bad = values.find((value) => value === "" || !Number.isFinite(Number(value)));
  if (bad !== undefined) return `"${bad}" in "${text}" is not a number`;
  const entries = values.slice(0, names.length).map((value, i) => [names[i]!, Number(value)] as const);
  return { kind: record?.kind ?? name, ...Object.fromEntries(entries) };
}

/** Text and synonyms become the JSON form; everything else is left for the schema to judge. */
function normalise(value: unknown, context: z.RefinementCtx): unknown {
  if (typeof value === "string") {
    const form = fromText(value);
    if (typeof form !== "string") return form;
    context.addIssue({ code: "custom", message: form });
    return z.NEVER;
  }
  if (typeof value === "object" && value !== null && "kind" in value && typeof value.kind === "string") {
    return { ...value, kind: findActivation(value.kind)?.kind ?? value.kind };
  }
  return value;
}

type ObjectForms = [(typeof objectForms)[number], ...typeof objectForms];
export const activationObjectSchema = z.discriminatedUnion("kind", objectForms as ObjectForms);

/** JSON form of an activation: an object, or its text form. */
export const activationSchema = z
  .preprocess(normalise, activationObjectSchema)
  .describe('a name ("tanh", "leakyRelu(0.1)") or {kind, …}') as unknown as z.ZodType<ActivationSpec>;

/**
 * Reads the text form of an activation.
 * @param where - the flag or field it comes from, for messages.
 * @throws FathomError bad-input with the nearest known name.
 * @example parseActivation("leakyRelu(0.1)") // { kind: "leakyRelu", alpha: 0.1 }
 */
export function parseActivation(text: string, where = "activation"): ActivationSpec {
  const result = activationSchema.safeParse(text);
  if (result.success) return result.data;
  const name = text.replace(/\(.*$/s, "").trim();
  const known = findActivation(name) !== undefined;
  const near = nearestName(name, activationNames);
  throw new FathomError({
    code: "bad-input",
    message: known ? `${result.error.issues[0]!.message}.` : `There is no activation "${name}".`,
    where,
    hint: known || near === undefined ? `Known: ${activationKinds.join(", ")}.` : `Did you mean "${near}"?`,
  });
}

/**
 * The text form of an activation.
 * @example activationText({ kind: "leakyRelu", alpha: 0.1 }) // "leakyRelu(0.1)"
 */
export function activationText(spec: ActivationSpec): string {
  const names = Object.keys(findActivation(spec.kind)!.params.shape);
  const values = names.map((name) => (spec as unknown as Record<string, number>)[name]);
  return values.length === 0 ? spec.kind : `${spec.kind}(${values.join(", ")})`;
}

/** The forward expression φ(x), elementwise on any shape. */
export function applyActivation(spec: ActivationSpec, x: Tensor): Tensor {
  return findActivation(spec.kind)!.apply(spec, x);
}

/**
 * The mathematics of an activation: f, f', kinks, Gaussian integrals (theory/activations).
 * @example scalarHalf(parseActivation("tanh")).df(0) // 1
 */
export function scalarHalf(spec: ActivationSpec): ScalarActivation {
  return scalarActivation(spec);
}

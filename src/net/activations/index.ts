/**
 * @file The activations that networks can use: registry, JSON form `{kind: "leakyRelu", alpha: 0.1}`, text form
 * `leakyRelu(0.1)`, and both halves of each (conventions.md, "Where activations live").
 */
import { z } from "zod";
import type { Tensor } from "../../expr/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { nearestName, type ScalarActivation, scalarActivation } from "../../theory/index.ts";
import { custom, customActivation } from "./custom/index.ts";
import type { ActivationRecord, ActivationSpecOf } from "./define.ts";
import { elu, selu } from "./elu.ts";
import { erf, sigmoidLike } from "./erf.ts";
import { exp, expNormalized, gabor, gaussian } from "./exponentials.ts";
import { gelu, geluTanh } from "./gelu.ts";
import { hardtanh } from "./hardtanh.ts";
import { linear } from "./linear.ts";
import { sigmoid, softplus } from "./logistic.ts";
import { mish } from "./mish.ts";
import { hermite, monomial, polynomial, rectifiedMonomial } from "./polynomials.ts";
import { abRelu, abs, leakyRelu, relu, sign } from "./rectifiers.ts";
import { arctan, softsign } from "./saturating.ts";
import { silu } from "./silu.ts";
import { tanh } from "./tanh.ts";
import { cos, rbf, sin } from "./waves.ts";

export { defineActivation, defineParametricActivation } from "./define.ts";

const records = [
  linear,
  relu,
  leakyRelu,
  abRelu,
  abs,
  sign,
  erf,
  sigmoidLike,
  tanh,
  arctan,
  softsign,
  sin,
  cos,
  gelu,
  geluTanh,
  silu,
  mish,
  elu,
  selu,
  softplus,
  sigmoid,
  hardtanh,
  rbf,
  exp,
  expNormalized,
  gaussian,
  gabor,
  hermite,
  monomial,
  rectifiedMonomial,
  polynomial,
  custom,
] as const;

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

const objectForms = (records as readonly ActivationRecord[]).map(({ kind, params, check, summary }) =>
  z
    .strictObject({ kind: z.literal(kind), ...params.shape })
    .superRefine((given, context) => {
      try {
        check?.(given);
      } catch (error) {
        if (!(error instanceof FathomError)) throw error;
        context.addIssue({ code: "custom", message: `${error.message} ${error.hint}`.replace(/\.$/, "") });
      }
    })
    .describe(summary),
);

/** Reads `leakyRelu(0.1)` into its JSON form. @returns a message instead when the text has no such form. */
function fromText(text: string): Record<string, unknown> | string {
  const match = /^\s*([A-Za-z]\w*)\s*(?:\((.*)\))?\s*$/s.exec(text);
  if (match === null) return `"${text}" is not an activation: write a name, or name(parameters)`;
  const [, name, inside = ""] = match;
  const record = findActivation(name!);
  if (record === undefined) return { kind: name };
  if (inside.trim() === "") return { kind: record.kind };
  const params = record.text === undefined ? numbersFromText(record, inside) : record.text.read(inside);
  return typeof params === "string" ? `In "${text.trim()}", ${params}` : { kind: record.kind, ...params };
}

/** One number a parameter, in order. */
function numbersFromText(record: ActivationRecord, inside: string): Record<string, unknown> | string {
  const names = Object.keys(record.params.shape);
  const values = inside.split(",").map((v) => v.trim());
  if (values.length > names.length)
    return `${values.length} parameters are given; ${record.kind} takes ${names.join(", ") || "none"}`;
  const bad = values.find((value) => value === "" || !Number.isFinite(Number(value)));
  if (bad !== undefined) return `"${bad}" is not a number`;
  return Object.fromEntries(values.map((value, i) => [names[i]!, Number(value)]));
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
  if (name === custom.kind) throw refusedExpression(text, where);
  const known = findActivation(name) !== undefined;
  const near = nearestName(name, activationNames);
  throw new FathomError({
    code: "bad-input",
    message: known ? `${result.error.issues[0]!.message}.` : `There is no activation "${name}".`,
    where,
    hint: known || near === undefined ? `Known: ${activationKinds.join(", ")}.` : `Did you mean "${near}"?`,
  });
}

/** What is wrong with `custom(…)`, in the words of its parser. */
function refusedExpression(text: string, where: string): unknown {
  const form = fromText(text);
  try {
    if (typeof form !== "string") customActivation({ expression: "", ...form });
  } catch (error) {
    if (!(error instanceof FathomError)) return error;
    const { code, message, hint } = error;
    return new FathomError({ code, message, where, ...(hint === undefined ? {} : { hint }) });
  }
  return new FathomError({
    code: "bad-input",
    message: `"${text}" is not an activation.`,
    where,
    hint: "Write custom(expression of x), every parenthesis closed.",
  });
}

/**
 * The text form of an activation.
 * @example activationText({ kind: "leakyRelu", alpha: 0.1 }) // "leakyRelu(0.1)"
 */
export function activationText(spec: ActivationSpec): string {
  const { kind, ...params } = spec as { readonly kind: string } & Readonly<Record<string, number>>;
  const { text, defaults = {}, params: schema } = findActivation(kind)!;
  if (text !== undefined) return `${kind}(${text.write(params)})`;
  const names = Object.keys(schema.shape);
  const given = names.slice(0, names.findLastIndex((name) => params[name] !== undefined) + 1);
  const values = given.map((name) => params[name] ?? (defaults as Record<string, number>)[name]);
  return values.length === 0 ? kind : `${kind}(${values.join(", ")})`;
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
  return spec.kind === "custom" ? customActivation(spec) : scalarActivation(spec);
}

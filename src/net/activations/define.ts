/**
 * @file What an activation states in this room: its JSON form and its forward expression. The other half (derivative,
 * kinks, Gaussian integrals) lives in theory/activations under the same kind.
 */
import { z } from "zod";
import type { Tensor } from "../../expr/index.ts";

export interface ActivationDefinition<K extends string, P> {
  readonly kind: K;
  /** The formula, for the JSON Schema and the reference. */
  readonly summary: string;
  /** Parameters after `kind`, in the order of the text form `kind(p1, p2)`. */
  readonly params: z.ZodObject & z.ZodType<P>;
  /** What parameters that may be left out stand for; those with a zod default need no entry. */
  readonly defaults?: Partial<Required<P>>;
  /**
   * What the schema of each parameter cannot see.
   * @throws FathomError where the parameters together are no activation.
   */
  readonly check?: (params: P) => void;
  /** Other names accepted on input. */
  readonly synonyms: readonly string[];
  /** The text form `kind(inside)` where it is not a list of numbers, one a parameter. */
  readonly text?: ActivationText<P>;
  apply(params: P, x: Tensor): Tensor;
}

/** A text form of its own, between the parentheses. */
export interface ActivationText<P> {
  /** The parameters, or what is wrong with the text. */
  read(inside: string): Record<string, unknown> | string;
  write(params: P): string;
}

// biome-ignore lint/suspicious/noExplicitAny: a registry of differently typed records needs an erased parameter
export type ActivationRecord<K extends string = string, P = any> = ActivationDefinition<K, P>;

/** The JSON form of a record, after defaults: `{kind: "leakyRelu", alpha: 0.1}`. */
export type ActivationSpecOf<R> =
  R extends ActivationDefinition<infer K, infer P> ? Readonly<P & { kind: K }> : never;

type NoParams = Record<never, never>;

/** Declares an activation without parameters. */
export function defineActivation<const K extends string>(
  definition: Pick<ActivationDefinition<K, NoParams>, "kind" | "summary"> & {
    synonyms?: readonly string[];
    apply(x: Tensor): Tensor;
  },
): ActivationDefinition<K, NoParams> {
  return {
    synonyms: [],
    ...definition,
    params: z.strictObject({}),
    apply: (_, x) => definition.apply(x),
  };
}

/** Declares an activation with parameters. */
export function defineParametricActivation<const K extends string, P>(
  definition: Omit<ActivationDefinition<K, P>, "synonyms"> & { synonyms?: readonly string[] },
): ActivationDefinition<K, P> {
  return { synonyms: [], ...definition };
}

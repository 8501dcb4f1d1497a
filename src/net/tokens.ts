/** @file What layers on tokens share. */
import { FathomError } from "../tensor/index.ts";
import type { Place } from "./define.ts";
import { type NetShape, showNetShape } from "./shapes.ts";

/** Tokens: their number, and the channels of each. */
export interface Tokens {
  readonly count: number;
  readonly channels: number;
}

/**
 * Passes tokens and refuses the others, naming both layers.
 * @throws FathomError bad-shape
 */
export function requireTokens(input: NetShape, { self, before, where }: Place): Tokens {
  if (input.kind === "tokens") return { count: input.shape[0]!, channels: input.shape[1]! };
  const spatial = input.kind === "image" || input.kind === "signal";
  throw new FathomError({
    code: "bad-shape",
    message: `${self} acts on tokens, but ${before} gives ${showNetShape(input)}.`,
    where,
    hint: spatial
      ? 'Put {"kind": "toTokens"} before it.'
      : input.kind === "ids"
        ? 'Put {"kind": "embedding", "vocabulary": …, "width": …} before it.'
        : "Feed it tokens [T, C].",
  });
}

/**
 * @file The walk over a covariance program: every operation is a rule from state to state, looked up by its name. One walk
 * serves pairs of items, and items with themselves, where it keeps what pairs need of each item.
 */
import type { CovarianceOp } from "../../net/index.ts";
import { FathomError, relocated } from "../../tensor/index.ts";
import { attentionRules } from "./attention.ts";
import { combineRules } from "./combine.ts";
import type { Rule, Rules, Walk } from "./context.ts";
import { linearRules } from "./linear.ts";
import { normaliseRules } from "./normalise.ts";
import { pointwiseRules } from "./pointwise.ts";
import { asLayout, type KernelState, type Layout } from "./state.ts";
import { tokenRules } from "./tokens.ts";

const rules: Rules<CovarianceOp["op"]> = {
  ...linearRules,
  ...pointwiseRules,
  ...normaliseRules,
  ...tokenRules,
  ...attentionRules,
  ...combineRules,
};

/** The state after a list of operations. */
export function walkOver(ops: readonly CovarianceOp[], start: KernelState, walk: Walk): KernelState {
  let state = start;
  for (const op of ops) {
    const { before, after } = walk.layouts.get(op)!;
    state = asLayout(applyRule(op, asLayout(state, before), walk, after), after);
    walk.visit?.(state, op);
  }
  return state;
}

/** @throws FathomError as the rule, with the layer named in front. */
function applyRule(op: CovarianceOp, state: KernelState, walk: Walk, after: Layout): KernelState {
  const rule = rules[op.op] as Rule<typeof op.op>;
  try {
    return rule(state, op as never, walk, after);
  } catch (cause) {
    if (!(cause instanceof FathomError) || op.layer === undefined || Object.hasOwn(combineRules, op.op))
      throw cause;
    throw relocated(cause, { message: `${op.layer.name}: ${cause.message}`, where: op.layer.where });
  }
}

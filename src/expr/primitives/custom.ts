/**
 * @file Derivatives that the user states: straight-through estimators, stable forms, cut gradients. A `custom` node
 * has the value of its first operand and passes derivatives to the others by the user's rule.
 */
import { topologicalOrder } from "../graph.ts";
import type { MaybeZero, Primitive } from "../primitive.ts";
import { operandError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { checkedDirection, vjp as reverse } from "../vjp.ts";
import { batchedRule, type DerivativeRule, placeholder } from "./custom-batch.ts";
import { broadcastTo } from "./movement.ts";

function ruleOf(node: Tensor): DerivativeRule {
  return node.attrs.rule as DerivativeRule;
}

export const customPrimitive: Primitive = {
  name: "custom",
  shape: ([y]) => ({ shape: y!.shape, dtype: y!.dtype }),
  evaluate: ([y]) => y!,
  vjp: (ct, node) => {
    const [y, ...xs] = node.inputs as [Tensor, ...Tensor[]];
    const { vjp } = ruleOf(node);
    const parts = vjp ? vjp(ct, xs, y) : transposedJvp(node, ct);
    return [undefined, ...xs.map((x, i) => checkedDirection("customDerivative", parts[i], x))];
  },
  jvp: ([, ...tangents], node) => {
    if (tangents.every((t) => t === undefined)) return undefined;
    const [y, ...xs] = node.inputs as [Tensor, ...Tensor[]];
    const { jvp } = ruleOf(node);
    const tangent = jvp ? jvp(tangents, xs, y) : transposedVjp(node, tangents);
    return checkedDirection("customDerivative", tangent, y);
  },
  batch: ([y, ...xs], [yBatched, ...xsBatched], node, size) => {
    const results = yBatched ? y! : broadcastTo(y!, [size, ...y!.shape]);
    return apply(customPrimitive, [results, ...xs], { rule: batchedRule(node, xsBatched, size) });
  },
  onnx: (emit, node) => emit.value(node.inputs[0]!),
};

/**
 * A function with derivatives of your own. Tensors that `fn` uses but does not take as arguments count as constants.
 * @param fn Tensors to one tensor.
 * @param rule `jvp` or `vjp` or both; they must be linear in their first argument.
 * @throws FathomError bad-input when the rule is empty; when derived, bad-shape or bad-input for a rule that returns
 * something of another shape or that is not linear.
 * @example
 * const ste = customDerivative((x) => sign(x), { vjp: (ct) => [ct] }); // straight-through estimator
 */
export function customDerivative<Arguments extends readonly Tensor[]>(
  fn: (...xs: Arguments) => Tensor,
  rule: DerivativeRule,
): (...xs: Arguments) => Tensor {
  if (rule.jvp === undefined && rule.vjp === undefined) {
    throw operandError("customDerivative", "the rule has neither jvp nor vjp.", "State one of them.");
  }
  return (...xs) => apply(customPrimitive, [fn(...xs), ...xs], { rule });
}

/** vjp from jvp: the tangent map is linear, so its own vjp (at any tangents) is the transpose. */
function transposedJvp(node: Tensor, ct: Tensor): readonly MaybeZero[] {
  const [y, ...xs] = node.inputs as [Tensor, ...Tensor[]];
  const tangents = xs.map(placeholder);
  const tangent = ruleOf(node).jvp!(tangents, xs, y);
  if (tangent === undefined) return xs.map(() => undefined);
  return withoutPlaceholders(reverse([tangent], tangents, [ct]), tangents);
}

/** jvp from vjp: the transpose of the cotangent map. */
function transposedVjp(node: Tensor, tangents: readonly MaybeZero[]): MaybeZero {
  const [y, ...xs] = node.inputs as [Tensor, ...Tensor[]];
  const ct = placeholder(y);
  const parts = ruleOf(node).vjp!(ct, xs, y);
  const known = parts.flatMap((part, i) => (part && tangents[i] ? [[part, tangents[i]] as const] : []));
  const results = reverse(
    known.map(([part]) => part),
    [ct],
    known.map(([, t]) => t),
  );
  return withoutPlaceholders(results, [ct])[0];
}

function withoutPlaceholders(results: readonly MaybeZero[], fresh: readonly Tensor[]): readonly MaybeZero[] {
  const order = topologicalOrder(results.filter((result) => result !== undefined));
  if (order.some((node) => fresh.includes(node))) {
    throw operandError(
      "customDerivative",
      "the derivative rule is not linear in its first argument, so it cannot be transposed.",
      "State both jvp and vjp.",
    );
  }
  return results;
}

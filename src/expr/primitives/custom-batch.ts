/** @file A user's derivative rule, and the same rule over a batch: it is built once for one example, then vectorised. */
import { substitute } from "../graph.ts";
import type { MaybeZero } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { batch } from "../vmap.ts";
import { sumTo } from "./elementwise.ts";
import { input } from "./leaf.ts";
import { broadcastTo } from "./movement.ts";

/** A user's derivative rule; one of the two is enough, the other is its transpose. */
export interface DerivativeRule {
  /** Tangent of y from the tangents of xs (`undefined` for zero); linear in the tangents. */
  readonly jvp?: (tangents: readonly MaybeZero[], xs: readonly Tensor[], y: Tensor) => MaybeZero;
  /** Cotangents of xs from the cotangent of y; linear in it. */
  readonly vjp?: (ct: Tensor, xs: readonly Tensor[], y: Tensor) => readonly MaybeZero[];
}

let placeholders = 0;

/** A fresh input that stands for a tensor while a rule is transposed or batched. */
export function placeholder(like: Tensor): Tensor {
  return input(`\0${placeholders++}`, like.shape, like.dtype);
}

const batchedRules = new WeakMap<DerivativeRule, Map<string, DerivativeRule>>();

/**
 * The rule of a `custom` node over a batch. It is the same object each time, because nodes are equal only when their
 * rules are.
 */
export function batchedRule(node: Tensor, batched: readonly boolean[], size: number): DerivativeRule {
  const rule = node.attrs.rule as DerivativeRule;
  const known = batchedRules.get(rule) ?? new Map<string, DerivativeRule>();
  batchedRules.set(rule, known);
  const operands = node.inputs.map((x) => `${x.dtype}[${x.shape}]`);
  const key = `${batched.map(Number).join("")}:${size}:${operands.join(";")}`;
  const found = known.get(key) ?? buildBatchedRule(node, batched, size);
  known.set(key, found);
  return found;
}

function buildBatchedRule(node: Tensor, batched: readonly boolean[], size: number): DerivativeRule {
  const { jvp, vjp } = node.attrs.rule as DerivativeRule;
  const [oneY, ...oneXs] = node.inputs as [Tensor, ...Tensor[]];
  const bindAll = (actual: readonly Tensor[]) => actual.map((x, i) => bind(oneXs[i]!, x, batched[i]!));
  return {
    ...(jvp && {
      jvp: (tangents: readonly MaybeZero[], xs: readonly Tensor[], y: Tensor): MaybeZero => {
        const [operands, result] = [bindAll(xs), bind(oneY, y, true)];
        const moving = tangents.map((t, i) => t && bind(oneXs[i]!, t, batched[i]!));
        const tangent = jvp(moving.map(example), operands.map(stand), result.example);
        return overBatch([tangent], [result, ...operands, ...moving], size)[0];
      },
    }),
    ...(vjp && {
      vjp: (ct: Tensor, xs: readonly Tensor[], y: Tensor): readonly MaybeZero[] => {
        const [operands, result] = [bindAll(xs), bind(oneY, y, true)];
        const cotangent = bind(oneY, ct, true);
        const parts = vjp(cotangent.example, operands.map(stand), result.example);
        const full = overBatch(parts, [cotangent, result, ...operands], size);
        return full.map((part, i) => part && sumTo(part, xs[i]!.shape));
      },
    }),
  };
}

/** A placeholder for one example of a tensor, and the tensor itself. */
interface Binding {
  readonly example: Tensor;
  readonly actual: Tensor;
  readonly batched: boolean;
}

function bind(one: Tensor, actual: Tensor, batched: boolean): Binding {
  return { example: placeholder(one), actual, batched };
}

function stand(binding: Binding): Tensor {
  return binding.example;
}

function example(binding: Binding | undefined): MaybeZero {
  return binding?.example;
}

/** Expressions of examples as expressions of the whole batch, all with the leading axis. */
function overBatch(
  outputs: readonly MaybeZero[],
  bindings: readonly (Binding | undefined)[],
  size: number,
): readonly MaybeZero[] {
  const known = bindings.filter((binding) => binding !== undefined);
  const pairs = (batched: boolean) =>
    new Map(
      known.filter((b) => b.batched === batched).map(({ example, actual }) => [example, actual] as const),
    );
  return outputs.map((output) => {
    if (output === undefined) return undefined;
    const shared = substitute([output], pairs(false));
    return batch(shared, pairs(true), size)[0] ?? broadcastTo(shared[0]!, [size, ...output.shape]);
  });
}

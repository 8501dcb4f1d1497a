/** @file Label smoothing (training.md §1.5): part of the target leaves the label. A mass outside [0, 1) is refused. */
import { z } from "zod";
import { add, mul, oneHot, reduceMean, reduceSum, sub } from "../expr/index.ts";
import { type Loss, type LossKind, losses } from "./losses.ts";
import { badOption, fraction, parse } from "./options.ts";

/**
 * Label smoothing: the mass s that leaves the label, and where it goes: evenly over all C classes (s/C each, the label
 * too), or over the C - 1 others. A number is a mass over all.
 */
export type LabelSmoothing = number | { readonly mass: number; readonly over?: "all" | "others" };

const smoothing = z.strictObject({
  mass: fraction,
  over: z.enum(["all", "others"]).default("all").describe("one of all, others"),
});

/**
 * Checks label smoothing. @throws FathomError bad-input naming the field: a mass outside [0, 1), a loss without classes.
 * @example parseSmoothing(0.1, "crossEntropy") // { mass: 0.1, over: "all" }
 */
export function parseSmoothing(spec: LabelSmoothing, loss: LossKind): z.infer<typeof smoothing> {
  const given = typeof spec === "number" ? { mass: parse(fraction, spec, "labelSmoothing") } : spec;
  const parsed = parse(smoothing, given, "labelSmoothing");
  if (parsed.mass > 0 && loss !== "crossEntropy") {
    throw badOption("labelSmoothing", parsed.mass, "0 or left out unless the loss is crossEntropy");
  }
  return parsed;
}

/**
 * The loss of a training step. With smoothing, of outputs z with label y: -(1-s) ln p_y - s/C Σ ln p_k, which is the cross
 * entropy plus s(z_y - mean z); over the others s becomes s·C/(C - 1).
 * @example trainingLoss("crossEntropy", { mass: 0.1, over: "others" })(logits, labels)
 */
export function trainingLoss(kind: LossKind, smoothing: LabelSmoothing = 0): Loss {
  const { mass, over } = parseSmoothing(smoothing, kind);
  if (mass === 0) return losses[kind];
  return (outputs, labels) => {
    const classes = outputs.shape[1]!;
    if (over === "others" && classes === 1) throw badOption("labelSmoothing.over", over, "all for one class");
    const target = oneHot(labels, { classes, dtype: outputs.dtype });
    const chosen = reduceSum(mul(target, outputs), { axes: [1] });
    const lead = sub(chosen, reduceMean(outputs, { axes: [1] }));
    return add(
      losses[kind](outputs, labels),
      mul(lead, over === "all" ? mass : (mass * classes) / (classes - 1)),
    );
  };
}

/** @file What theory needs of a network: its layers' mean-field steps, and its covariance program. */
import { FathomError, relocated } from "../tensor/index.ts";
import type { Step } from "../theory/index.ts";
import type { CovarianceOp } from "./covariance.ts";
import { isTapped, type Model } from "./model.ts";
import type { ModelLayer } from "./resolve.ts";
import type { NetShape } from "./shapes.ts";
import { specForTheory, stepForTheory } from "./theory-weights.ts";
import { type Tangent, tangentOf, untrained } from "./trained.ts";

/** A layer of the network's own list, as `propagate` of theory wants it. */
export interface MeanFieldPlace {
  readonly name: string;
  readonly step: Step;
  /** True where the output is a preactivation: the same places as the taps of `applyModel`, in the same order. */
  readonly tap: boolean;
}

function missing(layer: ModelLayer, rule: string, why?: string): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `${layer.name} has no ${rule}${why === undefined ? "" : `: it ${why}`}.`,
    where: layer.where,
    hint: "Measure the finite network instead, or leave the layer out.",
  });
}

/** The shapes that the lists of layers inside a layer end in. */
function endsOf({ chains, input }: ModelLayer): Record<string, NetShape> {
  const entries = Object.entries(chains).map(([key, inner]) => [key, inner.at(-1)?.output ?? input]);
  return Object.fromEntries(entries);
}

function meanFieldStep(layer: ModelLayer): Step {
  const { noMeanField } = layer.record;
  if (layer.record.meanField === undefined) throw missing(layer, "mean-field rule", noMeanField);
  const chains = Object.entries(layer.chains).map(([option, inner]) => [option, inner.map(meanFieldStep)]);
  const rule = layer.record.meanField;
  const spec = specForTheory(layer, "mean-field rule");
  const step = naming(layer, () => rule(spec, layer.input, Object.fromEntries(chains), endsOf(layer)));
  return stepForTheory(layer, step);
}

/** Runs a rule of a layer and puts the layer's name in front of what it refuses. */
function naming<T>(layer: ModelLayer, rule: () => T): T {
  try {
    return rule();
  } catch (cause) {
    if (!(cause instanceof FathomError)) throw cause;
    throw relocated(cause, { message: `${layer.name}: ${cause.message}`, where: layer.where });
  }
}

/** What each parameter of a layer adds to the tangent kernel, by its local name. */
function tangentsOf({ record, spec, input, parameters }: ModelLayer): Record<string, Tangent> {
  const rules = Object.entries(record.params?.(spec, input) ?? {});
  return Object.fromEntries(
    rules.map(([local, rule]) => [local, parameters[local]!.trainable ? tangentOf(rule) : untrained]),
  );
}

function covarianceOp(layer: ModelLayer): CovarianceOp {
  if (layer.record.covariance === undefined) throw missing(layer, "covariance rule");
  const chains = Object.entries(layer.chains).map(([option, inner]) => [option, inner.map(covarianceOp)]);
  const rule = layer.record.covariance;
  const spec = specForTheory(layer, "covariance rule");
  const { name, where, input } = layer;
  const context = { input, chains: Object.fromEntries(chains), ends: endsOf(layer), own: tangentsOf(layer) };
  return naming(layer, () => ({ ...rule(spec, context), layer: { name, where } }));
}

/**
 * The mean-field steps of a network, one a layer of its own list.
 * @throws FathomError unsupported naming a layer without a mean-field rule, or whose rule does not apply.
 * @example propagate(meanFieldPlaces(model), { K: 0.1, mean: 0.13 })
 */
export function meanFieldPlaces(model: Model): MeanFieldPlace[] {
  return model.layers.map((layer) => ({
    name: layer.name,
    step: meanFieldStep(layer),
    tap: isTapped(layer),
  }));
}

/**
 * The network as a covariance program for the kernel engine.
 * @throws FathomError unsupported naming a layer without a covariance rule.
 */
export function covarianceProgram(model: Model): CovarianceOp[] {
  return model.layers.map(covarianceOp);
}

/**
 * @file What the laws of a layer's parameters mean for mean-field theory, which knows fresh weights of mean zero: weights
 * that start at zero have variance 0, shared or fixed ones have no rule, and where parameters are frozen or are gains the
 * tangent kernel is not followed.
 */
import { FathomError } from "../tensor/index.ts";
import { type Step, withoutTangentKernel } from "../theory/index.ts";
import type { ParameterSpec } from "./parameters.ts";
import type { ModelLayer } from "./resolve.ts";

/** The option that holds the variance of a parameter whose law is stated as one. */
const varianceOf: Readonly<Record<string, string>> = { weight: "sw2", bias: "sb2", table: "sw2" };

function parametersOf({ parameters }: ModelLayer): [string, ParameterSpec][] {
  return Object.entries(parameters).filter(([, { role }]) => role === "parameter");
}

/** Parameters with a random law; the others are constants: gains and shifts. */
function isRandom({ variance, scale }: ParameterSpec): boolean {
  return variance * scale ** 2 > 0;
}

/**
 * The options of a layer as theory sees them.
 * @param rule - what is asked of it, for the message: `mean-field rule`.
 * @throws FathomError unsupported for weights that are another layer's, or that are fixed signs.
 */
export function specForTheory(layer: ModelLayer, rule: string): ModelLayer["spec"] {
  let spec = layer.spec;
  for (const [local, parameter] of parametersOf(layer)) {
    if (!isRandom(parameter)) continue;
    if (parameter.name !== `${layer.path}.${local}`)
      throw refused(layer, rule, `${local} shares ${parameter.name}`);
    if (parameter.init === "signs") throw refused(layer, rule, `${local} is a fixed row of signs`);
    if (parameter.init !== "zeros") continue;
    const option = varianceOf[local];
    if (option === undefined) throw refused(layer, rule, `${local} starts at zero`);
    spec = { ...spec, [option]: 0 };
  }
  return spec;
}

/** The step, without a tangent kernel where one would need more than second moments of fresh, trained weights. */
export function stepForTheory(layer: ModelLayer, step: Step): Step {
  const odd = parametersOf(layer).some(
    ([local, parameter]) =>
      !parameter.trainable || !(isRandom(parameter) || Object.hasOwn(varianceOf, local)),
  );
  return odd ? withoutTangentKernel(step) : step;
}

function refused(layer: ModelLayer, rule: string, why: string): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `${layer.name} has no ${rule}: its ${why}, and theory is that of fresh, independent weights.`,
    where: layer.where,
    hint: "Measure the finite network instead.",
  });
}

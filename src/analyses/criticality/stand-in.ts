/** @file What stands in for data where a question has none: inputs of second moment 1 that are unlike each other. */
import { type Model, type ModelLayer, type Net, takesIds, withInput } from "../../net/index.ts";
import { type Key, type NdArray, ndarray, normal, uniform } from "../../tensor/index.ts";
import type { InputMoments } from "../../theory/index.ts";

/** Inputs of the measurement, and as many as make a batch where examples act on each other. */
const fewInputs = 4;
const mostInputs = 64;

/** Vectors of this length stand in for the data of a network that leaves its input open; J and K do not depend on it. */
const openInput = 256;

/** Where theory starts. */
export const standInStarts: readonly InputMoments[] = [{ K: 1, mean: 0, batch: 0 }];

/** The network on inputs of some length where it leaves them open. */
export function closedNet(net: Net): Net {
  return net.input === undefined ? withInput(net, [openInput]) : net;
}

/** The stand-ins in words. */
export function standInText(model: Model): string {
  const kind = takesIds(model) ? "random token ids" : "independent normal numbers of second moment 1";
  return model.mixesBatch ? `${kind}, ${mostInputs} of them as one batch` : kind;
}

/**
 * Gaussian inputs of E x² = 1, as theory assumes without data; token ids are drawn from all that every table knows.
 * @param count - how many; enough for a measurement of Jacobians unless said.
 */
export function standInInputs(
  model: Model,
  key: Key,
  count = model.mixesBatch ? mostInputs : fewInputs,
): NdArray {
  const shape = [count, ...model.inputShape];
  if (!takesIds(model)) return normal(key, "float32", shape);
  const vocabulary = Math.min(...vocabularies(model.layers));
  const ids = uniform(key, "float64", shape).data.map((u) => Math.floor(u * vocabulary));
  return ndarray("int32", shape, Int32Array.from(ids));
}

/** Sizes of the tables that ids are looked up in. */
function vocabularies(layers: readonly ModelLayer[]): number[] {
  return layers.flatMap(({ spec, chains }) => [
    ...(spec.kind === "embedding" ? [spec.vocabulary] : []),
    ...vocabularies(Object.values(chains).flat()),
  ]);
}

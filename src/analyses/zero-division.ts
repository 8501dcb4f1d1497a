/**
 * @file Normalisations that divide by the size of a signal alone: 0/0 where there is no signal, as for an empty patch or
 * behind a relu that lets nothing through. One such place makes the whole loss no number.
 */
import type { Model, ModelLayer } from "../net/index.ts";

/** Layers named in a sentence. */
const mostNamed = 3;

/**
 * What to do about normalisations without epsilon, in a sentence; undefined where there are none.
 * @example zeroDivision(buildModel(parseNetText("mlp:depth=3,width=8,norm=ln-pre,in=4")))
 */
export function zeroDivision({ layers }: Pick<Model, "layers">): string | undefined {
  const names = undamped(layers);
  if (names.length === 0) return undefined;
  const more = names.length > mostNamed ? " …" : "";
  return `Give ${names.slice(0, mostNamed).join(", ")}${more} "epsilon": 1e-5: with 0 a normalisation is 0/0 where its input does not vary, as at an empty patch or behind a dead relu.`;
}

function undamped(layers: readonly ModelLayer[]): string[] {
  return layers.flatMap(({ name, spec, chains }) => [
    ...("epsilon" in spec && spec.epsilon === 0 ? [name] : []),
    ...undamped(Object.values(chains).flat()),
  ]);
}

/** @file A network in one line, for the heads of reports. */
import { type ActivationSpec, activationText, type Net } from "../net/index.ts";
import { type Normalisation, recogniseArchitecture } from "./architecture.ts";
import { significant } from "./words.ts";

/**
 * The one-line form where the network is uniform, otherwise the kinds of its layers.
 * @example describeNet(parseNetText("mlp:depth=3,width=8")) // "3 hidden layers of 8 tanh units, sw2 = 1 (σw = 1), …"
 */
export function describeNet(net: Net): string {
  const architecture = recogniseArchitecture(net);
  if (architecture === undefined) return `a network of ${net.layers.length} layers: ${kindsText(net)}`;
  const { affine, activation, norm, mu, sw2, sb2, depth, width } = architecture;
  const [layers, units] = affine === "conv" ? ["convolutions", "channels"] : ["layers", "units"];
  const variances = `σw² = ${significant(sw2)} (σw = ${significant(Math.sqrt(sw2))}), σb² = ${significant(sb2)} (σb = ${significant(Math.sqrt(sb2))})`;
  return [
    `${depth} hidden ${layers} of ${width} ${activationText(activation)} ${units}`,
    ...extras({ norm, mu }),
    variances,
  ].join(", ");
}

/** How many layers of each kind the network's own list has, in the order they come first: `9 conv, 3 sum, flatten`. */
function kindsText({ layers }: Net): string {
  const counts = new Map<string, number>();
  for (const { kind } of layers) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`)).join(", ");
}

interface LayerType {
  readonly activation: ActivationSpec;
  readonly norm: Normalisation;
  readonly mu: number;
}

const normText: Readonly<Record<Normalisation, readonly string[]>> = {
  none: [],
  "ln-pre": ["LayerNorm on preactivations"],
  "ln-act": ["LayerNorm on activations"],
  "ln-skip": ["LayerNorm on preactivations and skip"],
  "ln-block": ["blocks of LayerNorm and two layers"],
  batchnorm: ["BatchNorm on preactivations"],
};

function extras({ norm, mu }: Omit<LayerType, "activation">): string[] {
  return [...normText[norm], ...(mu === 0 ? [] : [`skip µ = ${mu}`])];
}

/** A kind of layer in a few words: `tanh, LayerNorm on preactivations, skip µ = 0.9`. */
export function describeLayer({ activation, norm, mu }: LayerType): string {
  return [activationText(activation), ...extras({ norm, mu })].join(", ");
}

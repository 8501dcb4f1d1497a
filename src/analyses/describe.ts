/** @file A network in one line, for the heads of reports. */
import { type ActivationSpec, activationText, type Net } from "../net/index.ts";
import { type Normalisation, recogniseArchitecture } from "./architecture.ts";
import { significant } from "./words.ts";

/**
 * The one-line form where the network is uniform, otherwise its size in layers.
 * @example describeNet(parseNetText("mlp:depth=3,width=8")) // "3 hidden layers of 8 tanh units, sw2 = 1 (σw = 1), …"
 */
export function describeNet(net: Net): string {
  const architecture = recogniseArchitecture(net);
  if (architecture === undefined) return `a network of ${net.layers.length} layers`;
  const { activation, norm, mu, sw2, sb2, depth, width } = architecture;
  const variances = `σw² = ${significant(sw2)} (σw = ${significant(Math.sqrt(sw2))}), σb² = ${significant(sb2)} (σb = ${significant(Math.sqrt(sb2))})`;
  return [
    `${depth} hidden layers of ${width} ${activationText(activation)} units`,
    ...extras({ norm, mu }),
    variances,
  ].join(", ");
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
};

function extras({ norm, mu }: Omit<LayerType, "activation">): string[] {
  return [...normText[norm], ...(mu === 0 ? [] : [`skip µ = ${mu}`])];
}

/** A kind of layer in a few words: `tanh, LayerNorm on preactivations, skip µ = 0.9`. */
export function describeLayer({ activation, norm, mu }: LayerType): string {
  return [activationText(activation), ...extras({ norm, mu })].join(", ");
}

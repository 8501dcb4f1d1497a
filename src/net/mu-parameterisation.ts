/**
 * @file µP, the parameterisation in which feature learning and the best learning rate do not depend on the width (Yang et
 * al. 2022, arXiv 2203.03466, Table 3; attention: Definition 4.1). A network is compared with one of another width, the
 * base, at which nothing changes; r_in and r_out are the ratios of a parameter's fan-in and fan-out to those in the base.
 *
 * | parameter | r_in | r_out | variance × | SGD rate × | Adam rate × |
 * | input-like: first weights, embeddings | 1 | r | 1 | r | 1 |
 * | vector-like: biases, gains | 1 | r | 1 | r | 1 |
 * | hidden | r | r | 1 | 1 | 1/r |
 * | output-like: readout | r | 1 | 1/r | 1/r | 1/r |
 *
 * Variances are beside the 1/fan_in that layers have anyway. In one line: SGD r_out/r_in, Adam 1/r_in. Attention takes
 * q·k/d instead of q·k/√d.
 */
import { FathomError, sizeOf } from "../tensor/index.ts";
import { withOptions } from "./edit.ts";
import type { Model } from "./model.ts";
import type { ParameterSpec } from "./parameters.ts";
import { parseNet } from "./parse.ts";
import { everyLayer, type ModelLayer } from "./resolve.ts";
import type { LayerSpec, Net } from "./spec.ts";

/** How a parameter grows with the width: `fixed` ones do not. */
export type WidthRole = "input" | "vector" | "hidden" | "output" | "fixed";

/** What µP says of one parameter. */
export interface MuRule {
  readonly name: string;
  readonly role: WidthRole;
  /** Fan-in and fan-out over those in the base. */
  readonly ratioIn: number;
  readonly ratioOut: number;
  /** Factor on the initial variance. */
  readonly variance: number;
  /** Factor on the learning rate. */
  readonly rate: number;
}

/** A network in µP. */
export interface MuParameterisation {
  /** The network with the variances (and factors of attention) of µP. */
  readonly net: Net;
  /** Factors on the learning rate by trained parameter, for `createTrainer` and `train`; those of 1 are left out. */
  readonly rates: Readonly<Record<string, number>>;
  readonly rules: readonly MuRule[];
}

/**
 * A network in µP relative to a base of another width, as {@link scaleWidths} makes them. At the base's own width it is the
 * network as it was, with no factors.
 * @param optimiser - SGD (with momentum or without) or Adam; rates differ.
 * @throws FathomError unsupported for the ntk parameterisation, or a layer with one variance for weights that need two;
 * bad-shape when the networks differ in more than their widths.
 * @example
 * const base = parseNetText("mlp:depth=3,width=64,in=784");
 * const { net, rates } = muParameterisation(buildModel(scaleWidths(base, 8)), buildModel(base), "adam");
 * rates["2.weight"]; // 1/8
 */
export function muParameterisation(model: Model, base: Model, optimiser: "sgd" | "adam"): MuParameterisation {
  for (const { net } of [model, base]) requireStandard(net);
  const rules = rulesOf(model, base, optimiser);
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const bases = new Map([...everyLayer(base.layers)].map((layer) => [layer.path, layer]));
  const changes = new Map(
    [...everyLayer(model.layers)].map((layer) => [
      layer.path,
      changeOf(layer, bases.get(layer.path)!, byName),
    ]),
  );
  const trained = model.parameters.filter(({ trainable }) => trainable);
  return {
    net: parseNet({ ...model.net, layers: withOptions(model.net.layers, changes) }),
    rates: Object.fromEntries(
      trained.map(({ name }) => [name, byName.get(name)!.rate] as const).filter(([, rate]) => rate !== 1),
    ),
    rules,
  };
}

function requireStandard({ parameterisation }: Net): void {
  if (parameterisation === "standard") return;
  throw new FathomError({
    code: "unsupported",
    message: `µP is stated relative to the standard parameterisation; the network is in ${parameterisation}.`,
    where: "parameterisation",
    hint: 'Set "parameterisation": "standard".',
  });
}

function rulesOf(model: Model, base: Model, optimiser: "sgd" | "adam"): MuRule[] {
  const before = new Map(base.parameters.map((spec) => [spec.name, spec]));
  if (before.size !== model.parameters.length) throw otherNetworks(undefined);
  return model.parameters.map((spec) => {
    const own = before.get(spec.name);
    if (own === undefined || own.shape.length !== spec.shape.length) throw otherNetworks(spec.name);
    const ratioIn = spec.fanIn / own.fanIn;
    const ratioOut = fanOut(spec) / fanOut(own);
    const role = roleOf(spec, ratioIn, ratioOut);
    return {
      name: spec.name,
      role,
      ratioIn,
      ratioOut,
      variance: role === "output" ? 1 / ratioIn : 1,
      rate: optimiser === "adam" ? 1 / ratioIn : ratioOut / ratioIn,
    };
  });
}

function otherNetworks(name: string | undefined): FathomError {
  return new FathomError({
    code: "bad-shape",
    message: "The network and its base differ in more than their widths.",
    ...(name === undefined ? {} : { where: name }),
    hint: "Make one from the other with scaleWidths.",
  });
}

function fanOut({ shape, fanIn }: ParameterSpec): number {
  return sizeOf(shape) / fanIn;
}

function roleOf({ shape, fanIn }: ParameterSpec, ratioIn: number, ratioOut: number): WidthRole {
  if (ratioIn !== 1) return ratioOut === 1 ? "output" : "hidden";
  if (ratioOut === 1) return "fixed";
  return fanIn === 1 && shape.length === 1 ? "vector" : "input";
}

/** New options of one layer: the variance that its weights need, and the factor of attention. */
function changeOf(layer: ModelLayer, base: ModelLayer, rules: ReadonlyMap<string, MuRule>): object {
  const { spec } = layer;
  return {
    ...("sw2" in spec ? varianceOf(layer, spec.sw2, rules) : {}),
    ...(spec.kind === "selfAttention" ? factorOf(layer, base, spec) : {}),
  };
}

function varianceOf(layer: ModelLayer, sw2: number, rules: ReadonlyMap<string, MuRule>): object {
  const weights = Object.entries(layer.parameters).filter(([local]) => !/bias$/i.test(local));
  const factors = [...new Set(weights.map(([, { name }]) => rules.get(name)!.variance))];
  if (factors.length <= 1)
    return factors[0] === undefined || factors[0] === 1 ? {} : { sw2: sw2 * factors[0] };
  throw new FathomError({
    code: "unsupported",
    message: `The weights of ${layer.name} need different variances in µP (factors ${factors.join(", ")}), and it has one sw2.`,
    where: `${layer.where}.sw2`,
    hint: "Let its output grow with the width, and follow it by a dense layer.",
  });
}

/** q·k/d instead of q·k/√d, equal at the base; `linear` scaling is that already. */
function factorOf(
  { output }: ModelLayer,
  base: ModelLayer,
  { scaling, factor = 1 }: Extract<LayerSpec, { kind: "selfAttention" }>,
): object {
  const ratio = output.shape[1]! / base.output.shape[1]!;
  return scaling === "linear" || ratio === 1 ? {} : { factor: factor / Math.sqrt(ratio) };
}

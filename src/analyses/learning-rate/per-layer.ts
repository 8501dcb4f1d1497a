/**
 * @file The learning rate layer by layer: how much of the sharpest curvature each layer makes, the rate at which it could train
 * alone, and rates that use all layers alike.
 *
 * With per-layer rates η_l gradient descent is stable on a quadratic while λ_max(Σ η_l B_l) ≤ 2, where B_l = F_lᵀ F_l is the
 * layer's own part of the Gauss-Newton matrix in output space; Σ η_l λ_max(B_l) ≤ 2 is enough. So a layer alone may take
 * 2/λ_max(B_l), and η_l = 2/(n λ_max(B_l)) gives each of n layers the same share of what is allowed.
 *
 * Theory: the tangent kernel is a sum over layers (criticality.md §5), of which layer l makes Θ_l J(l, L): K^l J(l, L) in a plain
 * network under the ntk parameterisation.
 */
import { type Model, trainableParameters } from "../../net/index.ts";
import type { NdArray } from "../../tensor/index.ts";
import { type MeanFieldLayer, propagate } from "../../theory/index.ts";
import { finiteOrNull } from "../figure.ts";
import { inputStart } from "../input-start.ts";
import { theoryReach } from "../reach.ts";
import type { BlockShare } from "./rates.ts";

/** A layer's part in the largest stable rate. */
export interface LayerRate {
  /** Path of the layer with the parameters; of the preactivation where only theory speaks. */
  readonly layer: string;
  /** λ_max of its own block over that of the whole network: measured, or theory's share of the tangent kernel. */
  readonly share: number;
  readonly kind: "measured" | "theory";
  /** Theory's share of the kernel's diagonal; absent for layers inside blocks, and where theory does not reach. */
  readonly kernelShare?: number;
}

/** How many layers have parameters that train. */
export function trainedLayers(model: Model): number {
  return new Set(trainableParameters(model).map(({ name }) => name.replace(/\.[^.]*$/, ""))).size;
}

/** ln of what each preactivation's own layer adds to the diagonal of the kernel at the output. */
function logKernelParts(model: Model, layers: readonly MeanFieldLayer[]): number[] {
  const theta = model.net.parameterisation === "ntk" ? "theta" : "thetaStandard";
  return layers.map((layer, l) => Math.log(ownKernel(layers, l, theta)) + layer.logToOutput);
}

/** Θ_l less what the layers before it send: K^l in a plain network under the ntk parameterisation. */
export function ownKernel(
  layers: readonly MeanFieldLayer[],
  l: number,
  theta: "theta" | "thetaStandard" = "theta",
): number {
  const before = layers[l - 1];
  const inherited = before === undefined ? 0 : (before.chiJ ?? 0) * before[theta];
  return layers[l]![theta] - inherited;
}

/** Shares of the kernel's diagonal by preactivation; not given where theory leaves float64. */
function kernelShares(model: Model, layers: readonly MeanFieldLayer[]): ReadonlyMap<string, number> {
  const logs = logKernelParts(model, layers);
  const top = Math.max(...logs);
  if (!Number.isFinite(top) || logs.some(Number.isNaN)) return new Map();
  const total = logs.reduce((sum, log) => sum + Math.exp(log - top), 0);
  return new Map(layers.map(({ name }, l) => [pathOf(model, name), Math.exp(logs[l]! - top) / total]));
}

/** The same from inputs; none where theory does not reach the output. */
export function predictedShares(model: Model, inputs: NdArray): ReadonlyMap<string, number> {
  const { layers, missing } = theoryReach(model, (places) => propagate(places, inputStart(model, inputs)));
  return missing === undefined ? kernelShares(model, layers) : new Map();
}

/** Measured blocks with theory's share beside them, or theory alone. */
export function layerRates(
  blocks: readonly BlockShare[] | undefined,
  kernel: ReadonlyMap<string, number>,
): LayerRate[] {
  if (blocks === undefined || blocks.length === 0)
    return [...kernel].map(([layer, share]) => ({ layer, share, kind: "theory", kernelShare: share }));
  return blocks.map(({ layer, share }) => {
    const kernelShare = kernel.get(layer) ?? blockShareOf(layer, blocks, kernel);
    return { layer, share, kind: "measured", ...(kernelShare === undefined ? {} : { kernelShare }) };
  });
}

/** Of a block with a single layer that trains, that layer's share is the block's. */
function blockShareOf(
  layer: string,
  blocks: readonly BlockShare[],
  kernel: ReadonlyMap<string, number>,
): number | undefined {
  const block = [...kernel.keys()].find((path) => layer.startsWith(`${path}.`));
  if (block === undefined) return undefined;
  const inside = blocks.filter((other) => other.layer.startsWith(`${block}.`));
  return inside.length === 1 ? kernel.get(block) : undefined;
}

/**
 * @param rate - 2/λ_max of the whole network.
 * @returns for the JSON: the rate at which the layer trains alone, and the one advised when all train.
 */
export function layerRatesJson(layers: readonly LayerRate[], rate: number | undefined) {
  return layers.map(({ layer, share, kind, kernelShare }) => ({
    layer,
    alone: finiteOrNull(rate === undefined ? Number.NaN : rate / share),
    advised: finiteOrNull(rate === undefined ? Number.NaN : rate / share / layers.length),
    share: finiteOrNull(share),
    kernelShare: finiteOrNull(kernelShare ?? Number.NaN),
    kind,
  }));
}

/** The layer's path: a preactivation is called `layers[3] (dense)` or by its path, whatever the network's list says. */
function pathOf({ layers }: Model, name: string): string {
  return layers.find((layer) => layer.name === name || layer.path === name)?.path ?? name;
}

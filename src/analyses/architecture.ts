/**
 * @file Recognises a network as one row of criticality.md §4: the same activation, normalisation, skip and variances in
 * every hidden layer. Fixed points, critical points and phase diagrams belong to such rows; a network that is none of
 * them is still propagated and measured layer by layer.
 */
import type { ActivationSpec, LayerSpec, Net } from "../net/index.ts";
import type { Norm } from "../theory/index.ts";

export type Normalisation = Norm;

type AffineSpec = Extract<LayerSpec, { kind: "dense" | "conv" }>;

/** A homogeneous network of dense layers, or of convolutions whose windows are all full. */
export interface Architecture {
  readonly affine: "dense" | "conv";
  readonly activation: ActivationSpec;
  readonly norm: Normalisation;
  /** Strength of the skip connection; 0 without one. */
  readonly mu: number;
  readonly sw2: number;
  readonly sb2: number;
  /** Number of hidden layers. */
  readonly depth: number;
  /** Units, or channels of convolutions. */
  readonly width: number;
  /** What the normalisation adds to the variance, where it is not 0: fixed points are those of 0. */
  readonly epsilon?: number;
}

type Block = Omit<Architecture, "depth">;

const normalisations: readonly { readonly norm: Normalisation; readonly kinds: string }[] = [
  { norm: "none", kinds: "activation,affine" },
  { norm: "ln-pre", kinds: "layerNorm,activation,affine" },
  { norm: "ln-act", kinds: "activation,layerNorm,affine" },
  { norm: "ln-block", kinds: "layerNorm,affine,activation,affine" },
  { norm: "batchnorm", kinds: "batchNorm,activation,affine" },
];

/** A larger epsilon changes fixed points by more than a percent unless K is large: then the network is no row of the table. */
const mostEpsilon = 1e-2;

function isAffine(layer: LayerSpec): layer is AffineSpec {
  return layer.kind === "dense" || layer.kind === "conv";
}

/** A step from one preactivation to the next: what precedes an affine layer, and that layer. */
function readBlock(layers: readonly LayerSpec[], mu: number): Block | undefined {
  const kinds = layers.map((layer) => (isAffine(layer) ? "affine" : layer.kind)).join(",");
  const norm = normalisations.find((row) => row.kinds === kinds)?.norm;
  const phi = layers.find((layer) => layer.kind === "activation");
  const [last, ...others] = layers.filter(isAffine).reverse();
  if (norm === undefined || phi?.kind !== "activation" || last === undefined) return undefined;
  if (layers.some(hasOwnLaw) || ![last, ...others].every(hasFullWindows)) return undefined;
  const { kind: affine, sw2, sb2 } = last;
  // Widths inside a branch are its own affair; variances and kind are not.
  const alike = others.every((other) => other.kind === affine && other.sw2 === sw2 && other.sb2 === sb2);
  if (!alike) return undefined;
  const width = last.kind === "dense" ? last.width : last.channels;
  return withEpsilon({ affine, activation: phi.activation, norm, mu, sw2, sb2, width }, layers);
}

/** LayerNorm before a residual block of activation and affine layer normalises the skip too. */
function readNormalisedSkip(norm: LayerSpec, branch: readonly LayerSpec[], mu: number): Block | undefined {
  const block = readBlock(branch, mu);
  if (norm.kind !== "layerNorm" || block?.norm !== "none" || hasOwnLaw(norm)) return undefined;
  return withEpsilon({ ...block, norm: "ln-skip" }, [norm]);
}

function withEpsilon(block: Block, layers: readonly LayerSpec[]): Block | undefined {
  const epsilon = layers.reduce((most, layer) => Math.max(most, "epsilon" in layer ? layer.epsilon : 0), 0);
  if (epsilon > mostEpsilon) return undefined;
  return epsilon === 0 ? block : { ...block, epsilon };
}

/** Arrays that another layer holds, or whose variance is not what the layer states, are no row of the table. */
function hasOwnLaw(layer: LayerSpec): boolean {
  const parameters = "parameters" in layer ? (layer.parameters ?? {}) : {};
  return Object.values(parameters).some(
    ({ shareWith, init }) => shareWith !== undefined || init === "zeros" || init === "signs",
  );
}

/** Zeros outside an image make positions differ (criticality.md §4.9); on a ring, or without padding, all are alike. */
function hasFullWindows(layer: AffineSpec): boolean {
  if (layer.kind === "dense") return true;
  const { padding, kernel } = layer;
  const pointwise = [kernel].flat().every((length) => length === 1);
  return padding === "circular" || padding === "valid" || padding === 0 || (pointwise && padding === "same");
}

/** Cuts the layers after the first affine one into steps that end in a preactivation. */
function blocksOf(layers: readonly LayerSpec[]): readonly (Block | undefined)[] {
  const blocks: (Block | undefined)[] = [];
  let pending: LayerSpec[] = [];
  for (const layer of layers) {
    if (layer.kind === "residual") {
      const { branch, mu } = layer;
      const [norm, ...more] = pending;
      if (norm === undefined) blocks.push(readBlock(branch, mu));
      else blocks.push(more.length === 0 ? readNormalisedSkip(norm, branch, mu) : undefined);
      pending = [];
      continue;
    }
    pending.push(layer);
    if (!isAffine(layer)) continue;
    blocks.push(readBlock(pending, 0));
    pending = [];
  }
  if (pending.length > 0) blocks.push(undefined);
  return blocks;
}

/**
 * The row of criticality.md §4 that a network belongs to, or undefined when its hidden layers differ. The first layer
 * and the readout may have variances of their own.
 * @example recogniseArchitecture(parseNetText("mlp:depth=30,width=128,activation=tanh"))?.norm // "none"
 */
export function recogniseArchitecture(net: Net): Architecture | undefined {
  const layers = net.layers.filter(({ kind }) => kind !== "flatten");
  const [first, ...rest] = layers;
  if (first === undefined || !isAffine(first) || !hasFullWindows(first)) return undefined;
  const hidden = blocksOf(rest).slice(0, -1);
  const model = hidden[0];
  if (model === undefined || first.kind !== model.affine) return undefined;
  const alike = hidden.every((block) => JSON.stringify(block) === JSON.stringify(model));
  const width = first.kind === "dense" ? first.width : first.channels;
  return alike && width === model.width ? { ...model, depth: hidden.length + 1 } : undefined;
}

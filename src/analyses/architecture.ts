/**
 * @file Recognises a network as one row of criticality.md §4: the same activation, normalisation, skip and variances in
 * every hidden layer. Fixed points, critical points and phase diagrams belong to such rows; a network that is none of
 * them is still propagated and measured layer by layer.
 */
import type { ActivationSpec, DenseSpec, LayerSpec, Net } from "../net/index.ts";

export type Normalisation = "none" | "ln-pre" | "ln-act";

/** A homogeneous fully connected network. */
export interface Architecture {
  readonly activation: ActivationSpec;
  readonly norm: Normalisation;
  /** Strength of the skip connection; 0 without one. */
  readonly mu: number;
  readonly sw2: number;
  readonly sb2: number;
  /** Number of hidden layers. */
  readonly depth: number;
  readonly width: number;
}

type Block = Omit<Architecture, "depth">;

const normalisations: readonly { readonly norm: Normalisation; readonly kinds: string }[] = [
  { norm: "none", kinds: "activation,dense" },
  { norm: "ln-pre", kinds: "layerNorm,activation,dense" },
  { norm: "ln-act", kinds: "activation,layerNorm,dense" },
];

/** A step from one preactivation to the next: what precedes a dense layer, and that layer. */
function readBlock(layers: readonly LayerSpec[], mu: number): Block | undefined {
  const kinds = layers.map(({ kind }) => kind).join(",");
  const norm = normalisations.find((row) => row.kinds === kinds)?.norm;
  const phi = layers.find((layer) => layer.kind === "activation");
  const last = layers[layers.length - 1];
  if (norm === undefined || phi?.kind !== "activation" || last?.kind !== "dense") return undefined;
  if (hasOwnLaw(last)) return undefined;
  return { activation: phi.activation, norm, mu, sw2: last.sw2, sb2: last.sb2, width: last.width };
}

/** Weights that another layer holds, or that have no variance of their own, are no row of the table. */
function hasOwnLaw({ parameters = {} }: DenseSpec): boolean {
  return Object.values(parameters).some(
    ({ shareWith, init }) => shareWith !== undefined || init === "zeros" || init === "signs",
  );
}

/** Cuts the layers after the first dense one into steps that end in a preactivation. */
function blocksOf(layers: readonly LayerSpec[]): readonly (Block | undefined)[] {
  const blocks: (Block | undefined)[] = [];
  let pending: LayerSpec[] = [];
  for (const layer of layers) {
    if (layer.kind === "residual") {
      blocks.push(pending.length === 0 ? readBlock(layer.branch, layer.mu) : undefined);
      continue;
    }
    pending.push(layer);
    if (layer.kind === "dense") {
      blocks.push(readBlock(pending, 0));
      pending = [];
    }
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
  if (first?.kind !== "dense") return undefined;
  const hidden = blocksOf(rest).slice(0, -1);
  const model = hidden[0];
  if (model === undefined) return undefined;
  const alike = hidden.every((block) => JSON.stringify(block) === JSON.stringify(model));
  return alike && first.width === model.width ? { ...model, depth: hidden.length + 1 } : undefined;
}

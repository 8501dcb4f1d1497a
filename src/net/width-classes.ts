/**
 * @file Which sizes of a network move together when its hidden widths change: the axes of every shape are followed from
 * the input to the output, axes that must be equal (a skip and its branch) are joined, and those that the data or the
 * output fix stay. What is left are the hidden widths.
 */
import { FathomError } from "../tensor/index.ts";
import { chainList } from "./chains.ts";
import type { ModelLayer } from "./resolve.ts";
import { channelAxis } from "./shapes.ts";
import type { LayerSpec } from "./spec.ts";

/** An axis of a shape; axes that must be equal have one root. */
export class Axis {
  #parent: Axis | undefined;
  #fixed: boolean;

  constructor(fixed: "fixed" | "free") {
    this.#fixed = fixed === "fixed";
  }

  get root(): Axis {
    return this.#parent === undefined ? this : this.#parent.root;
  }

  get isFixed(): boolean {
    return this.root.#fixed;
  }

  fix(): void {
    this.root.#fixed = true;
  }

  join(other: Axis): void {
    const [a, b] = [this.root, other.root];
    if (a === b) return;
    a.#fixed ||= b.#fixed;
    b.#parent = a;
  }
}

/** An option that holds a size along an axis: `width` of a dense layer. */
export interface WidthOption {
  readonly layer: ModelLayer;
  /** `width`, `channels`; `start` and `end` of a slice. */
  readonly option: string;
  readonly value: number;
  readonly axis: Axis;
}

interface Walk {
  readonly options: WidthOption[];
}

/** How a layer turns the axes of its input into those of its output. */
type Rule = (layer: ModelLayer, axes: readonly Axis[], walk: Walk) => readonly Axis[];

const same: Rule = (_, axes) => axes;

function note(layer: ModelLayer, option: string, axis: Axis, walk: Walk): void {
  const value = (layer.spec as unknown as Record<string, number | undefined>)[option];
  if (value !== undefined) walk.options.push({ layer, option, value, axis });
}

/** A width of the layer's own. */
function made(layer: ModelLayer, option: string, walk: Walk): Axis {
  const axis = new Axis("free");
  note(layer, option, axis, walk);
  return axis;
}

const convolution: Rule = (layer, axes, walk) => {
  const out = made(layer, "channels", walk);
  const groups = "groups" in layer.spec ? layer.spec.groups : 1;
  if (groups > 1 && groups === layer.input.shape[0]) {
    // One group a channel: there are as many groups as channels, before and after.
    note(layer, "groups", axes[0]!, walk);
    out.join(axes[0]!);
  }
  return [out, ...axes.slice(1)];
};

const flatten: Rule = ({ name, where }, axes) => {
  const free = axes.filter(({ isFixed }) => !isFixed);
  if (free.length <= 1) return [free[0] ?? new Axis("fixed")];
  throw new FathomError({
    code: "unsupported",
    message: `${name} makes one axis of several that change with the width, so it would grow by more than the factor.`,
    where,
    hint: "Average over one of them (globalAvgPool) instead.",
  });
};

const slice: Rule = (layer, axes, walk) => {
  const channel = channelAxis(layer.input);
  const cut = layer.input.shape.findIndex((size, axis) => size !== layer.output.shape[axis]);
  if (cut !== channel) return axes;
  for (const option of ["start", "end"]) note(layer, option, axes[channel]!, walk);
  return axes;
};

const parallel: Rule = (layer, axes, walk) => {
  const [first, ...others] = branchAxes(layer, axes, walk);
  for (const other of others) {
    first!.forEach((axis, i) => {
      axis.join(other[i]!);
    });
  }
  return first!;
};

function branchAxes(layer: ModelLayer, axes: readonly Axis[], walk: Walk): readonly (readonly Axis[])[] {
  return chainList(layer.chains, "branches").map((branch) => follow(branch, axes, walk));
}

const rules: Readonly<Record<string, Rule>> = {
  activation: same,
  layerNorm: same,
  rmsNorm: same,
  batchNorm: same,
  l2Normalize: same,
  gain: same,
  scale: same,
  dropout: same,
  positional: same,
  avgPool: same,
  sumPool: same,
  maxPool: same,
  resize: same,
  dense: (layer, axes, walk) => [...axes.slice(0, -1), made(layer, "width", walk)],
  conv: convolution,
  convTranspose: convolution,
  convLocal: convolution,
  selfAttention: (layer, axes, walk) => {
    const stated = (layer.spec as LayerSpec & { width?: number }).width !== undefined;
    return stated ? [axes[0]!, made(layer, "width", walk)] : axes;
  },
  embedding: (layer, axes, walk) => [axes[0]!, made(layer, "width", walk)],
  aggregate: (_, axes) => {
    axes[0]!.fix();
    return axes;
  },
  flatten,
  globalAvgPool: ({ input }, axes) => [axes[channelAxis(input)]!],
  toTokens: (_, axes) => [new Axis("fixed"), axes[0]!],
  transpose: (_, axes) => [axes[1]!, axes[0]!],
  slice,
  residual: (layer, axes, walk) => {
    const branch = follow(layer.chains["branch"]!, axes, walk);
    axes.forEach((axis, i) => {
      axis.join(branch[i]!);
    });
    return axes;
  },
  sum: parallel,
  product: parallel,
  // The parts of the channel axis grow by one factor or not at all.
  concat: parallel,
};

function follow(layers: readonly ModelLayer[], start: readonly Axis[], walk: Walk): readonly Axis[] {
  return layers.reduce((axes, layer) => {
    const rule = Object.hasOwn(rules, layer.spec.kind) ? rules[layer.spec.kind] : undefined;
    if (rule !== undefined) return rule(layer, axes, walk);
    throw new FathomError({
      code: "unsupported",
      message: `How ${layer.name} changes with the width of the network is not known.`,
      where: layer.where,
      hint: "Only networks of Fathom's own layers are scaled.",
    });
  }, start);
}

/**
 * The options of a network that hold a hidden width, in the order of the forward pass; input and output keep their sizes.
 * @throws FathomError unsupported naming a layer whose size cannot follow.
 */
export function hiddenWidths(layers: readonly ModelLayer[]): readonly WidthOption[] {
  const options: WidthOption[] = [];
  const start = layers[0]!.input.shape.map(() => new Axis("fixed"));
  for (const axis of follow(layers, start, { options })) axis.fix();
  return options.filter(({ axis }) => !axis.isFixed);
}

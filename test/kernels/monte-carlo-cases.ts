/** @file One network for every layer that has a covariance rule, as wide as it is told, for the tests by sampling. */
import type { NetShape } from "../../src/net/index.ts";
import type { Layer } from "./networks.ts";

interface LayerCase {
  readonly name: string;
  readonly input: readonly [NetShape["kind"], readonly number[]];
  /** Layers of a network of hidden width w, whose last one makes units. */
  readonly layers: (w: number) => readonly Layer[];
}

const weights = { sw2: 1.7, sb2: 0.2 };
const phi = (activation: unknown): Layer => ({ kind: "activation", activation });
const relu = phi("relu");
const dense = (width: number): Layer => ({ kind: "dense", width, ...weights });
const conv = (channels: number, rest: Layer = {}): Layer => ({
  kind: "conv",
  channels,
  kernel: 3,
  ...weights,
  ...rest,
});

const vector = ["vector", [5]] as const;
const signal = ["signal", [2, 7]] as const;
const image = ["image", [2, 4, 5]] as const;
const tokens = ["tokens", [4, 3]] as const;

/** A layer between a convolution with ReLU and another convolution: it sees units of many positions. */
function between(name: string, layer: Layer | readonly Layer[], on: LayerCase["input"] = signal): LayerCase {
  const list = Array.isArray(layer) ? layer : [layer];
  return { name, input: on, layers: (w) => [conv(w), relu, ...list, conv(w)] };
}

/** Convolutions with some geometry, after a convolution with ReLU. */
const convolutions: readonly LayerCase[] = [
  { padding: "same" },
  { padding: "same", stride: 2 },
  { padding: "torch-same", stride: 2 },
  { padding: "torch-same", kernel: 4 },
  { padding: "valid" },
  { padding: "circular", kernel: 2 },
  { padding: "circular", stride: 3 },
  { padding: 2, dilation: 2 },
].map((options) => ({
  name: `conv ${JSON.stringify(options)}`,
  input: signal,
  layers: (w) => [conv(w, options), relu, conv(w, options)],
}));

const onImages: readonly LayerCase[] = [
  {
    name: "conv [3, 2] with stride [1, 2] on an image",
    input: image,
    layers: (w) => [conv(w, { kernel: [3, 2], stride: [1, 2] }), relu, conv(w, { kernel: 2 })],
  },
  {
    name: "avgPool [2, 3] over stride 1 on an image",
    input: image,
    layers: (w) => [conv(w, { kernel: 2 }), relu, { kind: "avgPool", window: [2, 3], stride: 1 }],
  },
];

const onSignals: readonly LayerCase[] = [
  {
    name: "convTranspose with stride 2",
    input: signal,
    layers: (w) => [conv(w), relu, { kind: "convTranspose", channels: w, kernel: 3, stride: 2, ...weights }],
  },
  {
    name: "convTranspose, valid",
    input: signal,
    layers: (w) => [
      conv(w),
      relu,
      { kind: "convTranspose", channels: w, kernel: 4, stride: 3, padding: "valid", ...weights },
    ],
  },
  {
    name: "convLocal, then a mean over windows",
    input: signal,
    layers: (w) => [
      conv(w),
      relu,
      { kind: "convLocal", channels: w, kernel: 3, stride: 2, ...weights },
      relu,
      { kind: "avgPool", window: 3, stride: 1 },
    ],
  },
  between("avgPool, same, whole windows", { kind: "avgPool", window: 3, stride: 2, padding: "same" }),
  between("avgPool, same, inside the edges", {
    kind: "avgPool",
    window: 3,
    stride: 2,
    padding: "same",
    edges: "inside",
  }),
  between("avgPool on a ring", { kind: "avgPool", window: 3, stride: 2, padding: "circular" }),
  between("sumPool", { kind: "sumPool", window: 2, stride: 1 }),
  between("resize, linear", { kind: "resize", size: 4 }),
  between("resize, nearest", { kind: "resize", size: 9, method: "nearest" }),
  {
    name: "layerNorm over the example, before the activation",
    input: signal,
    layers: (w) => [conv(w), { kind: "layerNorm", over: "example", epsilon: 0.2 }, relu, conv(w)],
  },
  between("layerNorm over the example, with gains", { kind: "layerNorm", over: "example", affine: true }),
  {
    name: "layerNorm over the example, then over units",
    input: signal,
    layers: (w) => [
      conv(w),
      relu,
      { kind: "layerNorm", over: "example", epsilon: 0.1 },
      { kind: "toTokens" },
      { kind: "layerNorm", epsilon: 0.1 },
      dense(w),
    ],
  },
  between("slice of positions", { kind: "slice", axis: "T", start: 1, end: -2 }),
  {
    name: "globalAvgPool",
    input: signal,
    layers: (w) => [conv(w), relu, conv(w), relu, { kind: "globalAvgPool" }, dense(w)],
  },
  { name: "flatten", input: signal, layers: (w) => [conv(w), relu, { kind: "flatten" }, dense(w)] },
];

const onVectors: readonly LayerCase[] = [
  { name: "dense", input: vector, layers: (w) => [dense(w), phi("erf"), dense(w)] },
  {
    name: "layerNorm before the activation",
    input: vector,
    layers: (w) => [dense(w), { kind: "layerNorm", epsilon: 0.3 }, phi("gelu"), dense(w)],
  },
  {
    name: "layerNorm after the activation, with gains and shifts",
    input: vector,
    layers: (w) => [dense(w), relu, { kind: "layerNorm", affine: true }, dense(w)],
  },
  {
    name: "rmsNorm with gains",
    input: vector,
    layers: (w) => [dense(w), relu, { kind: "rmsNorm", epsilon: 0.1, affine: true }, dense(w)],
  },
  {
    name: "l2Normalize",
    input: vector,
    layers: (w) => [dense(w), relu, { kind: "l2Normalize" }, { kind: "scale", factor: 3 }, dense(w)],
  },
  {
    name: "gain a channel",
    input: vector,
    layers: (w) => [dense(w), relu, { kind: "gain", initial: 0.7, per: "channel" }, dense(w)],
  },
  {
    name: "residual",
    input: vector,
    layers: (w) => [dense(w), { kind: "residual", mu: 0.6, branch: [relu, dense(w)] }, relu, dense(w)],
  },
  {
    name: "sum with a skip",
    input: vector,
    layers: (w) => [dense(w), { kind: "sum", branches: [[], [phi("sin"), dense(w)], [dense(w)]] }],
  },
  {
    name: "product of a gate",
    input: vector,
    layers: (w) => [
      dense(w),
      relu,
      { kind: "product", branches: [[dense(w)], [dense(w), phi("sigmoidLike")]] },
    ],
  },
  {
    name: "concat of unequal branches",
    input: vector,
    layers: (w) => [
      dense(w),
      {
        kind: "concat",
        branches: [
          [relu, dense(2 * w)],
          [dense(w), relu],
        ],
      },
      dense(w),
    ],
  },
  {
    name: "dropout in inference",
    input: vector,
    layers: (w) => [dense(w), relu, { kind: "dropout", rate: 0.4 }],
  },
  {
    name: "frozen weights",
    input: vector,
    layers: (w) => [
      { ...dense(w), parameters: { weight: { trainable: false } } },
      relu,
      { ...dense(w), parameters: { bias: { trainable: false } } },
    ],
  },
  { name: "tanh, by its series", input: vector, layers: (w) => [dense(w), phi("tanh"), dense(w)] },
];

const onTokens: readonly LayerCase[] = [
  {
    name: "embedding and learned positions",
    input: ["ids", [4]],
    layers: (w) => [
      { kind: "embedding", vocabulary: 3, width: w, sw2: 1.3 },
      { kind: "positional", sw2: 0.4 },
      dense(w),
    ],
  },
  {
    name: "sinusoidal positions",
    input: tokens,
    layers: (w) => [dense(w), { kind: "positional", encoding: "sinusoidal" }, dense(w)],
  },
  {
    name: "attention with linear scaling",
    input: tokens,
    layers: (w) => [dense(w), { kind: "selfAttention", scaling: "linear", width: w, ...weights }],
  },
  {
    name: "causal attention with a factor",
    input: tokens,
    layers: (w) => [
      dense(w),
      { kind: "selfAttention", scaling: "linear", width: w, causal: true, factor: 0.5, ...weights },
    ],
  },
  ...["identity", "relu", "abs"].map((attended, k) => ({
    name: `attention with the ${attended} of logits`,
    input: tokens,
    layers: (w: number) => [
      // Products of many Gaussians spread less where each is small.
      { ...dense(w), sw2: 0.5 },
      {
        kind: "selfAttention",
        scaling: "linear",
        weights: attended,
        causal: k === 0,
        width: w,
        sw2: 0.6,
        sb2: 0.2,
      },
    ],
  })),
  {
    name: "aggregate",
    input: tokens,
    layers: (w) => [dense(w), relu, { kind: "aggregate", graph: { grid: [2, 2] } }, dense(w)],
  },
  {
    name: "toTokens",
    input: signal,
    layers: (w) => [conv(w), { kind: "toTokens" }, relu, dense(w)],
  },
];

export const layerCases: readonly LayerCase[] = [
  ...convolutions,
  ...onImages,
  ...onSignals,
  ...onVectors,
  ...onTokens,
];

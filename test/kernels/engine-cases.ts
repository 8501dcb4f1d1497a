/** @file Networks of every layer that has a covariance rule, small, for comparing engines. */
const relu = { kind: "activation", activation: "relu" };
const phi = (activation: string) => ({ kind: "activation", activation });
const conv = (kernel: number | number[], more: object = {}) => ({
  kind: "conv",
  channels: 3,
  kernel,
  sw2: 1.5,
  sb2: 0.1,
  ...more,
});
const dense = { kind: "dense", width: 4, sw2: 1.7, sb2: 0.2 };
const flat = [{ kind: "flatten" }, dense];
const gap = [{ kind: "globalAvgPool" }, dense];
const circular = { padding: "circular" };
const attention = { kind: "selfAttention", heads: 2, scaling: "linear", sb2: 0.1 };
const edges = { nodes: 4, edges: [[0, 1] as const, [1, 2] as const, [2, 3] as const] };
const aggregate = { kind: "aggregate", graph: edges };

const vector = { kind: "vector", shape: [7] };
const odd = { kind: "image", shape: [2, 6, 5] };
const even = { kind: "image", shape: [1, 8, 8] };
const small = { kind: "image", shape: [1, 4, 3] };
const tokens = { kind: "tokens", shape: [5, 3] };

export interface Case {
  readonly name: string;
  readonly input: { readonly kind: string; readonly shape: readonly number[] };
  readonly layers: readonly object[];
}

const activations = ["relu", "erf", "gelu", "tanh", "abs", "leakyRelu(0.2)", "sin", "sign", "rbf(0.7)"];

const named: Record<string, readonly [Case["input"], readonly object[]]> = {
  ...Object.fromEntries(
    activations.map((kind) => [`${kind} of vectors`, [vector, [dense, phi(kind), dense, phi(kind), dense]]]),
  ),
  "no bias": [vector, [{ ...dense, sb2: 0 }, relu, { ...dense, sb2: 0 }, relu, { ...dense, sb2: 0 }]],
  "no weights": [vector, [dense, relu, { ...dense, sw2: 0 }, relu, dense]],
  normalisation: [vector, [dense, { kind: "layerNorm" }, relu, dense, { kind: "rmsNorm" }, relu, dense]],
  ...Object.fromEntries(
    ["relu", "leakyRelu(0.2)", "gelu", "silu"].map((kind) => [
      `normalisation after ${kind}`,
      [vector, [dense, phi(kind), { kind: "layerNorm" }, dense, phi(kind), { kind: "layerNorm" }, dense]],
    ]),
  ),
  "normalisation of a residual": [
    vector,
    [
      dense,
      { kind: "residual", mu: 0.7, branch: [dense, relu, { kind: "scale", factor: -1.3 }] },
      { kind: "layerNorm", affine: true },
      dense,
    ],
  ],
  "normalisation of tokens": [
    tokens,
    [dense, relu, { kind: "layerNorm" }, attention, dense, phi("gelu"), { kind: "layerNorm" }, ...gap],
  ],
  "normalisation of pixels": [
    odd,
    [conv(3), relu, { kind: "toTokens" }, { kind: "layerNorm", epsilon: 0.1 }, dense, relu, ...gap],
  ],
  "normalisation of examples": [
    odd,
    [
      conv(3),
      { kind: "layerNorm", over: "example" },
      conv(3),
      relu,
      { kind: "layerNorm", over: "example" },
      ...gap,
    ],
  ],
  "normalisation of examples, flat": [
    odd,
    [conv(3), phi("gelu"), { kind: "layerNorm", over: "example" }, conv(3), relu, ...flat],
  ],
  "l2 normalisation": [vector, [dense, { kind: "l2Normalize" }, dense]],
  "residual of vectors": [vector, [dense, { kind: "residual", mu: 0.7, branch: [relu, dense] }, relu, dense]],
  gains: [vector, [dense, { kind: "gain", initial: 0.7 }, relu, dense, { kind: "scale", factor: 0.5 }]],
  product: [vector, [{ kind: "product", branches: [[dense, relu, dense], [dense]] }, dense]],
  concat: [vector, [{ kind: "concat", branches: [[dense, relu], [{ ...dense, width: 3 }]] }, dense]],
  "stride on odd sizes": [odd, [conv(3), relu, conv(3, { stride: 2 }), relu, ...flat]],
  "stride on even sizes": [even, [conv(3), relu, conv(3, { stride: 2 }), relu, conv([2, 3]), ...flat]],
  "centred stride": [even, [conv(3), relu, conv(3, { stride: 2, padding: "torch-same" }), relu, ...flat]],
  "circular, flat": [odd, [conv(3, circular), relu, conv(3, circular), relu, ...flat]],
  dilation: [even, [conv(3, { dilation: 2 }), relu, conv(3, { padding: 2 }), { kind: "flatten" }]],
  "an output with positions": [odd, [conv(3), relu, conv(3)]],
  "7×7": [{ kind: "image", shape: [1, 7, 7] }, [conv(7), relu, conv(3), relu, conv(4), ...flat]],
  "5×9": [{ kind: "image", shape: [1, 5, 9] }, [conv(3), relu, conv(3, { stride: 2 }), relu, ...flat]],
  "one position": [{ kind: "image", shape: [2, 1, 1] }, [conv(3), relu, conv(3), relu, ...gap]],
  "one row": [{ kind: "image", shape: [1, 1, 7] }, [conv(3), relu, conv(3), relu, ...gap]],
  "one column": [{ kind: "image", shape: [1, 7, 1] }, [conv(3), relu, conv(3), relu, ...flat]],
  "global pooling": [odd, [conv(3), relu, conv(3), relu, ...gap]],
  "global pooling after strides": [even, [conv(3), relu, conv(3, { stride: 2 }), relu, ...gap]],
  "global pooling after valid": [even, [conv(3, { padding: "valid" }), relu, conv(2), relu, ...gap]],
  "global pooling on a ring": [odd, [conv(3, circular), relu, conv(3, circular), relu, ...gap]],
  "strides on a ring": [even, [conv(3, circular), relu, conv(3, { ...circular, stride: 2 }), relu, ...gap]],
  "erf, pooled": [odd, [conv(3), phi("erf"), conv(3), phi("erf"), ...gap]],
  "tanh, pooled": [odd, [conv(3), phi("tanh"), ...gap]],
  "residual, pooled": [odd, [conv(3), { kind: "residual", branch: [relu, conv(3)] }, relu, ...gap]],
  "average pooling": [even, [conv(3), relu, { kind: "avgPool", window: 2 }, conv(3), relu, ...flat]],
  "overlapping windows": [
    odd,
    [conv(3), relu, { kind: "avgPool", window: 3, stride: 2, padding: "same" }, conv(3), ...flat],
  ],
  "means inside edges": [
    odd,
    [
      conv(3),
      relu,
      { kind: "avgPool", window: 3, stride: 2, padding: "same", edges: "inside" },
      conv(3),
      relu,
      ...gap,
    ],
  ],
  "two poolings": [
    even,
    [
      conv(3),
      relu,
      { kind: "sumPool", window: 2 },
      conv(3),
      relu,
      { kind: "avgPool", window: 2 },
      conv(2),
      ...flat,
    ],
  ],
  "pooling on a ring": [
    even,
    [conv(3, circular), relu, { kind: "avgPool", window: 2, ...circular }, conv(3, circular), relu, ...gap],
  ],
  "a branch over a pooling": [
    even,
    [
      conv(3),
      {
        kind: "sum",
        branches: [[relu, { kind: "avgPool", window: 2 }, conv(3)], [conv(3, { stride: 2 })]],
      },
      relu,
      conv(3),
      ...flat,
    ],
  ],
  ...Object.fromEntries(
    [flat, gap].map((end) => [
      `strides that differ by branch, ${end === gap ? "pooled" : "flat"}`,
      [
        even,
        [
          conv(3),
          relu,
          { kind: "sum", branches: [[conv(3, { stride: 2 })], [conv(5, { padding: "valid" })]] },
          relu,
          conv(3),
          {
            kind: "product",
            branches: [
              [conv(3, { padding: "valid" }), relu, conv(1)],
              [conv(3, { stride: 2 }), relu, conv(1)],
            ],
          },
          ...end,
        ],
      ],
    ]),
  ),
  "a slice beside a stride, normalised": [
    even,
    [
      conv(3),
      relu,
      { kind: "slice", axis: "W", start: 2, end: 6 },
      { kind: "slice", axis: "H", start: 2, end: 6 },
      {
        kind: "concat",
        branches: [
          [conv(3, { dilation: 2 }), relu],
          [conv(3, { stride: 2 }), { kind: "resize", size: [4, 4] }, conv(1)],
        ],
      },
      { kind: "toTokens" },
      { kind: "layerNorm" },
      dense,
      ...gap,
    ],
  ],
  signal: [{ kind: "signal", shape: [2, 9] }, [conv(3), relu, conv(3, { stride: 2 }), relu, ...gap]],
  "unshared convolution": [
    odd,
    [conv(3), relu, { kind: "convLocal", channels: 3, kernel: 3, sb2: 0.1 }, relu, conv(3), relu, ...gap],
  ],
  "transposed convolution": [
    small,
    [
      conv(3),
      relu,
      { kind: "convTranspose", channels: 3, kernel: 3, stride: 2, sb2: 0.1 },
      relu,
      conv(3),
      relu,
      ...gap,
    ],
  ],
  "nearest resizing": [
    small,
    [conv(3), relu, { kind: "resize", size: [8, 6], method: "nearest" }, conv(3), ...flat],
  ],
  "linear resizing": [
    small,
    [conv(3), relu, { kind: "resize", size: [6, 5], method: "linear" }, conv(3), relu, ...gap],
  ],
  slice: [odd, [conv(3), relu, { kind: "slice", axis: "H", start: 1, end: 5 }, conv(3), relu, ...gap]],
  attention: [tokens, [{ ...dense, width: 4 }, attention, dense, relu, ...gap]],
  "causal attention": [
    tokens,
    [
      dense,
      { kind: "positional", encoding: "learned", sw2: 0.3 },
      { ...attention, causal: true },
      dense,
      relu,
      ...flat,
    ],
  ],
  ...Object.fromEntries(
    ["identity", "relu", "abs"].map((weights) => [
      `attention of ${weights} weights`,
      [tokens, [dense, { ...attention, weights, factor: 0.6 }, relu, dense, ...gap]],
    ]),
  ),
  "causal attention without softmax": [
    tokens,
    [dense, relu, { ...attention, weights: "relu", causal: true }, dense, relu, ...flat],
  ],
  transformer: [
    tokens,
    [
      dense,
      { kind: "residual", branch: [{ kind: "layerNorm" }, attention] },
      { kind: "residual", branch: [{ kind: "layerNorm" }, dense, relu, dense] },
      ...gap,
    ],
  ],
  "attention of an image": [
    { kind: "image", shape: [1, 3, 3] },
    [
      conv(3),
      relu,
      conv(3, { channels: 4 }),
      { kind: "toTokens" },
      attention,
      { kind: "slice", axis: "T", start: 1, end: 6 },
      ...gap,
    ],
  ],
  ids: [
    { kind: "ids", shape: [6] },
    [
      { kind: "embedding", vocabulary: 9, width: 4, sw2: 0.8 },
      { kind: "positional", encoding: "learned", sw2: 0.3 },
      dense,
      relu,
      ...gap,
    ],
  ],
  sinusoids: [tokens, [dense, { kind: "positional", encoding: "sinusoidal" }, dense, relu, ...gap]],
  graph: [{ kind: "graph", shape: [4, 3] }, [dense, aggregate, dense, relu, aggregate, dense, relu, ...gap]],
};

/** One network a line. */
export const cases: readonly Case[] = Object.entries(named).map(([name, [input, layers]]) => ({
  name,
  input,
  layers,
}));

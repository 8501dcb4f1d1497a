/**
 * @file Random well-typed networks on images, signals, tokens, graphs and token ids. What may follow a shape is computed
 * here, from the rules of the network language as documented, and not asked of the parser.
 */
import fc from "fast-check";
import type { NetShape } from "../../src/net/index.ts";

/** A layer in its JSON form, and the shape that it makes. */
interface Next {
  readonly layer: Readonly<Record<string, unknown>>;
  readonly output: NetShape;
}

const variance = fc.double({ min: 0, max: 2, noNaN: true });
const channels = fc.integer({ min: 1, max: 4 });
const stride = fc.integer({ min: 1, max: 2 });

const tanh = { kind: "activation", activation: "tanh" };

function same(input: NetShape, layer: Next["layer"]): fc.Arbitrary<Next> {
  return fc.constant({ layer, output: input });
}

function spatial({ kind }: NetShape, channels: number, sizes: readonly number[]): NetShape {
  return { kind, shape: [channels, ...sizes] };
}

/** Kernels that fit every padding: no longer than the shortest axis. */
function kernelFor(sizes: readonly number[]): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max: Math.min(3, ...sizes) });
}

/** Windows along an axis by the definition of each padding. */
function outSize(n: number, kernel: number, stride: number, padding: string | number): number {
  if (padding === "valid") return Math.floor((n - kernel) / stride) + 1;
  if (typeof padding === "number") return Math.floor((n + 2 * padding - kernel) / stride) + 1;
  return Math.ceil(n / stride);
}

const padding = fc.constantFrom("same", "valid", "circular", "torch-same", 1);

function convolutions(input: NetShape): fc.Arbitrary<Next>[] {
  const [from, ...sizes] = input.shape as [number, ...number[]];
  const law = { channels, kernel: kernelFor(sizes), stride, sw2: variance, sb2: variance };
  const made =
    (kind: string) =>
    (options: { channels: number; kernel: number; stride: number; padding: string | number }) => {
      const out = sizes.map((n) => outSize(n, options.kernel, options.stride, options.padding));
      return { layer: { kind, ...options }, output: spatial(input, options.channels, out) };
    };
  const depthwise = { ...law, padding, channels: fc.constant(from), groups: fc.constant(from) };
  const transposed = fc.record({ ...law, padding: fc.constantFrom("same", "valid") }).map((options) => {
    const { kernel, stride, channels } = options;
    const grown = (n: number) => (options.padding === "same" ? n * stride : (n - 1) * stride + kernel);
    return {
      layer: { kind: "convTranspose", ...options },
      output: spatial(input, channels, sizes.map(grown)),
    };
  });
  return [
    fc.record({ ...law, padding }).map(made("conv")),
    fc.record(depthwise).map(made("conv")),
    fc.record({ ...law, padding }).map(made("convLocal")),
    transposed,
  ];
}

function pools(input: NetShape): fc.Arbitrary<Next>[] {
  const [from, ...sizes] = input.shape as [number, ...number[]];
  const options = { window: kernelFor(sizes), stride, padding: fc.constantFrom("same", "valid", "circular") };
  const pooled = fc
    .record({ kind: fc.constantFrom("avgPool", "sumPool", "maxPool"), ...options })
    .map((layer) => {
      const out = sizes.map((n) => outSize(n, layer.window, layer.stride, layer.padding));
      return { layer, output: spatial(input, from, out) };
    });
  const size = fc.integer({ min: 1, max: 5 });
  const resized = fc.record({ size, method: fc.constantFrom("linear", "nearest") }).map((options) => ({
    layer: { kind: "resize", ...options },
    output: spatial(
      input,
      from,
      sizes.map(() => options.size),
    ),
  }));
  return [pooled, resized];
}

function onPositions(input: NetShape): fc.Arbitrary<Next>[] {
  const [from, ...sizes] = input.shape as [number, ...number[]];
  const positions = sizes.reduce((product, n) => product * n, 1);
  const branch = fc
    .record({ kernel: kernelFor(sizes), padding: fc.constantFrom("same", "circular") })
    .map((options) => ({
      layer: { kind: "residual", branch: [tanh, { kind: "conv", channels: from, ...options }] },
      output: input,
    }));
  return [
    ...convolutions(input),
    ...pools(input),
    branch,
    fc.constant({
      layer: { kind: "toTokens" },
      output: { kind: "tokens", shape: [positions, from] } as const,
    }),
    fc.constant({ layer: { kind: "globalAvgPool" }, output: { kind: "vector", shape: [from] } as const }),
    fc.constant({
      layer: { kind: "flatten" },
      output: { kind: "vector", shape: [from * positions] } as const,
    }),
  ];
}

function dense(input: NetShape): fc.Arbitrary<Next> {
  return fc.record({ width: channels, sw2: variance, sb2: variance }).map((options) => ({
    layer: { kind: "dense", ...options },
    output: { kind: input.kind, shape: input.shape.with(-1, options.width) },
  }));
}

/** On a line of tokens or nodes, or through a rectangular matrix. */
function aggregation(input: NetShape): fc.Arbitrary<Next> {
  const [count, features] = input.shape as [number, number];
  const normalisation = fc.constantFrom("gcn", "row", "none");
  const line = normalisation.map((normalisation) => ({ grid: [count], normalisation }));
  const rows = fc.array(fc.integer({ min: 0, max: count - 1 }), { minLength: 1, maxLength: 3 });
  const chosen = rows.map((indices) => ({
    shape: [indices.length, count],
    indptr: [...indices.keys(), indices.length],
    indices,
    values: indices.map(() => 1),
  }));
  return fc.oneof(line, chosen).map((graph) => ({
    layer: { kind: "aggregate", graph },
    output: { kind: input.kind, shape: ["shape" in graph ? graph.indices.length : count, features] },
  }));
}

function onTokens(input: NetShape): fc.Arbitrary<Next>[] {
  const [count, from] = input.shape as [number, number];
  const attention = fc
    .record({
      heads: fc.integer({ min: 1, max: 2 }),
      each: fc.integer({ min: 1, max: 2 }),
      causal: fc.boolean(),
      scaling: fc.constantFrom("standard", "linear"),
    })
    .map(
      ({ heads, each, ...options }): Next => ({
        layer: { kind: "selfAttention", heads, width: heads * each, ...options },
        output: { kind: "tokens", shape: [count, heads * each] },
      }),
    );
  return [
    attention,
    ...["learned", "sinusoidal"].map((encoding) => same(input, { kind: "positional", encoding })),
    fc.constant({ layer: { kind: "transpose" }, output: { kind: "tokens", shape: [from, count] } as const }),
  ];
}

function nextOn(input: NetShape): fc.Arbitrary<Next> {
  const general = [same(input, tanh), same(input, { kind: "scale", factor: -0.5 })];
  switch (input.kind) {
    case "ids":
      return fc.record({ width: channels }).map(({ width }) => ({
        layer: { kind: "embedding", vocabulary: 5, width },
        output: { kind: "tokens", shape: [input.shape[0]!, width] },
      }));
    case "image":
    case "signal":
      return fc.oneof(...onPositions(input), ...general);
    case "tokens":
      return fc.oneof(...onTokens(input), dense(input), aggregation(input), ...general);
    case "graph":
      return fc.oneof(dense(input), aggregation(input), ...general);
    case "vector":
      return fc.oneof(dense(input), ...general);
  }
}

/** A network, and the shape before each of its layers and after the last. */
export interface SpatialNet {
  readonly fathom: 1;
  readonly input: NetShape;
  readonly layers: readonly Next["layer"][];
  readonly shapes: readonly NetShape[];
}

function extended(net: SpatialNet, more: number): fc.Arbitrary<SpatialNet> {
  if (more === 0) return fc.constant(net);
  return nextOn(net.shapes.at(-1)!).chain(({ layer, output }) =>
    extended({ ...net, layers: [...net.layers, layer], shapes: [...net.shapes, output] }, more - 1),
  );
}

const size = fc.integer({ min: 2, max: 5 });
const inputs: fc.Arbitrary<NetShape> = fc.oneof(
  fc.tuple(channels, size, size).map((shape) => ({ kind: "image" as const, shape })),
  fc.tuple(channels, size).map((shape) => ({ kind: "signal" as const, shape })),
  fc.tuple(size, channels).map((shape) => ({ kind: "tokens" as const, shape })),
  fc.tuple(size, channels).map((shape) => ({ kind: "graph" as const, shape })),
  fc.tuple(size).map((shape) => ({ kind: "ids" as const, shape })),
);

/** Well-typed networks of one to five layers. */
export const spatialNets: fc.Arbitrary<SpatialNet> = fc
  .tuple(inputs, fc.integer({ min: 1, max: 5 }))
  .chain(([input, depth]) => extended({ fathom: 1, input, layers: [], shapes: [input] }, depth));

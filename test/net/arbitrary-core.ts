/**
 * @file Random well-typed networks of the layers that need no positions: normalisations, branches, gating, dropout,
 * slices, gains, frozen and redrawn parameters. The shapes they make are computed here, as documented.
 */
import fc from "fast-check";
import type { NetShape } from "../../src/net/index.ts";

type Layer = Readonly<Record<string, unknown>>;

interface Next {
  readonly layer: Layer;
  readonly output: NetShape;
}
interface Chain {
  readonly layers: readonly Layer[];
  readonly output: NetShape;
}

/** How deep branches may lie in branches. */
const MAX_DEPTH = 2;

const width = fc.integer({ min: 1, max: 5 });
const variance = fc.double({ min: 0, max: 2, noNaN: true });
const epsilon = fc.double({ min: 0.01, max: 1, noNaN: true });
const number = fc.double({ min: -2, max: 2, noNaN: true });
const affine = fc.boolean();

function channelAxis({ kind, shape }: NetShape): number {
  return kind === "image" || kind === "signal" ? 0 : shape.length - 1;
}

function withChannels(input: NetShape, channels: number): NetShape {
  return { kind: input.kind, shape: input.shape.with(channelAxis(input), channels) };
}

/** Whether dense layers and normalisations over the last axis apply. */
function endsInChannels({ kind }: NetShape): boolean {
  return kind === "vector" || kind === "tokens" || kind === "graph";
}

const parameterOption = fc.record(
  {
    trainable: fc.boolean(),
    init: fc.constantFrom("gaussian", "haar", "uniform", "signs", "zeros"),
  },
  { requiredKeys: [] },
);

const dense = fc.record(
  {
    kind: fc.constant("dense"),
    width,
    sw2: variance,
    sb2: variance,
    parameters: parameterOption.map((weight) => ({ weight })),
  },
  { requiredKeys: ["kind", "width"] },
);

/** Layers that keep the shape and hold no others. */
function keeping(input: NetShape): fc.Arbitrary<Layer>[] {
  const last = input.shape.at(-1)!;
  const anywhere: fc.Arbitrary<Layer>[] = [
    fc.record({
      kind: fc.constant("activation"),
      activation: fc.constantFrom("tanh", "erf", "sin", "gelu", "silu"),
    }),
    fc.record({ kind: fc.constant("scale"), factor: number }),
    fc.record({ kind: fc.constant("gain"), initial: number, per: fc.constantFrom("scalar", "channel") }),
    fc.record({ kind: fc.constant("batchNorm"), epsilon, affine, momentum: fc.constantFrom(0, 0.1, 1) }),
    fc.record({ kind: fc.constant("dropout"), rate: fc.constantFrom(0, 0.3, 0.5) }),
  ];
  if (!endsInChannels(input)) return anywhere;
  const normalisations: fc.Arbitrary<Layer>[] = [
    fc.record({ kind: fc.constant("rmsNorm"), epsilon, affine }),
    fc.record({ kind: fc.constant("l2Normalize"), epsilon }),
  ];
  if (last >= 3) normalisations.push(fc.record({ kind: fc.constant("layerNorm"), epsilon, affine }));
  return [...anywhere, ...normalisations];
}

/** Layers that change sizes: dense layers, slices and flattening. */
function changing(input: NetShape): fc.Arbitrary<Next>[] {
  const size = input.shape.reduce((product, n) => product * n, 1);
  const slices = fc.integer({ min: 0, max: input.shape.length - 1 }).chain((axis) => {
    const length = input.shape[axis]!;
    return fc.tuple(fc.nat(length - 1), fc.integer({ min: 1, max: length })).map(([a, b]): Next => {
      const [from, to] = a < b ? [a, b] : [b - 1, a + 1];
      const end = to === length ? {} : { end: to % 2 === 0 ? to : to - length };
      return {
        layer: { kind: "slice", axis, start: from % 2 === 0 ? from : from - length, ...end },
        output: { kind: input.kind, shape: input.shape.with(axis, to - from) },
      };
    });
  });
  const flat = fc.constant<Next>({ layer: { kind: "flatten" }, output: { kind: "vector", shape: [size] } });
  if (!endsInChannels(input)) return [slices, flat];
  return [slices, flat, dense.map((layer) => ({ layer, output: withChannels(input, layer.width) }))];
}

/** Two or three branches, all of which end in one shape; an empty one is the identity. */
function sameBranches(input: NetShape, depth: number): fc.Arbitrary<Next> {
  const branches = fc.array(keepingChain(input, depth + 1), { minLength: 2, maxLength: 3 });
  return fc.record({ kind: fc.constantFrom("sum", "product"), branches }).map((layer) => ({
    layer,
    output: input,
  }));
}

function concatenation(input: NetShape, depth: number): fc.Arbitrary<Next> {
  const one = fc
    .tuple(keepingChain(input, depth + 1), fc.option(dense))
    .map(([layers, end]) =>
      end === null || !endsInChannels(input)
        ? { layers, channels: input.shape[channelAxis(input)]! }
        : { layers: [...layers, end], channels: end.width },
    );
  return fc.array(one, { minLength: 2, maxLength: 3 }).map((parts) => ({
    layer: { kind: "concat", branches: parts.map(({ layers }) => layers) },
    output: withChannels(
      input,
      parts.reduce((total, { channels }) => total + channels, 0),
    ),
  }));
}

function residual(input: NetShape, depth: number): fc.Arbitrary<Next> {
  return fc
    .record({
      kind: fc.constant("residual"),
      mu: fc.double({ min: 0, max: 1, noNaN: true }),
      branch: keepingChain(input, depth + 1).filter((layers) => layers.length > 0),
    })
    .map((layer) => ({ layer, output: input }));
}

function next(input: NetShape, depth: number): fc.Arbitrary<Next> {
  const simple = [...keeping(input).map((layer) => layer.map((one) => ({ layer: one, output: input })))];
  const holding =
    depth >= MAX_DEPTH
      ? []
      : [sameBranches(input, depth), concatenation(input, depth), residual(input, depth)];
  return fc.oneof(...simple, ...changing(input), ...holding);
}

function chain(start: Chain, more: number): fc.Arbitrary<Chain> {
  if (more === 0) return fc.constant(start);
  return next(start.output, 0).chain(({ layer, output }) =>
    chain({ layers: [...start.layers, layer], output }, more - 1),
  );
}

/** Up to three layers that end in the shape they start from; a dense layer comes with one that leads back. */
function keepingChain(input: NetShape, depth: number): fc.Arbitrary<Layer[]> {
  const there = dense.map((layer) => [layer, { kind: "dense", width: input.shape.at(-1)! }]);
  const holding =
    depth >= MAX_DEPTH
      ? []
      : [sameBranches(input, depth), residual(input, depth)].map((one) => one.map(({ layer }) => [layer]));
  const pieces: fc.Arbitrary<Layer[]>[] = [
    ...keeping(input).map((one) => one.map((layer) => [layer])),
    ...(endsInChannels(input) ? [there] : []),
    ...holding,
  ];
  return fc.array(fc.oneof(...pieces), { maxLength: 3 }).map((lists) => lists.flat());
}

const size = fc.integer({ min: 1, max: 4 });

/** The shapes that networks start from. */
export const inputShapes: fc.Arbitrary<NetShape> = fc.oneof(
  size.map((n) => ({ kind: "vector" as const, shape: [n + 1] })),
  fc.tuple(size, size, size).map((shape) => ({ kind: "image" as const, shape })),
  fc.tuple(size, size).map((shape) => ({ kind: "signal" as const, shape })),
  fc.tuple(size, size).map((shape) => ({ kind: "tokens" as const, shape })),
  fc.tuple(size, size).map((shape) => ({ kind: "graph" as const, shape })),
);

/** A network as JSON, and the shape that it ends in. */
export interface CoreNet {
  readonly json: { readonly fathom: 1; readonly input: NetShape; readonly layers: readonly Layer[] };
  readonly output: NetShape;
}

export const coreNets: fc.Arbitrary<CoreNet> = fc
  .tuple(inputShapes, fc.integer({ min: 1, max: 5 }), fc.constantFrom("standard", "ntk"))
  .chain(([input, count, parameterisation]) =>
    chain({ layers: [], output: input }, count).map(({ layers, output }) => ({
      json: { fathom: 1, input, parameterisation, layers },
      output,
    })),
  );

/** @file A network run by loops over plain numbers: the independent reference of the forward pass. */
import type { ModelLayer, NetShape } from "../../src/net/index.ts";

/** Parameters by name, as rows of numbers: weights `[out][in]`, biases `[out]`. */
export type PlainParameters = Readonly<Record<string, readonly number[]>>;

function erf(x: number): number {
  // Series for |x| < 3, continued fraction beyond (Abramowitz and Stegun 7.1.6, 7.1.14).
  if (Math.abs(x) < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 200; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let n = 80; n > 0; n--) fraction = n / 2 / (Math.abs(x) + fraction);
  const tail = Math.exp(-x * x) / Math.sqrt(Math.PI) / (Math.abs(x) + fraction);
  return Math.sign(x) * (1 - tail);
}

const functions: Record<string, (x: number, alpha: number) => number> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x, alpha) => (x > 0 ? x : alpha * x),
  erf,
  tanh: (x) => 1 - 2 / (1 + Math.exp(2 * x)),
  sin: Math.sin,
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  silu: (x) => x / (1 + Math.exp(-x)),
  hardtanh: (x) => Math.min(Math.max(x, -1), 1),
  mish: (x) => x * Math.tanh(Math.log(1 + Math.exp(x))),
};

/** The kinds that these loops know. */
export const plainActivations = Object.keys(functions);

/** Sizes of one example as [positions, channels], and which of a flat example's numbers belong to a channel. */
function axesOf({ kind, shape }: NetShape) {
  const channelsLast = kind === "vector" || kind === "tokens" || kind === "graph";
  const channels = channelsLast ? shape.at(-1)! : shape[0]!;
  const positions = shape.reduce((product, size) => product * size, 1) / channels;
  return { channels, channelOf: (i: number) => (channelsLast ? i % channels : Math.floor(i / positions)) };
}

/** The numbers of every position on the last axis, changed together. */
function perPosition(x: readonly number[], size: number, change: (units: number[]) => number[]): number[] {
  return Array.from({ length: x.length / size }, (_, p) => change(x.slice(p * size, (p + 1) * size))).flat();
}

const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Every index tuple of a shape, in row-major order. */
function indicesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

/** What a layer computes in inference mode, on one flat example. */
function applyLayer(layer: ModelLayer, x: readonly number[], params: PlainParameters): number[] {
  const { spec, input, output } = layer;
  const own = (local: string): number[] | undefined => {
    const parameter = layer.parameters[local];
    return parameter && params[parameter.name]!.map((value) => value * parameter.scale);
  };
  const { channelOf } = axesOf(input);
  const affine = (values: readonly number[]): number[] => {
    const [gain, shift] = [own("gain"), own("shift")];
    return values.map((v, i) => v * (gain?.[channelOf(i)] ?? 1) + (shift?.[channelOf(i)] ?? 0));
  };
  const branch = (key: string) =>
    layer.chains[key]!.reduce<readonly number[]>((value, inner) => applyLayer(inner, value, params), x);
  const branches = () => Object.keys(layer.chains).map(branch);
  const width = input.shape.at(-1)!;
  switch (spec.kind) {
    case "dense": {
      const [weight, bias] = [own("weight")!, own("bias")!];
      return perPosition(x, width, (units) =>
        bias.map((b, i) => units.reduce((sum, value, j) => sum + weight[i * width + j]! * value, b)),
      );
    }
    case "activation": {
      const { kind } = spec.activation;
      const alpha = spec.activation.kind === "leakyRelu" ? spec.activation.alpha : 0;
      return x.map((value) => functions[kind]!(value, alpha));
    }
    case "layerNorm":
      return affine(
        perPosition(x, width, (units) => {
          const mean = meanOf(units);
          const variance = meanOf(units.map((value) => (value - mean) ** 2));
          return units.map((value) => (value - mean) / Math.sqrt(variance + spec.epsilon));
        }),
      );
    case "rmsNorm":
      return affine(
        perPosition(x, width, (units) => {
          const size = Math.sqrt(meanOf(units.map((value) => value ** 2)) + spec.epsilon);
          return units.map((value) => value / size);
        }),
      );
    case "l2Normalize":
      return perPosition(x, width, (units) => {
        const norm = Math.sqrt(units.reduce((sum, value) => sum + value ** 2, spec.epsilon));
        return units.map((value) => value / norm);
      });
    case "batchNorm": {
      const [mean, variance] = [own("runningMean")!, own("runningVariance")!];
      return affine(
        x.map((v, i) => (v - mean[channelOf(i)]!) / Math.sqrt(variance[channelOf(i)]! + spec.epsilon)),
      );
    }
    case "residual":
      return branch("branch").map((value, i) => value + spec.mu * x[i]!);
    case "sum":
      return branches().reduce<number[]>(
        (total, b) => total.map((v, i) => v + b[i]!),
        x.map(() => 0),
      );
    case "product":
      return branches().reduce<number[]>(
        (total, b) => total.map((v, i) => v * b[i]!),
        x.map(() => 1),
      );
    case "concat":
      return concatenated(branches(), output);
    case "slice": {
      const axis = spec.axis as number;
      const from = spec.start < 0 ? spec.start + input.shape[axis]! : spec.start;
      const to = from + output.shape[axis]!;
      return x.filter((_, i) => {
        const at = indicesOf(input.shape)[i]![axis]!;
        return from <= at && at < to;
      });
    }
    case "gain": {
      const gain = own("gain")!;
      return x.map((value, i) => value * (spec.per === "scalar" ? gain[0]! : gain[channelOf(i)]!));
    }
    case "scale":
      return x.map((value) => spec.factor * value);
    case "dropout":
    case "flatten":
      return [...x];
    default:
      throw new Error(`plain loops do not know ${spec.kind}`);
  }
}

/** Branches one after the other along the channels: the last axis of vectors and tokens, the first of images. */
function concatenated(parts: readonly (readonly number[])[], output: NetShape): number[] {
  const { channels } = axesOf(output);
  const positions = output.shape.reduce((product, size) => product * size, 1) / channels;
  if (output.kind === "image" || output.kind === "signal") return parts.flat();
  return Array.from({ length: positions }, (_, p) =>
    parts.flatMap((part) => {
      const width = part.length / positions;
      return part.slice(p * width, (p + 1) * width);
    }),
  ).flat();
}

/**
 * Outputs of all layers of a model's own list for one example in inference mode, flattened.
 * @param params - by name, as `initialise` draws them.
 */
export function runPlain(
  layers: readonly ModelLayer[],
  x: readonly number[],
  params: PlainParameters,
): number[][] {
  const outputs: number[][] = [];
  let value: readonly number[] = x;
  for (const layer of layers) {
    value = applyLayer(layer, value, params);
    outputs.push([...value]);
  }
  return outputs;
}

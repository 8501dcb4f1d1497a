/** @file A network run by loops over plain numbers: the independent reference of the forward pass. */
import type { LayerSpec } from "../../src/net/index.ts";

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

function applyLayer(layer: LayerSpec, path: string, x: readonly number[], params: PlainParameters): number[] {
  switch (layer.kind) {
    case "dense": {
      const weight = params[`${path}.weight`]!;
      return params[`${path}.bias`]!.map((bias, i) =>
        x.reduce((sum, value, j) => sum + weight[i * x.length + j]! * value, bias),
      );
    }
    case "activation": {
      const { kind } = layer.activation;
      const alpha = layer.activation.kind === "leakyRelu" ? layer.activation.alpha : 0;
      return x.map((value) => functions[kind]!(value, alpha));
    }
    case "layerNorm": {
      const mean = x.reduce((a, b) => a + b, 0) / x.length;
      const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
      return x.map((value) => (value - mean) / Math.sqrt(variance + layer.epsilon));
    }
    case "residual": {
      const branch = layer.branch.reduce<readonly number[]>(
        (value, inner, i) => applyLayer(inner, `${path}.branch.${i}`, value, params),
        x,
      );
      return branch.map((value, i) => value + layer.mu * x[i]!);
    }
    case "scale":
      return x.map((value) => layer.factor * value);
    case "flatten":
      return [...x];
    default:
      throw new Error(`plain loops do not know ${(layer as LayerSpec).kind}`);
  }
}

/** Outputs of all layers of the network's own list for one example, flattened. */
export function runPlain(
  layers: readonly LayerSpec[],
  x: readonly number[],
  params: PlainParameters,
): number[][] {
  const outputs: number[][] = [];
  let value: readonly number[] = x;
  for (const [i, layer] of layers.entries()) {
    value = applyLayer(layer, String(i), value, params);
    outputs.push([...value]);
  }
  return outputs;
}

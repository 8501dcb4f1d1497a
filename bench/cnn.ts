/**
 * @file The convolutional network of the benchmarks: 3 × 3 convolution to 16 channels, three stages of one residual block (two
 * 3 × 3 convolutions; 16, 32, 64 channels, strides 1, 2, 2, a 1 × 1 projection where the shape changes), global mean, dense 10.
 */
import {
  add,
  avgPool,
  conv,
  input,
  matmul,
  mul,
  reduceMean,
  relu,
  reshape,
  softmaxCrossEntropy,
  sub,
  type Tensor,
  vjp,
} from "../src/expr/index.ts";
import { Key, type NdArray, ndarray, normal, uniform, zeros } from "../src/tensor/index.ts";

const stages = [
  { channels: 16, stride: 1 },
  { channels: 32, stride: 2 },
  { channels: 64, stride: 2 },
];

export interface CnnSizes {
  readonly batch: number;
  readonly side: number;
}

export const cnnSizes: CnnSizes = { batch: 64, side: 32 };

/** Parameters are made where they are used: weights by variance 2 / fan-in, biases 0. */
function network(x: Tensor) {
  const parameters: Tensor[] = [];
  let flops = 0;
  const parameter = (name: string, shape: readonly number[]) => {
    const tensor = input(name, shape);
    parameters.push(tensor);
    return tensor;
  };
  const layer = (name: string, h: Tensor, channels: number, kernel: number, stride: number) => {
    const border = (kernel - 1) / 2;
    const w = parameter(`${name}.weight`, [channels, h.shape[1]!, kernel, kernel]);
    const b = parameter(`${name}.bias`, [channels]);
    const padding = [border, border] as const;
    const y = conv(h, w, { strides: [stride, stride], padding: [padding, padding] });
    flops += 2 * y.shape.reduce((a, n) => a * n, 1) * h.shape[1]! * kernel * kernel;
    return add(y, reshape(b, [channels, 1, 1]));
  };
  let h = relu(layer("stem", x, 16, 3, 1));
  for (const [i, { channels, stride }] of stages.entries()) {
    const inner = layer(`${i}.a`, h, channels, 3, stride);
    const branch = layer(`${i}.b`, relu(inner), channels, 3, 1);
    const skip = stride === 1 ? h : layer(`${i}.skip`, h, channels, 1, stride);
    h = relu(add(skip, branch));
  }
  const features = reshape(avgPool(h, { window: h.shape.slice(2) }), [h.shape[0]!, -1]);
  const w = parameter("readout.weight", [10, features.shape[1]!]);
  const b = parameter("readout.bias", [10]);
  return { logits: add(matmul(features, w, { transposeB: true }), b), parameters, flops };
}

/** One SGD step (rate 0.01), its loss, and the multiplications and additions of a forward pass. */
export function cnnTraining({ batch, side }: CnnSizes = cnnSizes) {
  const x = input("x", [batch, 3, side, side]);
  const labels = input("labels", [batch], "int32");
  const { logits, parameters, flops } = network(x);
  const loss = reduceMean(softmaxCrossEntropy(logits, labels));
  const gradients = vjp([loss], parameters) as Tensor[];
  const next = parameters.map((p, i) => sub(p, mul(gradients[i]!, 0.01)));
  return { inputs: [x, labels], loss, carry: parameters, next, flops };
}

/** Initial parameters and batches for so many steps. */
export function cnnFeeds(parameters: readonly Tensor[], steps: number, { batch, side }: CnnSizes = cnnSizes) {
  const key = Key.fromSeed(1);
  const start = parameters.map(({ attrs, shape }): [string, NdArray] => {
    const name = String(attrs["name"]);
    const fanIn = shape.slice(1).reduce((a, n) => a * n, 1);
    const std = Math.sqrt(2 / fanIn);
    return [
      name,
      shape.length > 1 ? normal(key.split(name), "float32", shape, { std }) : zeros("float32", shape),
    ];
  });
  return {
    carry: Object.fromEntries(start) as Record<string, NdArray>,
    perStep: {
      x: uniform(key.split("x"), "float32", [steps, batch, 3, side, side]),
      labels: ndarray(
        "int32",
        [steps, batch],
        Array.from({ length: steps * batch }, (_, i) => (i * 7) % 10),
      ),
    },
    steps,
  };
}

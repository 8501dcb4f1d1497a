/**
 * @file The three architectures of the paper (kernels.md §6.1) for square images. `channels` matters to finite networks
 * alone; the paper's kernels have infinitely many.
 */
import { type Net, parseNet } from "../../../net/index.ts";

export type CnnGp = "resnet" | "convnet" | "residual";

/** How the paper calls them. */
export const cnnGpNames: Readonly<Record<CnnGp, string>> = {
  resnet: "ResNet GP",
  convnet: "ConvNet GP",
  residual: "Residual CNN GP",
};

export interface CnnGpOptions {
  /** Pixels a side; the paper's 28 unless said. */
  readonly size?: number;
  readonly channels?: number;
  /** Identity blocks after each projection block of the ResNet: the paper's 4 unless said. */
  readonly blocks?: number;
}

type Layers = readonly object[];

const relu = { kind: "activation", activation: "relu" };

function conv(channels: number, kernel: number, more: object = {}): object {
  return { kind: "conv", channels, kernel, padding: "torch-same", ...more };
}

/** 32 layers at its full size: three groups of a projection block and four identity blocks; all sw2 = 1, sb2 = 0. */
function resnet(size: number, channels: number, blocks: number): Layers {
  const strides = [1, 2, 2];
  const last = strides.reduce((side, stride) => Math.ceil(side / stride), size);
  return [
    conv(channels, 3),
    ...strides.flatMap((stride, i) => group(channels * 2 ** i, stride, blocks)),
    { kind: "conv", channels: 4 * channels, kernel: last, padding: "valid" },
    relu,
    { kind: "conv", channels: 10, kernel: 1 },
  ];
}

function group(channels: number, stride: number, blocks: number): Layers {
  const branch = [relu, conv(channels, 3), relu, conv(channels, 3)];
  return [
    relu,
    {
      kind: "sum",
      branches: [[conv(channels, 1, { stride })], [conv(channels, 3, { stride }), relu, conv(channels, 3)]],
    },
    ...Array.from({ length: blocks }, () => ({ kind: "residual", branch })),
  ];
}

/** Seven 7 × 7 convolutions of sw2 = 2.79 · 49, sb2 = 7.86. */
function convnet(size: number, channels: number): Layers {
  const variances = { sw2: 2.79 * 49, sb2: 7.86 };
  return [
    ...Array.from({ length: 7 }, () => [conv(channels, 7, variances), relu]).flat(),
    { kind: "conv", channels: 10, kernel: size, padding: "valid", sw2: 2.79, sb2: 7.86 },
  ];
}

/**
 * Eight residual 4 × 4 convolutions. The paper sums after the ReLU, which no network does whose units are Gaussian; the
 * 1 × 1 convolutions make one that has the paper's kernel.
 */
function residual(size: number, channels: number): Layers {
  const variances = { sw2: 7.27 * 16, sb2: 4.69 };
  const branch = [conv(channels, 4, variances), relu, conv(channels, 1)];
  return [
    conv(channels, 1),
    ...Array.from({ length: 8 }, () => ({ kind: "residual", branch })),
    conv(channels, 4, variances),
    relu,
    { kind: "conv", channels: 10, kernel: size, padding: "valid", sw2: 7.27, sb2: 4.69 },
  ];
}

/**
 * A network of the paper.
 * @example cnnGpNet("resnet") // the network of examples/resnet-gp.json
 */
export function cnnGpNet(kind: CnnGp, { size = 28, channels = 4, blocks = 4 }: CnnGpOptions = {}): Net {
  const layers = {
    resnet: () => resnet(size, channels, blocks),
    convnet: () => convnet(size, channels),
    residual: () => residual(size, channels),
  };
  return parseNet({
    fathom: 1,
    input: { kind: "image", shape: [1, size, size] },
    layers: [...layers[kind](), { kind: "flatten" }],
  });
}

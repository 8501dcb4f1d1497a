/** @file Networks and items of the kernel tests. */
import { referenceEngine } from "../../src/kernels/reference/index.ts";
import type { EngineSpec } from "../../src/kernels/types.ts";
import { type Net, type NetShape, parseNet } from "../../src/net/index.ts";

export type Layer = Readonly<Record<string, unknown>>;

/** A network of the given layers on an input. */
export function netOf(kind: NetShape["kind"], shape: readonly number[], ...layers: readonly Layer[]): Net {
  return parseNet({ fathom: 1, input: { kind, shape }, layers });
}

/** x[i][r][c] = ((7i + 3r + 5c) mod 11)/10, 8 × 8, one row an image. */
export function syntheticImages(count: number): Float64Array {
  return Float64Array.from(
    { length: count * 64 },
    (_, k) => ((7 * Math.floor(k / 64) + 3 * Math.floor((k % 64) / 8) + 5 * (k % 8)) % 11) / 10,
  );
}

export interface Kernels {
  readonly nngp: Float64Array;
  readonly ntk: Float64Array;
}

/** K and Θ of all pairs of some items, [count × count]. */
export function kernelsOf(
  net: Net,
  data: Float64Array,
  count: number,
  spec: Partial<EngineSpec> = {},
): Kernels {
  const engine = referenceEngine({
    net,
    values: ["nngp", "ntk"],
    precision: "float64",
    parameterisation: "ntk",
    ...spec,
  });
  engine.load("a", { data, count });
  return engine.compute({ same: true }) as Kernels;
}

const relu: Layer = { kind: "activation", activation: "relu" };
const conv = (kernel: number, rest: Layer = {}): Layer => ({
  kind: "conv",
  channels: 4,
  kernel,
  padding: "torch-same",
  ...rest,
});

/** y = ReLU(x); Conv1(y) + Conv3(ReLU(Conv3(y))), the first convolutions with a stride. */
function projection(stride: number): Layer[] {
  const branches = [[conv(1, { stride })], [conv(3, { stride }), relu, conv(3)]];
  return [relu, { kind: "sum", branches }];
}

const identityBlock: Layer = { kind: "residual", branch: [relu, conv(3), relu, conv(3)] };

/** The small CNN-GP architectures of kernels.md §6.3 on 8 × 8 images. */
export const smallCnnGps = {
  resnet: netOf(
    "image",
    [1, 8, 8],
    conv(3),
    ...[1, 2, 2].flatMap((stride) => [...projection(stride), identityBlock]),
    conv(2, { padding: "valid" }),
    relu,
    conv(1),
    { kind: "flatten" },
  ),
  convnet: netOf(
    "image",
    [1, 8, 8],
    { kind: "repeat", times: 7, layers: [conv(7, { sw2: 136.71, sb2: 7.86 }), relu] },
    conv(8, { padding: "valid", sw2: 2.79, sb2: 7.86 }),
    { kind: "flatten" },
  ),
  residual: netOf(
    "image",
    [1, 8, 8],
    conv(1),
    {
      kind: "repeat",
      times: 8,
      layers: [{ kind: "residual", branch: [conv(4, { sw2: 116.32, sb2: 4.69 }), relu, conv(1)] }],
    },
    conv(4, { sw2: 116.32, sb2: 4.69 }),
    relu,
    conv(8, { padding: "valid", sw2: 7.27, sb2: 4.69 }),
    { kind: "flatten" },
  ),
} as const;

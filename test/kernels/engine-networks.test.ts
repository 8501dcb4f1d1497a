/** @file The SIMD engine against kernels of the CNN-GP architectures that were computed in float64 (kernels.md §6.3). */
import { describe, expect, it } from "vitest";
import { simdEngine } from "../../src/kernels/engine/index.ts";
import { type LayerSpec, parseNet } from "../../src/net/index.ts";

/** x[i][r][c] = ((7i + 3r + 5c) mod 11)/10 on 8×8, three images. */
function syntheticImages() {
  const data = Float32Array.from({ length: 3 * 64 }, (_, at) => {
    const [i, r, c] = [Math.floor(at / 64), Math.floor(at / 8) % 8, at % 8];
    return ((7 * i + 3 * r + 5 * c) % 11) / 10;
  });
  return { data, count: 3 };
}

const conv = (kernel: number, more: object = {}) => ({
  kind: "conv",
  channels: 2,
  kernel,
  padding: "torch-same",
  ...more,
});
const relu = { kind: "activation", activation: "relu" };

function group(stride: number): object[] {
  const branch = [relu, conv(3), relu, conv(3)];
  return [
    relu,
    { kind: "sum", branches: [[conv(1, { stride })], [conv(3, { stride }), relu, conv(3)]] },
    { kind: "residual", branch },
  ];
}

const architectures = {
  resnet: [
    conv(3),
    ...[1, 2, 2].flatMap(group),
    conv(2, { padding: "valid" }),
    relu,
    conv(1),
    { kind: "flatten" },
  ],
  convnet: [
    { kind: "repeat", times: 7, layers: [conv(7, { sw2: 136.71, sb2: 7.86 }), relu] },
    conv(8, { padding: "valid", sw2: 2.79, sb2: 7.86 }),
    { kind: "flatten" },
  ],
  residual: [
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
  ],
};

/** K00, K01, K02, K11, K12, K22 of kernels.md §6.3; the last two architectures as far as they are printed there. */
const expected: Record<keyof typeof architectures, readonly number[]> = {
  resnet: [0.050140132656, 0.042770010712, 0.043738255884, 0.052233978253, 0.04370191066, 0.052256829029],
  convnet: [4.8272495662e11, 4.3049678138e11],
  residual: [2.7311005794e15, 2.4471630023e15],
};

async function kernelOf(layers: readonly object[], build: "simd" | "relaxed", same: boolean) {
  const net = parseNet({
    fathom: 1,
    input: { kind: "image", shape: [1, 8, 8] },
    layers: layers as LayerSpec[],
  });
  const engine = await simdEngine({
    net,
    values: ["nngp"],
    precision: "float32",
    parameterisation: "ntk",
    build,
  });
  engine.load("a", syntheticImages());
  engine.load("b", syntheticImages());
  const k = engine.compute({ same }).nngp!;
  return [k[0]!, k[1]!, k[2]!, k[4]!, k[5]!, k[8]!];
}

describe("the SIMD engine", () => {
  for (const [name, layers] of Object.entries(architectures)) {
    for (const build of ["simd", "relaxed"] as const) {
      it(`computes the ${name} kernel of 8×8 images to 1e-6 in the ${build} build`, async () => {
        for (const same of [true, false]) {
          const k = await kernelOf(layers, build, same);
          expected[name as keyof typeof architectures].forEach((value, i) => {
            expect(Math.abs(k[i]! / value - 1)).toBeLessThan(1e-6);
          });
        }
      });
    }
  }
});

/** @file Tables and listings of networks: the examples, and where the windows of each padding stand. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Padding, windowAxis } from "../../src/net/geometry.ts";
import { buildModel, countParameters, parseNetText } from "../../src/net/index.ts";
import { table } from "./markdown.ts";
import { root } from "./pages.ts";

/** What each of `examples/*.json` is, and where it comes from. */
const examples: Readonly<Record<string, readonly [what: string, source: string]>> = {
  "tanh-mlp": [
    "30 chaotic tanh layers: the network of `npm start`",
    "[Doshi et al. 2021](https://arxiv.org/abs/2111.12143)",
  ],
  "critical-erf-mlp": [
    "the same depth with erf on its critical line",
    "[Doshi et al. 2021](https://arxiv.org/abs/2111.12143)",
  ],
  "pre-ln-residual-mlp": [
    "pre-LN residual network, critical at every variance",
    "[Doshi et al. 2021](https://arxiv.org/abs/2111.12143)",
  ],
  "shallow-erf": [
    "V erf(5 U x/∥x∥), one hidden layer without biases",
    "[Biggs and Guedj 2022](https://arxiv.org/abs/2202.01627)",
  ],
  "relu-fixed-head": [
    "deep ReLU network whose heads of ±1 stay fixed",
    "[Zou et al. 2018](https://arxiv.org/abs/1811.08888)",
  ],
  "shared-delta-residual": [
    "residual network with one trained scale δ for all blocks",
    "[Cohen et al. 2021](https://arxiv.org/abs/2105.12245)",
  ],
  gcn2: [
    "two-layer graph network on the grid of an image's patches, read out over all nodes",
    "[Kipf and Welling 2016](https://arxiv.org/abs/1609.02907)",
  ],
  "convnet-gp": [
    "ConvNet of the paper on networks as Gaussian processes",
    "[Garriga-Alonso et al. 2018](https://arxiv.org/abs/1808.05587)",
  ],
  "residual-cnn-gp": [
    "residual CNN of the same paper",
    "[Garriga-Alonso et al. 2018](https://arxiv.org/abs/1808.05587)",
  ],
  "resnet-gp": [
    "32-layer ResNet of the same paper, without normalisation",
    "[Garriga-Alonso et al. 2018](https://arxiv.org/abs/1808.05587)",
  ],
  "batchnorm-resnet": [
    "ResNet with batch normalisation",
    "[He et al. 2015](https://arxiv.org/abs/1512.03385)",
  ],
  "transformer-block": [
    "causal pre-LN transformer block on patches",
    "[Xiong et al. 2020](https://arxiv.org/abs/2002.04745)",
  ],
  "mlp-mixer": ["MLP-Mixer of four blocks", "[Tolstikhin et al. 2021](https://arxiv.org/abs/2105.01601)"],
};

function listing(name: string): string {
  return readFileSync(join(root, `examples/${name}.json`), "utf8");
}

/** Every network of `examples`, with its counts. */
function exampleTable(): string {
  const found = readdirSync(join(root, "examples"))
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.replace(".json", ""));
  const missing = found.filter((name) => !(name in examples));
  if (missing.length > 0) throw new Error(`scripts/docs/network-tables.ts does not describe ${missing}`);
  const rows = Object.entries(examples).map(([name, [what, source]]) => {
    const model = buildModel(parseNetText(listing(name)));
    const count = String(countParameters(model));
    return [`[\`${name}\`](../examples/${name}.json)`, what, source, count];
  });
  return table(["network", "what it is", "after", "trained parameters"], rows);
}

const paddings: readonly Padding[] = ["same", "torch-same", "circular", "valid", 1];
const windows = [
  { kernel: 3, stride: 1 },
  { kernel: 3, stride: 2 },
  { kernel: 4, stride: 1 },
] as const;
const size = 8;

/** Where the first and last windows stand on eight positions; `·` is a zero. */
function paddingTable(): string {
  const rows = paddings.map((padding) => [
    `\`${JSON.stringify(padding)}\``,
    ...windows.map((window) => {
      const { lo, out, wraps } = windowAxis({ size, ...window, padding });
      const seen = (i: number) => {
        const taps = Array.from({ length: window.kernel }, (_, j) => window.stride * i + j - lo);
        return `[${taps.map((q) => (wraps ? (q + size) % size : q in [...Array(size)] ? q : "·")).join(" ")}]`;
      };
      return `${out}: ${seen(0)} ${seen(1)} … ${seen(out - 1)}`;
    }),
  ]);
  const head = windows.map(({ kernel, stride }) => `kernel ${kernel}, stride ${stride}`);
  return table(["padding", ...head], rows);
}

function json(name: string): string {
  return `\`\`\`json\n${listing(name).trimEnd()}\n\`\`\``;
}

export const networkTables: Readonly<Record<string, () => string>> = {
  examples: exampleTable,
  padding: paddingTable,
  "net-convnet-gp": () => json("convnet-gp"),
  "net-transformer-block": () => json("transformer-block"),
  "net-gcn2": () => json("gcn2"),
};

/** @file Residual sums must add Gaussian units: the rules fail a network that adds after its ReLU, and say so. */
import { kernelMatrix } from "../../../kernels/index.ts";
import { type Net, parseNet } from "../../../net/index.ts";
import { FathomError, zeros } from "../../../tensor/index.ts";
import { significant } from "../../words.ts";
import { atScale, judged, type PaperClaim } from "../paper.ts";
import { deviationOf, smallSize } from "./sampled.ts";

const settings = {
  test: { channels: 64, networks: 30 },
  repro: { channels: 128, networks: 400 },
  full: { channels: 128, networks: 2000 },
} as const;

const bar = 4;

export const gaussianSums: PaperClaim = {
  id: "gaussian-sums",
  claim: "Residual sums must add Gaussian units for a kernel to be that of a network",
  paper: "with ReLU the sum must come after a convolution",
  bar: `a sum after the ReLU is refused, and sampled networks leave the rules by more than ${bar} standard errors; with a convolution before it they are within`,
  command: "fathom kernel examples/residual-cnn-gp.json --data digits --rows 0:4",
  async run(context) {
    const { channels, networks } = atScale(context, settings);
    const [rectified, convolved] = [residualNet(channels, []), residualNet(channels, [mixing(channels)])];
    const refused = await isRefused(rectified);
    const without = (await deviationOf(rectified, networks, context)).sigmas;
    const withOne = (await deviationOf(convolved, networks, context)).sigmas;
    return {
      ours: `${refused ? "refused" : "not refused"}; ${significant(without, 2)} standard errors away after the ReLU, ${significant(withOne, 2)} after a convolution`,
      status: judged(refused && without > bar && withOne < bar),
    };
  },
};

function mixing(channels: number): object {
  return { kind: "conv", channels, kernel: 1 };
}

/**
 * Four residual blocks whose branches end in a ReLU, and in what comes after it. From the second on, units with a ReLU last
 * have a mean that they share with the branch.
 */
function residualNet(channels: number, after: readonly object[]): Net {
  const branch = [
    { kind: "conv", channels, kernel: 3, padding: "same", sw2: 2 },
    { kind: "activation", activation: "relu" },
    ...after,
  ];
  const blocks = Array.from({ length: 4 }, () => ({ kind: "residual", branch }));
  return parseNet({
    fathom: 1,
    input: { kind: "image", shape: [1, smallSize, smallSize] },
    layers: [
      mixing(channels),
      ...blocks,
      { kind: "conv", channels: 256, kernel: smallSize, padding: "valid" },
      { kind: "flatten" },
    ],
  });
}

async function isRefused(net: Net): Promise<boolean> {
  try {
    await kernelMatrix({ net, x1: zeros("float32", [1, 1, smallSize, smallSize]) });
    return false;
  } catch (error) {
    if (error instanceof FathomError && error.code === "unsupported") return true;
    throw error;
  }
}

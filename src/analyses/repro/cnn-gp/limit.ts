/** @file Networks of many filters have the exact kernel: sampled networks beside it. */
import { counted, significant } from "../../words.ts";
import { atScale, judged, type PaperClaim } from "../paper.ts";
import { type CnnGp, cnnGpNames, cnnGpNet } from "./networks.ts";
import { deviationOf, smallSize } from "./sampled.ts";

const settings = {
  test: { channels: 32, networks: 60 },
  repro: { channels: 96, networks: 200 },
  full: { channels: 96, networks: 1000 },
} as const;

const kinds: readonly CnnGp[] = ["resnet", "convnet", "residual"];
/** Standard errors of the sampled mean. */
const bar = 4;

export const limit: PaperClaim = {
  id: "limit",
  claim:
    "A CNN with Gaussian weights is a Gaussian process in the limit of many filters, and its kernel is exact",
  paper: "the outputs converge to a Gaussian process with the kernel of the layers' rules",
  bar: `sampled kernels of the three architectures within ${bar} standard errors of the exact ones`,
  command: "fathom kernel examples/convnet-gp.json --data digits --rows 0:4",
  async run(context) {
    const { channels, networks } = atScale(context, settings);
    const found: string[] = [];
    let within = true;
    for (const kind of kinds) {
      context.progress(cnnGpNames[kind]);
      const net = cnnGpNet(kind, { size: smallSize, channels, blocks: 1 });
      const { sigmas, relativeSe } = await deviationOf(net, networks, context);
      within &&= sigmas < bar;
      found.push(
        `${cnnGpNames[kind]} ${significant(sigmas, 2)} (each ${significant(100 * relativeSe, 2)} %)`,
      );
    }
    return {
      ours: `largest deviation in standard errors: ${found.join(", ")}; ${counted(networks, "network")} of ${channels} filters on ${smallSize} × ${smallSize} pixels`,
      status: judged(within),
    };
  },
};

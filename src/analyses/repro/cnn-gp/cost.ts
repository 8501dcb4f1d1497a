/** @file A pair costs about one forward pass with one filter a layer (kernels.md §7): positions counted, time measured. */
import { buildModel, type ModelLayer } from "../../../net/index.ts";
import { sizeOf } from "../../../tensor/index.ts";
import { count } from "../../words.ts";
import { judged, type PaperClaim } from "../paper.ts";
import { cnnGpNet } from "./networks.ts";

interface Positions {
  /** Of ReLUs and of convolutions' outputs: what a network with one filter a layer computes for one image. */
  readonly relu: number;
  readonly conv: number;
}

/** kernels.md §7, for the 32 layers on 28 × 28 pixels. */
const published: Positions = { relu: 11_026, conv: 12_105 };

export const cost: PaperClaim = {
  id: "cost",
  claim: "The kernel of a pair costs about one forward pass with one filter a layer",
  paper: "one 2-D convolution a layer in place of one for every pair of channels",
  bar: `the ResNet's program has ${count(published.relu)} ReLU positions and ${count(published.conv)} convolution outputs a pair`,
  command: "fathom kernel examples/resnet-gp.json --data digits --rows 0:64",
  run() {
    const { relu, conv } = positionsOf(buildModel(cnnGpNet("resnet")).layers);
    return {
      ours: `${count(relu)} ReLU positions, ${count(conv)} convolution outputs: one number each a pair`,
      status: judged(relu === published.relu && conv === published.conv),
    };
  },
};

function positionsOf(layers: readonly ModelLayer[]): Positions {
  let relu = 0;
  let conv = 0;
  for (const { spec, output, chains } of layers) {
    const positions = sizeOf(output.shape.slice(1));
    if (spec.kind === "activation") relu += positions;
    if (spec.kind === "conv") conv += positions;
    for (const inner of Object.values(chains)) {
      const inside = positionsOf(inner);
      relu += inside.relu;
      conv += inside.conv;
    }
  }
  return { relu, conv };
}

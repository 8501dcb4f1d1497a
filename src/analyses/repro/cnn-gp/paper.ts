/** @file Garriga-Alonso, Rasmussen and Aitchison, Deep Convolutional Networks as shallow Gaussian Processes: kernels.md §1. */
import type { Paper } from "../paper.ts";
import { cost } from "./cost.ts";
import { fewRowsClaim, paperClaim } from "./errors.ts";
import { gaussianSums } from "./gaussian-sums.ts";
import { limit } from "./limit.ts";

export const cnnGp: Paper = {
  id: "cnn-gp",
  title: "Deep Convolutional Networks as shallow Gaussian Processes",
  source: "Garriga-Alonso, Rasmussen and Aitchison, arXiv 1808.05587 (ICLR 2019)",
  claims: [
    limit,
    cost,
    gaussianSums,
    fewRowsClaim("resnet"),
    fewRowsClaim("convnet"),
    fewRowsClaim("residual"),
    paperClaim("resnet"),
    paperClaim("convnet"),
    paperClaim("residual"),
  ],
};

/** @file Kaddour, Liu, Silva and Kusner, When Do Flat Minima Optimizers Work?: training.md §1. */
import type { Paper } from "../paper.ts";
import { count } from "./count.ts";
import { averagesFlatter, errors, samFlatter, tooLarge } from "./families.ts";
import { mnist } from "./mnist.ts";

export const flatMinima: Paper = {
  id: "flat-minima",
  title: "When Do Flat Minima Optimizers Work?",
  source: "Kaddour, Liu, Silva and Kusner, arXiv 2202.00661 (NeurIPS 2022)",
  claims: [errors, samFlatter, averagesFlatter, tooLarge, count, mnist],
};

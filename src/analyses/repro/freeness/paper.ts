/** @file Collins and Hayase, Asymptotic freeness of layerwise Jacobians, and the conditional Fisher: criticality.md §13. */
import type { Paper } from "../paper.ts";
import { fisherGrowth } from "./fisher-growth.ts";
import { invariantUnits } from "./invariant-units.ts";
import { isometry } from "./isometry.ts";
import { mixedMoments } from "./mixed-moments.ts";
import { singularValues } from "./singular-values.ts";

export const freeness: Paper = {
  id: "freeness",
  title: "Asymptotic freeness of layerwise Jacobians",
  source:
    "Collins and Hayase, arXiv 2103.13466 (CMP 2023); Pennington, Schoenholz and Ganguli 2017, 2018; Hayase and Karakida, arXiv 2006.07814",
  claims: [invariantUnits, mixedMoments, singularValues, isometry, fisherGrowth],
};

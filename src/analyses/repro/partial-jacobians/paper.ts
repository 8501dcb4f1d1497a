/** @file Doshi, He and Gromov, Critical initialization through partial Jacobians, with AutoInit: criticality.md §13. */
import type { Paper } from "../paper.ts";
import { autoInit } from "./auto-init.ts";
import { correlationLength } from "./correlation-length.ts";
import { criticalPoints } from "./critical-points.ts";
import { exponents } from "./exponents.ts";
import { normalisedResidual } from "./normalised-residual.ts";
import { phaseDiagrams } from "./phase-diagrams.ts";
import { residualMaps } from "./residual-maps.ts";
import { trainability } from "./trainability.ts";

export const partialJacobians: Paper = {
  id: "partial-jacobians",
  title: "Critical initialisation through partial Jacobians",
  source: "Doshi, He and Gromov, arXiv 2111.12143 (NeurIPS 2023); He, Doshi and Gromov, arXiv 2206.13568",
  claims: [
    criticalPoints,
    phaseDiagrams,
    exponents,
    normalisedResidual,
    correlationLength,
    residualMaps,
    trainability,
    autoInit,
  ],
};

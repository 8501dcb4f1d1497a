/** @file The parameter Jacobian of wide networks: moments, largest eigenvalue and law of the dual Fisher (criticality.md §12). */
export { fisherEdges } from "./edge.ts";
export { type FisherLaw, fisherLaw } from "./law.ts";
export { type FisherMoments, type FisherNetwork, fisherMoments } from "./layers.ts";

/** @file What would bring a spectrum near an isometry: the recipe of criticality.md §10 for this activation and depth. */
import { isometryRecipe, lostShare, uniformSpectrum } from "../../theory/index.ts";
import type { Advice } from "../document.ts";
import { counted, percent, significant } from "../words.ts";
import type { SpectrumSubject } from "./question.ts";
import { LOST } from "./words.ts";

/** The variance that the recipe aims at. */
const WANTED = 0.25;
/** A spectrum whose relative variance is within this factor of it needs no recipe. */
const ENOUGH = 2;

/** The recipe, where one activation is in all layers, it has one, and the spectrum is far from it. */
export function spectrumAdvice({
  layers,
  predicted,
}: Pick<SpectrumSubject, "layers" | "predicted">): Advice[] {
  const [first] = layers;
  const { relativeVariance, logMean } = predicted.spectrum;
  const isNear = relativeVariance <= ENOUGH * WANTED && Math.abs(logMean) < Math.log(ENOUGH);
  if (first === undefined || isNear || layers.some(({ activation }) => activation !== first.activation))
    return [];
  const recipe = isometryRecipe({ activation: first.activation, depth: layers.length, sigma2: WANTED });
  if (recipe === undefined) return [];
  const { q, sw2, sb2, edge, variance } = recipe;
  const top = edge === null ? "" : `, largest singular value ${significant(Math.sqrt(edge))}`;
  const { activation } = first;
  const lost = lostShare(uniformSpectrum({ activation, depth: layers.length, q, sw2, weights: "haar" }));
  const loses = lost >= LOST;
  return [
    {
      about: "initialisation",
      what: `Orthogonal weights (init: haar), σw² = ${significant(sw2, 5)}, σb² = ${significant(sb2)}, K¹ = ${significant(q)}: \`fathom isometry\` writes the network.`,
      why: loses
        ? "There χ_J = 1 and most directions keep their length."
        : "There χ_J = 1 and φ' hardly varies, so that all directions keep their length.",
      evidence: `variance of the squared singular values over mean²: ${significant(relativeVariance)} as it is, ${significant(variance)} then`,
      expected: loses
        ? `${percent(lost)} of the directions shrink below a tenth${top}`
        : `near isometry through ${counted(layers.length, "layer")}${top}`,
    },
  ];
}

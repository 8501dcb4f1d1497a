/** @file What would bring a spectrum near an isometry: the recipe of criticality.md §10 for this activation and depth. */
import { isometryRecipe } from "../../theory/index.ts";
import type { Advice } from "../document.ts";
import { significant } from "../words.ts";
import type { SpectrumSubject } from "./question.ts";

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
  const top = edge === null ? "" : `, the largest singular value ${significant(Math.sqrt(edge))}`;
  return [
    {
      about: "initialisation",
      what: `Orthogonal weights (init: haar) with σw² = ${significant(sw2, 5)}, σb² = ${significant(sb2)}, and a first layer that gives K¹ = ${significant(q)}. \`fathom isometry\` writes the network.`,
      why: "There χ_J = 1 and φ' hardly varies, so that all directions keep their length.",
      evidence: `variance of the squared singular values over mean²: ${significant(relativeVariance)} as it is, ${significant(variance)} then`,
      expected: `near isometry through ${layers.length} layers${top}`,
    },
  ];
}

/** @file Figures of sampled spectra, freeness and the Fisher: those that the command line draws. */
import { type Figure, type Outcome, sampledSpectrum } from "../../src/analyses/index.ts";
import { parseActivation } from "../../src/net/index.ts";

let asked: Promise<Outcome> | undefined;
let narrow: Promise<Outcome> | undefined;

/** erf at q = 0.2, ten orthogonal layers. */
function wide(): Promise<Outcome> {
  const uniform = { activation: parseActivation("erf"), depth: 10, q: 0.2, weights: "haar" } as const;
  asked ??= sampledSpectrum({
    uniform,
    measure: {},
    freeness: {},
    fisher: true,
    seed: 0,
    command: "npm run docs",
  });
  return asked;
}

/** erf at q = 0.01, twenty layers: close to an isometry. */
function isometric(): Promise<Outcome> {
  const uniform = { activation: parseActivation("erf"), depth: 20, q: 0.01, weights: "haar" } as const;
  narrow ??= sampledSpectrum({ uniform, measure: {}, fisher: true, seed: 0, command: "npm run docs" });
  return narrow;
}

/** The figure of this id in the report of an outcome. */
export async function figureOf(outcome: Promise<Outcome>, id: string): Promise<Figure> {
  const { document } = await outcome;
  const found = document.sections.flatMap(({ figures }) => figures).find((figure) => figure.id === id);
  if (found === undefined) throw new Error(`The report has no figure ${id}.`);
  return found;
}

/** By the name of their file. */
export const sampledFigures: Readonly<Record<string, () => Promise<Figure>>> = {
  "spectrum-sampled": () => figureOf(wide(), "spectrum-singular"),
  "spectrum-distribution": () => figureOf(wide(), "spectrum-distribution"),
  "freeness-moments": () => figureOf(wide(), "freeness-moments"),
  "fisher-depth": () => figureOf(wide(), "fisher-depth"),
  "fisher-density": () => figureOf(wide(), "fisher-density"),
  "fisher-depth-isometric": () => figureOf(isometric(), "fisher-depth"),
};

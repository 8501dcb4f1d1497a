/** @file What follows from a spectrum, for the command and for surveys alike. */
import type { Conclusion } from "../analysis.ts";
import type { Verdict } from "../document.ts";
import { spectrumFigures } from "./figures.ts";
import { spectrumJson } from "./json.ts";
import type { SpectrumPrediction } from "./theory.ts";
import { spectrumFindings, spectrumNumbers, spectrumVerdict } from "./words.ts";

/** Title, question and source of the analysis. */
export const spectrumSource = {
  id: "spectrum",
  title: "Spectrum of the Jacobian",
  question: "Which directions grow and which are lost on the way through the hidden layers?",
  source:
    "Pennington, Schoenholz and Ganguli, arXiv 1711.04735 and 1802.09979; Collins and Hayase, arXiv 2103.13466",
} as const;

/** Everything but advice. */
export function concludeSpectrum(
  predicted: SpectrumPrediction,
): Omit<Conclusion, "advice"> & { readonly verdict: Verdict } {
  return {
    verdict: spectrumVerdict(predicted),
    findings: spectrumFindings(predicted),
    numbers: spectrumNumbers(predicted),
    figures: spectrumFigures(predicted),
    notes: [
      "Theory is that of infinite width: D and W are asymptotically free. At finite width the largest value scatters around the edge.",
    ],
    json: spectrumJson(predicted),
  };
}

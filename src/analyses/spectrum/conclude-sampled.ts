/** @file What follows from a spectrum when networks were sampled too, beside theory or in its place. */
import type { Conclusion } from "../analysis.ts";
import type { Verdict } from "../document.ts";
import type { LineFigure } from "../figure.ts";
import { concludeSpectrum } from "./conclude.ts";
import { type MeasuredSpectrum, measuredFindings, measuredNumbers } from "./measure.ts";
import { withMeasured } from "./measured-figures.ts";
import type { SpectrumPrediction } from "./theory.ts";

/** What there is to conclude from: a prediction, or why there is none; samples. One of the two at least. */
export interface SpectrumResults {
  readonly predicted: SpectrumPrediction | undefined;
  readonly measured: MeasuredSpectrum | undefined;
  /** Why theory has no spectrum. */
  readonly missing: string | undefined;
}

/** Everything but advice; the JSON is that of theory. */
export function concludeSampled({
  predicted,
  measured,
  missing,
}: SpectrumResults): Omit<Conclusion, "advice"> & { readonly verdict: Verdict } {
  const theory = predicted && concludeSpectrum(predicted);
  if (measured === undefined) return theory!;
  const findings = measuredFindings(measured);
  const figures = (theory?.figures ?? []).filter((figure): figure is LineFigure => figure.kind === "lines");
  return {
    verdict: theory?.verdict ?? { sentence: findings[0]!.text, tone: findings[0]!.tone },
    findings: [
      ...(missing === undefined ? [] : [{ text: `Measured only: ${missing}`, tone: "neutral" as const }]),
      ...(theory?.findings ?? []),
      ...findings,
    ],
    numbers: [...(theory?.numbers ?? []), ...measuredNumbers(measured)],
    figures: withMeasured(figures, measured, predicted),
    notes: theory?.notes ?? [],
    json: theory?.json ?? {},
  };
}

/** @file Mixed centred moments of D₁² and W₂ᵀD₂²W₂ vanish as 1/N (criticality.md §11), and do not where the factors are not free. */
import { freeness } from "../../../probes/index.ts";
import { scalarActivation } from "../../../theory/index.ts";
import { momentFigure } from "../../spectrum/freeness.ts";
import { counted, significant } from "../../words.ts";
import { atScale, judged, type PaperClaim } from "../paper.ts";

const settings = {
  test: { widths: [32, 64, 128], nets: 40 },
  repro: { widths: [32, 64, 128, 256], nets: 80 },
  full: { widths: [32, 64, 128, 256, 512], nets: 200 },
} as const;

/** Of ln rms by ln N (criticality.md §11). */
const slopes = { from: -1.3, to: -0.7, control: -0.3 } as const;
/** Largest |mean| times N. */
const meanBar = 0.25;

export const mixedMoments: PaperClaim = {
  id: "mixed-moments",
  claim: "Layerwise Jacobians of Haar networks are asymptotically free",
  paper: "{W_l, W_lᵀ} and {D_l} are asymptotically free as N → ∞, almost surely",
  bar: `slope of ln rms by ln N in [${slopes.from}, ${slopes.to}], every |mean| < ${meanBar}/N and 4 standard errors; slope of the control above ${slopes.control}`,
  command: "fathom spectrum --activation relu --depth 2 --q 1 --freeness",
  run(context) {
    const { widths, nets } = atScale(context, settings);
    const report = freeness({
      activation: scalarActivation("relu"),
      sw2: 2,
      sb2: 0.1,
      widths,
      nets,
      key: context.key,
      onNet: (done, total) => context.progress(`network ${done} of ${total}`),
    });
    const { slope, control, moments } = report;
    const small = moments.every(({ mean, N, se }) => Math.abs(mean) < meanBar / N + 4 * se);
    const largest = Math.max(...moments.map(({ mean, N }) => Math.abs(mean) * N));
    return {
      ours: `slope ${significant(slope.value)} ± ${significant(slope.se, 2)}, control ${significant(control.slope.value)} ± ${significant(control.slope.se, 2)}; largest |mean| N: ${significant(largest)} (relu, N = ${widths[0]} to ${widths.at(-1)}, ${counted(nets, "network")} each)`,
      status: judged(
        slope.value > slopes.from && slope.value < slopes.to && control.slope.value > slopes.control && small,
      ),
      figures: [momentFigure(report)],
    };
  },
};

/** @file The critical points of relu, erf and gelu without normalisation (criticality.md §3). */
import { criticalInitialisation, scalarActivation } from "../../../theory/index.ts";
import { significant } from "../../words.ts";
import { judged, type PaperClaim } from "../paper.ts";

/** (σw, σb) as the paper gives them; gelu's mixes two conventions there, so its closed form stands here (criticality.md §3). */
const published = [
  { activation: "relu", sw: Math.SQRT2, sb: 0 },
  { activation: "erf", sw: Math.sqrt(Math.PI / 4), sb: 0 },
  { activation: "gelu", sw: 1.408211, sb: 0.415839 },
] as const;

const tolerance = 1e-5;

export const criticalPoints: PaperClaim = {
  id: "critical-points",
  claim: "relu, erf and gelu each have one critical point",
  paper: "(σw, σb) = (√2, 0), (√(π/4), 0) and (1.4082, .4158)",
  bar: `σw and σb within ${tolerance}`,
  command: "fathom criticality --activation gelu",
  run() {
    const found = published.map(({ activation, sw, sb }) => {
      const point = criticalInitialisation({ activation: scalarActivation(activation) });
      const ours = { sw: Math.sqrt(point?.sw2 ?? 0), sb: Math.sqrt(point?.sb2 ?? 0) };
      return { activation, ours, off: Math.max(Math.abs(ours.sw - sw), Math.abs(ours.sb - sb)) };
    });
    const texts = found.map(
      ({ activation, ours }) => `${activation} (${significant(ours.sw, 6)}, ${significant(ours.sb, 6)})`,
    );
    return { ours: texts.join(", "), status: judged(found.every(({ off }) => off < tolerance)) };
  },
};

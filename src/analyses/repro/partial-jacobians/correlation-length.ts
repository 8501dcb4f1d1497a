/** @file LayerNorm on preactivations keeps ξ longer than LayerNorm on activations (criticality.md §4.3, §4.5). */
import { phaseDiagram, scalarActivation } from "../../../theory/index.ts";
import { percent, significant } from "../../words.ts";
import { judged, type PaperClaim } from "../paper.ts";

const activations = ["erf", "tanh", "gelu"] as const;
/** Far from the critical lines, where the two differ. */
const axes = {
  sw2: Array.from({ length: 40 }, (_, i) => 0.1 * (i + 1)),
  sb2: Array.from({ length: 21 }, (_, i) => 0.05 * i),
};
/** ln χ_J over the grid: its inverse is ξ, with the sign of the phase. */
function growths(activation: string, norm: "ln-pre" | "ln-act"): number[] {
  const { chiJ } = phaseDiagram({ activation: scalarActivation(activation), norm, ...axes });
  return chiJ.flat().map(Math.log);
}

function compared(activation: string) {
  const [onPre, onAct] = [growths(activation, "ln-pre"), growths(activation, "ln-act")];
  return {
    shortest: { pre: 1 / Math.max(...onPre), act: 1 / Math.max(...onAct) },
    longer: onPre.filter((growth, i) => Math.abs(growth) <= Math.abs(onAct[i]!)).length / onPre.length,
  };
}

export const correlationLength: PaperClaim = {
  id: "correlation-length",
  claim: "Where J explodes, ξ stays longer with LayerNorm on preactivations than on activations",
  paper: "longer correlation lengths, so that such networks are less sensitive to initialisation",
  bar: `the shortest ξ of the chaotic side is longer, for ${activations.join(", ")}; where J vanishes nothing is asked`,
  command: "fathom phase --activation erf --norm ln-pre",
  run() {
    const found = activations.map((activation) => ({ activation, ...compared(activation) }));
    const texts = found.map(
      ({ activation, longer, shortest }) =>
        `${activation}: ${significant(shortest.pre)} against ${significant(shortest.act)} layers (over the whole grid longer in ${percent(longer)} of the cells)`,
    );
    return {
      ours: `shortest ξ of the chaotic side up to σw² = 4: ${texts.join("; ")}`,
      status: judged(found.every(({ shortest }) => shortest.pre > shortest.act)),
    };
  },
};

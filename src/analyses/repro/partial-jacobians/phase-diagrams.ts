/** @file Sampled phase diagrams of relu, erf and gelu lie on those of theory (criticality.md §13). */
import { parseNetText } from "../../../net/index.ts";
import { meanOf, spaced } from "../../../theory/index.ts";
import { type MeasuredCell, measureCells } from "../../criticality/phase-measure.ts";
import { heatFigure } from "../../figure.ts";
import { counted, percent, significant } from "../../words.ts";
import { atScale, type ExperimentContext, judged, type PaperClaim } from "../paper.ts";

const settings = {
  test: { width: 200, depth: 20, nets: 6, sw2: [1, 2, 4], sb2: [0.2] },
  repro: { width: 300, depth: 40, nets: 3, sw2: spaced(0, 4, 9).slice(1), sb2: spaced(0, 2, 11) },
  full: { width: 500, depth: 50, nets: 3, sw2: spaced(0, 4, 9).slice(1), sb2: spaced(0, 2, 11) },
} as const;

/** Of χ_J, relative (criticality.md §13); the mean over cells, since one network scatters by more at the chaotic end. */
const tolerance = 0.05;

const activations = ["relu", "erf", "gelu"] as const;

async function cellsOf(activation: string, context: ExperimentContext): Promise<MeasuredCell[]> {
  const { width, depth, nets, sw2, sb2 } = atScale(context, settings);
  const { key, options, signal } = context;
  return measureCells(
    sb2.flatMap((bias) => sw2.map((weight) => ({ sw2: weight, sb2: bias }))),
    {
      net: parseNetText(`mlp:depth=${depth},width=${width},activation=${activation},in=${width},out=10`),
      seeds: nets,
      seed: Number.parseInt(key.split(activation).toString().slice(0, 8), 16),
      options,
      onProgress: ({ done, total }) => context.progress(`${activation}, cell ${done + 1} of ${total}`),
      signal,
    },
  );
}

/** |ln χ_J measured − ln χ_J theory| of every cell that has both. */
function deviations(cells: readonly MeasuredCell[]): number[] {
  return cells.flatMap(({ theory, value }) =>
    theory === undefined || value === undefined ? [] : [Math.abs(Math.log(value / theory))],
  );
}

/** Cells on the same side of χ_J = 1, of those that theory puts clearly on one. */
function sameSide(cells: readonly MeasuredCell[]): { readonly same: number; readonly of: number } {
  const clear = cells.filter(
    ({ theory, value }) =>
      theory !== undefined && value !== undefined && Math.abs(Math.log(theory)) > tolerance,
  );
  return { same: clear.filter(({ theory, value }) => theory! > 1 === value! > 1).length, of: clear.length };
}

export const phaseDiagrams: PaperClaim = {
  id: "phase-diagrams",
  claim: "Sampled networks have the phases of theory",
  paper:
    "one-layer APJN near the end of networks of 50 layers of 500 units, for relu, erf and gelu, changes side on the critical line",
  bar: `χ_J within ${percent(tolerance)} of theory in the mean over cells; every cell beyond that from 1 on its side of the line`,
  command: "fathom phase --activation erf --sw2 0.5:4:8 --sb2 0:2:11 --measure",
  async run(context) {
    const { width, depth, nets, sw2, sb2 } = atScale(context, settings);
    const found: { readonly activation: string; readonly cells: readonly MeasuredCell[] }[] = [];
    for (const activation of activations) {
      found.push({ activation, cells: await cellsOf(activation, context) });
    }
    const texts = found.map(({ activation, cells }) => {
      const off = deviations(cells);
      const { same, of } = sameSide(cells);
      return `${activation} ${percent(meanOf(off))} off in the mean, at most ${percent(Math.max(...off))}, ${same} of ${of} cells on their side`;
    });
    const sound = found.every(({ cells }) => {
      const { same, of } = sameSide(cells);
      return meanOf(deviations(cells)) < tolerance && same === of;
    });
    return {
      ours: `${texts.join("; ")} (${sw2.length * sb2.length} cells each, width ${width}, depth ${depth}, ${counted(nets, "network")}, σw² from ${significant(sw2[0]!)} to ${significant(sw2.at(-1)!)})`,
      status: judged(sound),
      figures:
        sb2.length === 1
          ? []
          : found.map(({ activation, cells }) =>
              heatFigure({
                id: `partial-jacobians-phase-${activation}`,
                title: `χ_J of sampled ${activation} networks`,
                caption: "From the last but one hidden layer to the last.",
                x: { label: "weight variance σw²" },
                y: { label: "bias variance σb²" },
                xs: sw2,
                ys: sb2,
                z: sb2.map((_, row) =>
                  sw2.map((_, column) => cells[row * sw2.length + column]!.value ?? null),
                ),
                zLabel: "χ_J",
                midpoint: 1,
                zDomain: [0.5, 2],
              }),
            ),
    };
  },
};

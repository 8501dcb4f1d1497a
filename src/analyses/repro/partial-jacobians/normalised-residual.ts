/** @file LayerNorm on preactivations with µ = 1 is critical everywhere; with µ = .9 it is not (criticality.md §4.3-4.4). */
import { spaced } from "../../../theory/index.ts";
import { heatFigure } from "../../figure.ts";
import { significant } from "../../words.ts";
import { atScale, type ExperimentContext, judged, type PaperClaim } from "../paper.ts";
import { depthProfile, theoryProfile, type UniformNetwork } from "./profiles.ts";

const settings = {
  test: { depth: 50, grid: [9, 11], sampled: undefined },
  repro: { depth: 50, grid: [9, 11], sampled: { width: 300, every: 4, seeds: 2 } },
  full: { depth: 50, grid: [9, 11], sampled: { width: 500, every: 1, seeds: 3 } },
} as const;

/** |χ_J − 1| at l ~ 50 (criticality.md §13: about ρ/l). */
const bar = 0.05;

/** The columns and rows of the paper's figure; at σw² = 0 nothing passes the branch. */
function grid([columns, rows]: readonly [number, number]) {
  return { sw2: spaced(0, 4, columns).slice(1), sb2: spaced(0, 2, rows) };
}

function network(sw2: number, sb2: number, mu: number, depth: number): UniformNetwork {
  return { activation: "relu", norm: "ln-pre", mu, sw2, sb2, depth, width: 3 };
}

/** χ_J of the last step by theory, [sb2][sw2]. */
function lastSteps(axes: ReturnType<typeof grid>, mu: number, depth: number): number[][] {
  return axes.sb2.map((sb2) =>
    axes.sw2.map((sw2) => theoryProfile(network(sw2, sb2, mu, depth)).at(-2)!.chiJ!),
  );
}

function furthest(values: readonly number[]): number {
  return Math.max(...values.map((value) => Math.abs(value - 1)));
}

/** χ_J of the last step of sampled networks, at every few cells of the grid. */
async function sampled(axes: ReturnType<typeof grid>, context: ExperimentContext): Promise<number[]> {
  const { depth, sampled: size } = atScale(context, settings);
  if (size === undefined) return [];
  const cells = axes.sb2
    .flatMap((sb2) => axes.sw2.map((sw2) => ({ sw2, sb2 })))
    .filter((_, i) => i % size.every === 0);
  const found: number[] = [];
  for (const [i, { sw2, sb2 }] of cells.entries()) {
    context.progress(`sampled cell ${i + 1} of ${cells.length}`);
    const shape = { ...network(sw2, sb2, 1, depth), width: size.width };
    const { measured } = await depthProfile(shape, { seeds: size.seeds, probes: 5 }, context);
    found.push(Math.exp(measured.at(-1)!.local!.lnMean));
  }
  return found;
}

export const normalisedResidual: PaperClaim = {
  id: "normalised-residual",
  claim: "LayerNorm on preactivations with µ = 1 is critical at every initialisation",
  paper: "χ_J near 1 over the whole plane at µ = 1, and only near the axis σb = 0 at µ = 0 and .9 (relu)",
  bar: `|χ_J − 1| < ${bar} in every cell at l = 50 with µ = 1, not with µ = .9`,
  command: "fathom phase --activation relu --norm ln-pre --mu 0.9 --sw2 0.5:4:8 --sb2 0:2:11",
  async run(context) {
    const { depth, grid: size, sampled: sizes } = atScale(context, settings);
    const axes = grid(size);
    const [plain, skip, full] = [0, 0.9, 1].map((mu) => lastSteps(axes, mu, depth));
    const measured = await sampled(axes, context);
    const off = {
      plain: furthest(plain!.flat()),
      skip: furthest(skip!.flat()),
      full: furthest(full!.flat()),
    };
    const measuredText =
      sizes === undefined
        ? ""
        : `; sampled at µ = 1 (${measured.length} cells, width ${sizes.width}): ${significant(furthest(measured))}`;
    return {
      ours: `largest |χ_J − 1| at l = ${depth}: ${significant(off.full)} at µ = 1, ${significant(off.skip)} at µ = .9, ${significant(off.plain)} at µ = 0${measuredText}`,
      status: judged(
        off.full < bar && off.skip > bar && measured.every((value) => Math.abs(value - 1) < bar),
      ),
      figures: [
        heatFigure({
          id: "partial-jacobians-normalised",
          title: "χ_J at l = 50, relu, LayerNorm on preactivations, µ = 1",
          caption: "The colours span .95 to 1.05, as in the paper.",
          x: { label: "weight variance σw²" },
          y: { label: "bias variance σb²" },
          xs: axes.sw2,
          ys: axes.sb2,
          z: full!,
          zLabel: "χ_J",
          midpoint: 1,
          zDomain: [0.95, 1.05],
        }),
      ],
    };
  },
};

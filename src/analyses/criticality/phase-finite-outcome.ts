/** @file The diagram of a network that is no row of the table, as an outcome: growth a layer at its own depth. */
import { buildModel, type ModelLayer, type Net } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { contour, phaseOf, spaced } from "../../theory/index.ts";
import { describeNet } from "../describe.ts";
import type { Finding, Outcome, Progress } from "../document.ts";
import { type HeatFigure, type HeatSample, heatFigure } from "../figure.ts";
import type { Asked } from "../reproduction.ts";
import { contourLines, type Grid, lengthContours, shownFactor } from "./phase-figure.ts";
import { type FiniteGrowth, finiteGrowth } from "./phase-finite.ts";
import { type MeasuredCell, measureCells, sampledCells } from "./phase-measure.ts";
import { finiteGrid, phaseOutcome } from "./phase-outcome.ts";
import { cellFindings, cellsJson, cellsTable, sharesText } from "./phase-words.ts";

export interface FinitePhaseQuestion extends Asked {
  readonly net: Net;
  readonly grid: Partial<Grid>;
  readonly measure?: { readonly seeds: number };
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Coarser than a diagram of fixed points: every cell is a recursion over the whole network. */
const usualGrid: Grid = { sw2: spaced(0.1, 4, 21), sb2: spaced(0, 1, 11) };

/** @throws FathomError unsupported where theory does not reach the last hidden layer. */
export async function finitePhase(asked: FinitePhaseQuestion): Promise<Outcome> {
  const start = performance.now();
  const { net, measure } = asked;
  const grid = { ...usualGrid, ...asked.grid };
  const growth = await finiteGrowth(net, grid, asked);
  if (growth.missing !== undefined) throw notReached(growth.missing);
  const seeds = measure?.seeds;
  const cells =
    seeds === undefined ? undefined : await measureCells(sampledCells(grid), { ...asked, net, seeds });
  const own = ownPoint(net);
  const settings = { depth: growth.hidden, width: widthOf(net), seeds: seeds ?? 0 };
  return phaseOutcome(asked, {
    subject: describeNet(net),
    verdict: { sentence: sharesText("Growth a layer at this depth", phasesOf(growth)), tone: "neutral" },
    findings: [...ownFindings(own), ...(cells === undefined ? [] : cellFindings(cells, settings))],
    figure: growthFigure(growth, grid, { own, cells: cells ?? [] }),
    notes: [
      `No fixed point: the geometric mean of χ_J over the ${growth.hidden} hidden layers of networks whose affine layers all have the variances of the cell, at infinite width, on inputs of second moment 1.`,
      ...growth.assumptions,
    ],
    ...(cells === undefined ? {} : { tables: [cellsTable(cells)] }),
    json: {
      ...growthJson(growth, grid),
      ...(own === undefined ? {} : { own }),
      ...(cells === undefined ? {} : { measured: cellsJson({ ...settings, cells }) }),
    },
    start,
  });
}

function notReached(missing: string): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `There is no phase diagram of this network: ${missing}.`,
    where: "NET",
    hint: "Its layers can be measured one by one: fathom criticality NET --measure.",
  });
}

interface Point {
  readonly sw2: number;
  readonly sb2: number;
}

/** The variances that all affine layers share; undefined where they differ. */
function ownPoint(net: Net): Point | undefined {
  const found = buildModel(net).layers.flatMap(affineVariances);
  const [first] = found;
  const alike = found.every(({ sw2, sb2 }) => sw2 === first!.sw2 && sb2 === first!.sb2);
  return alike ? first : undefined;
}

function affineVariances({ spec, chains }: ModelLayer): Point[] {
  const inner = Object.values(chains).flat().flatMap(affineVariances);
  return "sw2" in spec && "sb2" in spec ? [{ sw2: spec.sw2, sb2: spec.sb2 }, ...inner] : inner;
}

function ownFindings(own: Point | undefined): Finding[] {
  if (own !== undefined) return [];
  const text =
    "This network's own affine layers differ in their variances, so it has no point in the diagram.";
  return [{ text, tone: "neutral" }];
}

function widthOf(net: Net): number {
  const model = buildModel(net);
  return Math.max(...model.taps.map(({ shape }) => shape[0] ?? 1));
}

function phasesOf({ logGrowth }: FiniteGrowth) {
  return logGrowth.map((row) =>
    row.filter((value) => !Number.isNaN(value)).map((value) => phaseOf(Math.exp(value))),
  );
}

/** Where J neither grows nor shrinks over the hidden layers. */
function neutralLine({ logGrowth }: FiniteGrowth, { sw2, sb2 }: Grid) {
  return contour({ x: sw2, y: sb2, z: logGrowth, level: 0 });
}

function growthFigure(
  growth: FiniteGrowth,
  grid: Grid,
  { own, cells }: { readonly own: Point | undefined; readonly cells: readonly MeasuredCell[] },
): HeatFigure {
  const { logGrowth, hidden } = growth;
  const samples: HeatSample[] = cells.flatMap(({ sw2, sb2, value }) =>
    value === undefined ? [] : [{ x: sw2, y: sb2, z: value }],
  );
  const dots =
    samples.length === 0 ? "" : " Dots: the last hidden layer of sampled networks, in the same colours.";
  return heatFigure({
    id: "criticality-growth",
    title: "Growth a layer at this network's depth",
    caption: `How J grows a layer on average over ${hidden} hidden layers, all affine layers at the variances of the cell: below 1 changes die out, above 1 they grow. On thin lines ξ = 1/|ln growth| is 5, 10, 30 or 100 layers.${dots}`,
    x: { label: "weight variance σw²" },
    y: { label: "bias variance σb²" },
    xs: grid.sw2,
    ys: grid.sb2,
    z: logGrowth.map((row) => row.map(Math.exp)),
    zLabel: "growth of J a layer",
    midpoint: 1,
    zDomain: [1 / shownFactor, shownFactor],
    lines: [
      ...neutralLine(growth, grid).map((line) => ({
        label: "no growth",
        points: line.map(([x, y]) => ({ x, y })),
      })),
      ...contourLines(lengthContours(grid, logGrowth)),
    ],
    marks: own === undefined ? [] : [{ x: own.sw2, y: own.sb2, label: "this network", role: "before" }],
    samples,
  });
}

function growthJson(growth: FiniteGrowth, grid: Grid): Outcome["json"] {
  const { logGrowth, hidden } = growth;
  return {
    kind: "finite depth",
    hidden,
    grid: {
      ...grid,
      chiJ: finiteGrid(logGrowth.map((row) => row.map(Math.exp))),
      xi: finiteGrid(logGrowth.map((row) => row.map((value) => 1 / Math.abs(value)))),
    },
    criticalLine: neutralLine(growth, grid).flatMap((line) => line.map(([sw2, sb2]) => ({ sw2, sb2 }))),
    contours: lengthContours(grid, logGrowth),
  };
}

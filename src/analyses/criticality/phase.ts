/**
 * @file The phase diagram as a figure: χ_J at the fixed point over weight and bias variance, with the critical line, and
 * a network's own point where there is one (criticality.md §7.5).
 */
import { type ActivationSpec, activationText, scalarHalf } from "../../net/index.ts";
import {
  type CriticalInitialisation,
  criticalInitialisation,
  type Phase,
  type PhaseDiagram,
  phaseDiagram,
} from "../../theory/index.ts";
import type { Normalisation } from "../architecture.ts";
import { describeLayer } from "../describe.ts";
import type { Outcome } from "../document.ts";
import { finiteOrNull, type HeatFigure, heatFigure, type Mark } from "../figure.ts";
import { type Asked, reproduction } from "../reproduction.ts";
import type { UniformPrediction } from "./predict.ts";

/** What a diagram is of: one layer type, whatever its variances. */
interface DiagramOf {
  readonly activation: ActivationSpec;
  readonly norm: Normalisation;
  readonly mu: number;
}

interface Grid {
  readonly sw2: readonly number[];
  readonly sb2: readonly number[];
}

/** χ_J is shown within this factor of 1; beyond, the end colours stand. */
const shownFactor = 2;

function criticalMark(critical: CriticalInitialisation | undefined): Mark[] {
  if (critical === undefined) return [];
  return [{ x: critical.sw2, y: critical.sb2, label: "critical point", role: "after" }];
}

function phaseFigure(
  of: DiagramOf,
  { chiJ, sw2, sb2, criticalLine: line }: PhaseDiagram,
  marks: readonly Mark[],
): HeatFigure {
  return heatFigure({
    id: "criticality-phase",
    title: `Phase diagram of ${describeLayer(of)}`,
    caption:
      "χ_J at the fixed point: below 1 changes die out (ordered), above 1 they grow (chaotic), on the line they keep their size.",
    x: { label: "weight variance σw²" },
    y: { label: "bias variance σb²" },
    xs: sw2,
    ys: sb2,
    z: chiJ,
    zLabel: "χ_J",
    midpoint: 1,
    zDomain: [1 / shownFactor, shownFactor],
    lines:
      line.length < 2 ? [] : [{ label: "χ_J = 1", points: line.map(({ sw2, sb2 }) => ({ x: sw2, y: sb2 })) }],
    marks,
  });
}

/** The diagram around a network's own point, which is marked, and its critical point beside it. */
export function architecturePhase({ architecture, layer, critical }: UniformPrediction): HeatFigure {
  const points = [architecture, ...(critical === undefined ? [] : [critical])];
  const upper = (values: readonly number[], least: number) => Math.max(least, 1.25 * Math.max(...values));
  const grid = {
    sw2: spaced(
      0.1,
      upper(
        points.map(({ sw2 }) => sw2),
        3,
      ),
      40,
    ),
    sb2: spaced(
      0,
      upper(
        points.map(({ sb2 }) => sb2),
        0.5,
      ),
      26,
    ),
  };
  return phaseFigure(architecture, phaseDiagram({ ...layer, ...grid }), [
    { x: architecture.sw2, y: architecture.sb2, label: "this network", role: "before" },
    ...criticalMark(critical),
  ]);
}

function spaced(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

export interface PhaseQuestion extends Asked, DiagramOf, Grid {}

/**
 * The phase diagram of an activation and architecture.
 * @returns `grid{sw2, sb2, chiJ, xi}` as [sb2][sw2], null where infinite; `criticalLine[{sw2, sb2}]`.
 * @throws FathomError bad-input for an axis that does not ascend, bad variances, or mu outside [0, 1].
 * @example phase({ activation: { kind: "tanh" }, norm: "none", mu: 0, sw2: [0.5, 1, 2], sb2: [0, 0.1], seed: 0, command: "…" })
 */
export function phase(asked: PhaseQuestion): Outcome {
  const start = performance.now();
  const { activation, norm, mu, sw2, sb2 } = asked;
  const of = { activation, norm, mu };
  const layer = { ...of, activation: scalarHalf(activation) };
  const diagram = phaseDiagram({ ...layer, sw2, sb2 });
  const critical = criticalInitialisation(layer);
  return {
    json: phaseJson(of, diagram),
    document: {
      title: "Phase diagram",
      subject: describeLayer(of),
      facts: [],
      verdict: { sentence: shares(of, diagram), tone: "neutral" },
      advice: [],
      sections: [
        {
          id: "phase",
          title: "Phase diagram",
          question: "Where do signals grow, and where do they die out?",
          source: "Poole et al. 2016, arXiv 1606.05340; Doshi, He and Gromov, arXiv 2111.12143",
          findings: [],
          figures: [phaseFigure(of, diagram, criticalMark(critical))],
          numbers: [],
        },
      ],
      notApplicable: [],
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

function finite(grid: readonly (readonly number[])[]): (number | null)[][] {
  return grid.map((row) => row.map(finiteOrNull));
}

function shares(of: DiagramOf, { phase }: PhaseDiagram): string {
  const cells = phase.flat();
  const percent = (kind: Phase) =>
    Math.round((100 * cells.filter((cell) => cell === kind).length) / cells.length);
  return `${describeLayer(of)}: ${percent("ordered")} % of the grid is ordered, ${percent("chaotic")} % chaotic.`;
}

function phaseJson({ activation, norm, mu }: DiagramOf, diagram: PhaseDiagram): Outcome["json"] {
  const { sw2, sb2, chiJ, chiK, xi, K, status, criticalLine } = diagram;
  return {
    activation: activationText(activation),
    norm,
    mu,
    grid: { sw2, sb2, chiJ: finite(chiJ), chiK: finite(chiK), xi: finite(xi), K: finite(K), status },
    criticalLine: criticalLine.map(({ sw2, sb2 }) => ({ sw2, sb2 })),
  };
}

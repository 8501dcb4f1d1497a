/**
 * @file The question `fathom phase` asks: what becomes of signals over the plane of variances, for a layer type, for a
 * network that is a row of the table, and for any other network that theory follows (criticality.md §1, §7.5).
 */
import { activationText, type Net, parseNetText, scalarHalf } from "../../net/index.ts";
import {
  assumptionsOf,
  type CriticalInitialisation,
  criticalInitialisation,
  type DecayLaw,
  decayLaw,
  type Limit,
  noCriticalReason,
  type PhaseDiagram,
  phaseDiagram,
  phaseOf,
  reachedLimit,
  type UniformLayer,
  uniformStep,
} from "../../theory/index.ts";
import { recogniseArchitecture } from "../architecture.ts";
import { describeLayer, describeNet } from "../describe.ts";
import type { Outcome, Progress, Verdict } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import type { Asked } from "../reproduction.ts";
import { quantity } from "../words.ts";
import {
  type DiagramOf,
  type Grid,
  gridAround,
  lengthContours,
  logarithms,
  phaseFigure,
} from "./phase-figure.ts";
import { finitePhase } from "./phase-finite-outcome.ts";
import { type MeasuredCell, measureCells, sampledCells } from "./phase-measure.ts";
import { finiteGrid, phaseOutcome } from "./phase-outcome.ts";
import { cellFindings, cellsJson, cellsTable, lawText, lineFindings, sharesText } from "./phase-words.ts";
import { closedNet } from "./stand-in.ts";

export interface PhaseQuestion extends Asked, DiagramOf, Grid {}

interface Working {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface MeasuredPhaseQuestion extends PhaseQuestion, Working {
  /** The sampled networks. */
  readonly measure: { readonly depth: number; readonly width: number; readonly seeds: number };
}

export interface NetPhaseQuestion extends Asked, Working {
  readonly net: Net;
  /** Around the network's own point unless said. */
  readonly grid: Partial<Grid>;
  readonly measure?: { readonly seeds: number };
}

/**
 * The phase diagram of an activation and architecture.
 * @returns `grid{sw2, sb2, chiJ, xi}` as [sb2][sw2], null where infinite; `criticalLine[{sw2, sb2}]`.
 * @throws FathomError bad-input for an axis that does not ascend, bad variances, or mu outside [0, 1].
 * @example phase({ activation: { kind: "tanh" }, norm: "none", mu: 0, sw2: [0.5, 1, 2], sb2: [0, 0.1], seed: 0, command: "…" })
 */
export function phase(asked: PhaseQuestion): Outcome {
  const start = performance.now();
  return outcomeOf(asked, { ...drawn(asked), start });
}

/**
 * The same with some cells on sampled networks, `measured.cells[{sw2, sb2, theory, value, se}]`.
 * @throws FathomError as `phase`; the reason of `signal` when it is aborted.
 */
export async function measuredPhase(asked: MeasuredPhaseQuestion): Promise<Outcome> {
  const start = performance.now();
  const base = drawn(asked);
  const { depth, width, seeds } = asked.measure;
  const { activation, norm, mu } = asked;
  const net = parseNetText(
    `mlp:depth=${depth},width=${width},in=${width},activation=${activationText(activation)},norm=${norm},mu=${mu}`,
  );
  const cells = await measureCells(sampledCells(asked), { ...asked, net, seeds });
  return outcomeOf(asked, { ...base, cells: { cells, depth, width, seeds }, start });
}

/**
 * The diagram of a network: that of its layer type with its own point, where its hidden layers are alike; or else its growth
 * a layer at its own depth, over networks whose affine layers all have the variances of a cell.
 * @throws FathomError unsupported where theory does not reach the last hidden layer; as `measuredPhase`.
 * @example await phaseOfNet({ net: parseNetText("mlp:depth=30"), grid: {}, seed: 0, command: "…" })
 */
export async function phaseOfNet(asked: NetPhaseQuestion): Promise<Outcome> {
  const start = performance.now();
  const net = closedNet(asked.net);
  const architecture = recogniseArchitecture(net);
  if (architecture === undefined) return finitePhase({ ...asked, net });
  const { activation, norm, mu, sw2, sb2, depth, width } = architecture;
  const layer = { activation: scalarHalf(activation), norm, mu };
  const critical = criticalInitialisation(layer);
  const grid = {
    ...gridAround([architecture, ...(critical === undefined ? [] : [critical])]),
    ...asked.grid,
  };
  const base = drawn({ activation, norm, mu, ...grid });
  const seeds = asked.measure?.seeds;
  const cells =
    seeds === undefined ? undefined : await measureCells(sampledCells(grid), { ...asked, net, seeds });
  const at = { ...layer, sw2, sb2 };
  const own = { sw2, sb2, reached: reachedLimit(at), law: decayLaw(at) };
  const sampled = cells === undefined ? {} : { cells: { cells, depth, width, seeds: seeds! } };
  return outcomeOf(asked, { ...base, own, ...sampled, net, start });
}

/** What theory draws, before anything is sampled. */
interface Drawn {
  readonly of: DiagramOf;
  readonly layer: Omit<UniformLayer, "sw2" | "sb2">;
  readonly diagram: PhaseDiagram;
  readonly critical: CriticalInitialisation | undefined;
  readonly noCritical: string | undefined;
}

function drawn({ activation, norm, mu, sw2, sb2 }: DiagramOf & Grid): Drawn {
  const layer = { activation: scalarHalf(activation), norm, mu };
  return {
    of: { activation, norm, mu },
    layer,
    diagram: phaseDiagram({ ...layer, sw2, sb2 }),
    critical: criticalInitialisation(layer),
    noCritical: noCriticalReason(layer),
  };
}

interface Parts extends Drawn {
  readonly start: number;
  readonly net?: Net;
  readonly own?: {
    readonly sw2: number;
    readonly sb2: number;
    readonly reached: Limit;
    readonly law: DecayLaw;
  };
  readonly cells?: {
    readonly cells: readonly MeasuredCell[];
    readonly depth: number;
    readonly width: number;
    readonly seeds: number;
  };
}

function outcomeOf(asked: Asked, parts: Parts): Outcome {
  const { of, layer, diagram, own, cells, net } = parts;
  const samples = (cells?.cells ?? []).flatMap(({ sw2, sb2, value }) =>
    value === undefined ? [] : [{ x: sw2, y: sb2, z: value }],
  );
  const figure = phaseFigure(of, diagram, { own, critical: parts.critical, samples });
  const findings = [
    ...(own === undefined
      ? []
      : [{ text: `At this network's variances ${lawText(own.law)}`, tone: "neutral" as const }]),
    ...lineFindings({ ...parts, activation: layer.activation }),
    ...(cells === undefined ? [] : cellFindings(cells.cells, cells)),
  ];
  const step = uniformStep({ ...layer, sw2: 1, sb2: 0 });
  return phaseOutcome(asked, {
    subject: net === undefined ? describeLayer(of) : describeNet(net),
    verdict: verdictOf(parts),
    findings,
    figure,
    notes: [
      "Fixed points are those of infinite width and depth, reached from K¹ = 1.",
      ...assumptionsOf([{ name: "layer", step, tap: true }]),
    ],
    ...(cells === undefined ? {} : { tables: [cellsTable(cells.cells)] }),
    json: phaseJson(parts),
    start: parts.start,
  });
}

function verdictOf({ of, diagram, own }: Parts): Verdict {
  const shares = sharesText(describeLayer(of), diagram.phase);
  if (own === undefined) return { sentence: shares, tone: "neutral" };
  const { chiJ, xi } = own.reached;
  const length = Number.isFinite(xi) && xi < 1e8 ? `, ${quantity("ξ", xi, 3)} layers` : "";
  return {
    sentence: `This network is ${phaseOf(chiJ)} (${quantity("χ_J", chiJ)}${length}). ${shares}`,
    tone: "neutral",
  };
}

function phaseJson({ of, diagram, critical, noCritical, own, cells }: Parts): Outcome["json"] {
  const { activation, norm, mu } = of;
  const { sw2, sb2, chiJ, chiK, xi, K, status, criticalLine } = diagram;
  return {
    kind: "fixed point",
    activation: activationText(activation),
    norm,
    mu,
    grid: {
      sw2,
      sb2,
      chiJ: finiteGrid(chiJ),
      chiK: finiteGrid(chiK),
      xi: finiteGrid(xi),
      K: finiteGrid(K),
      status,
    },
    criticalLine: criticalLine.map(({ sw2, sb2 }) => ({ sw2, sb2 })),
    criticalPoint:
      critical === undefined ? null : { sw2: critical.sw2, sb2: critical.sb2, K: critical.K ?? null },
    ...(noCritical === undefined ? {} : { noCritical }),
    contours: lengthContours(diagram, logarithms(chiJ)),
    ...(own === undefined ? {} : { own: ownJson(own) }),
    ...(cells === undefined ? {} : { measured: cellsJson(cells) }),
  };
}

function ownJson({ sw2, sb2, reached, law }: NonNullable<Parts["own"]>) {
  const { K, chiJ, xi } = reached;
  return {
    sw2,
    sb2,
    K: finiteOrNull(K),
    chiJ: finiteOrNull(chiJ),
    xi: finiteOrNull(xi),
    phase: phaseOf(chiJ),
    law,
  };
}

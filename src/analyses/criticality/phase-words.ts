/** @file Phase diagrams in sentences: how much is ordered, where the critical line runs, and where and why it ends. */
import {
  activationVariance,
  type CriticalInitialisation,
  type DecayLaw,
  derivativeMoment,
  type Phase,
  type PhaseDiagram,
  type ScalarActivation,
  secondMoment,
  universality,
} from "../../theory/index.ts";
import type { DataTable, Finding } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { counted, percent, quantity, significant } from "../words.ts";
import type { DiagramOf } from "./phase-figure.ts";
import type { MeasuredCell } from "./phase-measure.ts";

/** The parts of a grid in each phase. */
export function sharesText(subject: string, phases: readonly (readonly Phase[])[]): string {
  const cells = phases.flat();
  const part = (kind: Phase) =>
    Math.round((100 * cells.filter((cell) => cell === kind).length) / cells.length);
  const critical = part("critical");
  const rest = critical === 0 ? "" : `, ${critical} % critical to 0.1 %`;
  return `${subject}: ${part("ordered")} % of the grid is ordered, ${part("chaotic")} % chaotic${rest}.`;
}

interface Drawn {
  readonly of: DiagramOf;
  readonly activation: ScalarActivation;
  readonly diagram: PhaseDiagram;
  readonly critical: CriticalInitialisation | undefined;
  readonly noCritical: string | undefined;
}

/** Where the critical line runs, and whether it is in the picture. */
export function lineFindings(drawn: Drawn): Finding[] {
  const { of, diagram, critical } = drawn;
  const text = lineText(drawn);
  const hasLine = of.norm !== "batchnorm" && (of.mu < 1 || of.norm === "ln-skip") && critical !== undefined;
  const absent = hasLine && diagram.criticalLine.length === 0 ? " No part of it is in this window." : "";
  return [{ text: `${text}${absent}`, tone: "neutral" }];
}

function lineText({ of: { norm, mu }, activation, critical, noCritical }: Drawn): string {
  if (norm === "batchnorm") return flatText(activation, mu);
  if (critical === undefined) return `There is no critical line. ${noCritical}`;
  if (mu === 1 && norm !== "ln-skip") return everywhereText(activation, norm);
  switch (norm) {
    case "none":
      return plainText(activation, critical);
    case "ln-pre":
    case "ln-skip": {
      const slope = significant(derivativeMoment(activation, 1) - secondMoment(activation, 1));
      return `The critical line is the ray σb² = ${slope} σw² from the origin, where no signal is left; it is the same for every µ.`;
    }
    case "ln-act":
      return "The critical line is σw² = (1 − µ²) V(K*)/A(K*), σb² = (1 − µ²) K* − σw²; it begins at the origin, where K* = 0.";
    case "ln-block":
      return "On the critical line σw⁴ A(q) = σw² B(q) + σb² with q = σw² + σb²; it begins at the origin.";
  }
}

/** criticality.md §4.4: the power is greatest without biases. */
function everywhereText(activation: ScalarActivation, norm: DiagramOf["norm"]): string {
  const most = significant(derivativeMoment(activation, 1) / secondMoment(activation, 1));
  const power = norm === "ln-pre" ? `, l^${most} at most` : "";
  return `Every initialisation is critical, so there is no line: K grows by the same amount in every layer, χ_J tends to 1, and J grows as a power of depth${power}.`;
}

/** What J does with depth at a network's own point. */
export function lawText(law: DecayLaw): string {
  switch (law.law) {
    case "constant":
      return "J tends to a constant with depth.";
    case "exponential":
      return `J ${law.rate < 0 ? "falls" : "grows"} as e^(${law.rate < 0 ? "−" : ""}l/ξ), ${quantity("ξ", law.xi, 3)} layers.`;
    case "power":
      return `J ${law.zeta > 0 ? "falls" : "grows"} as l^${significant(-law.zeta)}.`;
    case "stretched":
      return `J grows as exp(√(l/λ)), ${quantity("λ", law.lambda, 3)} layers: slower than any exponential, faster than any power.`;
  }
}

function flatText(activation: ScalarActivation, mu: number): string {
  const growth = derivativeMoment(activation, 1) / activationVariance(activation, 1);
  if (mu === 1)
    return `The diagram is flat: behind BatchNorm with µ = 1, J grows as l^${significant(growth)} at all variances.`;
  const chiJ = significant(mu * mu + (1 - mu * mu) * growth, 5);
  return `The diagram is flat: behind BatchNorm χ_J = ${chiJ} whatever the variances, and there is no critical point.`;
}

function plainText(activation: ScalarActivation, { sw2, sb2, K }: CriticalInitialisation): string {
  const point = `(σw² = ${significant(sw2, 5)}, σb² = ${significant(sb2, 5)})`;
  const kind = universality(activation).class;
  if (kind === "scale-invariant")
    return `The critical line is σw² = ${significant(sw2, 5)} at every σb², since χ_J does not depend on K; at σb² = 0 K is constant, with biases it grows by σb² a layer.`;
  if (kind === "half-stable")
    return `The critical line ends at the critical point ${point}, where K* = ${significant(K ?? Number.NaN)} and χ_K = 1: below it the fixed point with χ_J = 1 has χ_K > 1 and repels, so no network stays there. At smaller σb² order and chaos meet in a jump of χ_J, where K loses its fixed point.`;
  return `The critical line ends at the critical point ${point}, where K* = 0 and χ_K = 1; there J falls as a power of depth, elsewhere on the line it tends to a constant.`;
}

/** Networks that cells were sampled on. */
interface CellNetworks {
  readonly depth: number;
  readonly width: number;
  readonly seeds: number;
}

/** How sampled cells and theory agree. */
export function cellFindings(cells: readonly MeasuredCell[], networks: CellNetworks): Finding[] {
  const { depth, width, seeds } = networks;
  const of = `${cells.length} cells of ${counted(seeds, "network")} of ${depth} hidden layers and width ${width}`;
  const misses = cells
    .flatMap(({ theory, value }) =>
      theory !== undefined && theory > 0 && value !== undefined ? [Math.abs(value / theory - 1)] : [],
    )
    .sort((a, b) => a - b);
  if (misses.length === 0)
    return [{ text: `Sampled ${of}: in none could χ_J be both measured and predicted.`, tone: "warn" }];
  const at = (part: number) => percent(misses[Math.floor(part * (misses.length - 1))]!);
  const lost = cells.length - misses.length;
  const rest = lost === 0 ? "" : ` In ${lost} nothing could be compared: signals overflowed or died.`;
  return [
    {
      text: `Sampled ${of}: one layer's χ_J is off theory's by ${at(0.5)} in the median and ${at(1)} at most.${rest}`,
      tone: "neutral",
    },
  ];
}

/** Each cell in a row. */
export function cellsTable(cells: readonly MeasuredCell[]): DataTable {
  return {
    title: "Sampled cells",
    columns: ["σw²", "σb²", "χ_J theory", "χ_J measured", "standard error"],
    rows: cells.map(({ sw2, sb2, theory, value, se }) => [
      sw2,
      sb2,
      finiteOrNull(theory),
      finiteOrNull(value),
      finiteOrNull(se),
    ]),
  };
}

export function cellsJson({
  cells,
  depth,
  width,
  seeds,
}: CellNetworks & { readonly cells: readonly MeasuredCell[] }) {
  return {
    cells: cells.map(({ sw2, sb2, theory, value, se }) => ({
      sw2,
      sb2,
      theory: finiteOrNull(theory),
      value: finiteOrNull(value),
      se: finiteOrNull(se),
      ...(value === undefined ? { status: "overflow" } : value === 0 ? { status: "dead" } : {}),
    })),
    settings: { depth, width, seeds },
  };
}

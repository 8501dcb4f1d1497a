/** @file What a report says of the largest stable rate: sentences, the sources as numbers, and the rates of the layers. */
import type { Model } from "../../net/index.ts";
import type { LossKind } from "../../train/index.ts";
import type { DataTable, Finding, NumberRow, ReportSection } from "../document.ts";
import { finiteOrNull, type LineFigure, lineFigure, point } from "../figure.ts";
import { rate } from "../words.ts";
import { type KnownRates, type LargestRate, largestRate } from "./largest.ts";
import { layerRatesJson } from "./per-layer.ts";

const sources = {
  measured: "measured: up to it gradient descent on one batch lowers the loss at every step",
  fisher: "2/λ_max of the Gauss-Newton matrix of this width",
  ntk: "2/λ_max by the NTK of infinite width",
} as const;

/** The section of `fathom criticality`. */
export function rateSection(
  model: Model,
  known: KnownRates,
  { batch, loss }: { readonly batch: number; readonly loss: LossKind },
): ReportSection {
  const figure = layerFigure(known);
  return {
    id: "learningRate",
    title: "Learning rate",
    question: "How large may the learning rate be?",
    source: "criticality.md §5, §12; Lewkowycz et al. 2020, arXiv 2003.02218 (2/λ_max)",
    findings: [largestFinding(known)],
    figures: figure === undefined ? [] : [figure],
    numbers: rateNumbers(known),
    tables: layerTables(known),
    notes: [
      `Plain SGD, ${model.net.parameterisation} parameterisation, ${loss === "mse" ? "mean squared error" : "cross entropy"}, batches of ${batch} random inputs of second moment 1 with random labels. Real inputs are alike, which makes the kernel sharper and the rate smaller: a survey measures it on your data.`,
      ...layerNotes(known),
    ],
  };
}

function largestFinding(known: KnownRates): Finding {
  const largest = largestRate(known);
  if (largest === undefined)
    return { text: "No source gives a finite largest stable rate of plain SGD.", tone: "neutral" };
  return {
    text: `The largest stable rate of plain SGD is about ${rate(largest.value)} (${sources[largest.source]}).`,
    tone: "neutral",
  };
}

/** One row a source. */
export function rateNumbers(known: KnownRates, suffix = ""): NumberRow[] {
  const { ntk, measured } = known;
  const largest = largestRate(known);
  const { fisher, descent } = measured ?? {};
  return [
    ...(largest === undefined ? [] : [largestRow(largest, suffix)]),
    ...("rate" in ntk ? [row(`2/λ_max by the NTK${suffix}`, ntk.rate.value, "theory")] : []),
    ...(measured === undefined
      ? []
      : [
          {
            ...row(`2/λ_max measured${suffix}`, fisher?.value ?? Number.NaN, "measured"),
            ...(fisher?.ci === undefined ? {} : { ci: fisher.ci }),
          },
        ]),
    ...(descent?.edge === undefined
      ? []
      : [
          {
            ...row(`edge of descent${suffix}`, descent.edge.value, "measured"),
            ci: descent.edge.ci ?? descent.interval,
          },
        ]),
  ];
}

function largestRow({ value, source, interval }: LargestRate, suffix: string): NumberRow {
  return {
    name: `largest stable rate${suffix}`,
    value,
    ...(interval === undefined ? {} : { ci: interval }),
    kind: source === "ntk" ? "theory" : "measured",
    note:
      source === "measured"
        ? "from the last stable to the first unstable rate"
        : "within the factor of predictions",
  };
}

function row(name: string, value: number, kind: NumberRow["kind"]): NumberRow {
  return {
    name,
    value: finiteOrNull(value),
    ...(Number.isFinite(value) ? {} : { status: "not finite" }),
    kind,
  };
}

function wholeRate({ ntk, measured }: KnownRates): number | undefined {
  return measured?.fisher?.value ?? ("rate" in ntk ? ntk.rate.value : undefined);
}

/** Rates of the layers; none where nothing is known. */
export function layerTables(known: KnownRates): DataTable[] {
  if (known.perLayer.length === 0) return [];
  return [
    {
      title: "Learning rates by layer",
      columns: [
        "layer",
        "share of λ_max",
        "share of the kernel, theory",
        "alone, up to",
        "all together, advised",
      ],
      rows: layerRatesJson(known.perLayer, wholeRate(known)).map(
        ({ layer, kind, share, kernelShare, alone, advised }) => [
          layer,
          kind,
          share,
          kernelShare,
          alone,
          advised,
        ],
      ),
    },
  ];
}

export function layerNotes({ perLayer }: KnownRates): string[] {
  return perLayer.length === 0
    ? []
    : [
        "By layer: a layer that trains alone is stable up to 2 over the largest eigenvalue of its own block of the Gauss-Newton matrix; the advised rates give each layer the same share of what is stable for all of them together.",
      ];
}

/** Share of λ_max by layer beside theory's share of the kernel; none for fewer than three layers. */
export function layerFigure({ perLayer }: KnownRates): LineFigure | undefined {
  if (perLayer.length < 3) return undefined;
  const at = (pick: (layer: (typeof perLayer)[number]) => number | undefined) =>
    perLayer.flatMap((layer, i) => {
      const value = pick(layer);
      return value === undefined ? [] : [point(i + 1, value)];
    });
  const theory = at(({ kernelShare }) => kernelShare);
  const measured = at(({ kind, share }) => (kind === "measured" ? share : undefined));
  return lineFigure({
    id: "learning-rate-layers",
    title: "Which layer limits the learning rate",
    caption: `Each layer's part in the sharpest curvature. Dots: largest eigenvalue of the layer's own block of the Gauss-Newton matrix over that of the whole network${theory.length === 0 ? "" : "; the line is theory's share of the tangent kernel's diagonal"}. The table names the layers.`,
    x: { label: "layer with parameters", integer: true },
    y: { label: "share" },
    series: [
      ...(theory.length === 0
        ? []
        : [{ name: "kernel, theory", role: "theory" as const, form: "line" as const, points: theory }]),
      ...(measured.length === 0
        ? []
        : [{ name: "λ_max, measured", role: "measured" as const, form: "dots" as const, points: measured }]),
    ],
  });
}

/**
 * @file `learningRate {max, bySource{ntk, fisher, measured}, perLayer}`: the largest stable rate of plain SGD from all that is
 * known of a network, the measured edge before the finite network's curvature before the kernel of infinite width.
 */
import type { EdgeMeasurement } from "../../probes/index.ts";
import type { Estimate } from "../../theory/index.ts";
import type { LossKind } from "../../train/index.ts";
import { finiteOrNull } from "../figure.ts";
import type { NtkRate } from "./ntk-rate.ts";
import { type LayerRate, layerRatesJson } from "./per-layer.ts";
import type { RateMeasurement } from "./rates.ts";

/** What is known of a network's rates. */
export interface KnownRates {
  readonly ntk: NtkRate;
  /** Absent where nothing was measured. */
  readonly measured?: RateMeasurement;
  readonly perLayer: readonly LayerRate[];
}

export type RateSource = "ntk" | "fisher" | "measured";

export interface LargestRate {
  readonly value: number;
  readonly source: RateSource;
  readonly interval?: readonly [low: number | null, high: number | null];
}

/**
 * Predictions come within this factor of the measured edge of descent: the finite network's curvature in all six networks of
 * bench/learning-rate-edge.ts, the kernel of infinite width within 3.
 */
const predictionFactor: Readonly<Record<Exclude<RateSource, "measured">, number>> = { fisher: 2, ntk: 3 };

/** The best that is known; undefined where no source has a finite rate. */
export function largestRate({ ntk, measured }: KnownRates): LargestRate | undefined {
  const edge = measured && edgeRate(measured.descent);
  if (edge !== undefined) return edge;
  if (measured?.fisher !== undefined) return predicted("fisher", measured.fisher);
  return "rate" in ntk && isRate(ntk.rate.value) ? predicted("ntk", ntk.rate) : undefined;
}

function predicted(source: "ntk" | "fisher", { value }: Estimate): LargestRate {
  const factor = predictionFactor[source];
  return { value, source, interval: [value / factor, value * factor] };
}

function edgeRate({ edge, interval: [low, high] }: EdgeMeasurement): LargestRate | undefined {
  if (edge !== undefined) return { value: edge.value, source: "measured", interval: [low, high] };
  return low > 0 ? { value: low, source: "measured", interval: [low, finiteOrNull(high)] } : undefined;
}

function isRate(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

/** How rates were measured; they depend on all of it. */
export interface RateConditions {
  readonly batch: number;
  readonly loss: LossKind;
  /** That of a described network, or what else is known of it. */
  readonly parameterisation: string;
}

/** The fields of the JSON. */
export function largestRateJson(known: KnownRates, conditions: RateConditions) {
  const { ntk, measured, perLayer } = known;
  const largest = largestRate(known);
  const kernel = "rate" in ntk ? ntk.rate.value : undefined;
  const whole = measured?.fisher?.value ?? kernel;
  return {
    max: largest?.value ?? null,
    maxSource: largest?.source ?? null,
    maxInterval: largest?.interval ?? null,
    bySource: {
      ntk: finiteOrNull(kernel ?? Number.NaN),
      fisher: measured?.fisher?.value ?? null,
      measured: measured?.descent.edge?.value ?? null,
    },
    ...statusesOf(known),
    perLayer: layerRatesJson(perLayer, whole),
    settings: { ...conditions, optimizer: "plain SGD" },
  };
}

/** Why a source has no number. */
function statusesOf({ ntk, measured }: KnownRates) {
  const status = {
    ...("because" in ntk ? { ntk: ntk.because } : isRate(ntk.rate.value) ? {} : { ntk: "not finite" }),
    ...(measured === undefined || measured.fisher !== undefined
      ? {}
      : { fisher: "the curvature is not finite" }),
    ...(measured === undefined || measured.descent.edge !== undefined
      ? {}
      : { measured: noEdge(measured.descent) }),
  };
  return Object.keys(status).length === 0 ? {} : { status };
}

function noEdge({ interval: [low, high] }: EdgeMeasurement): string {
  if (low > 0) return `descends at every rate tried, up to ${low.toPrecision(2)}`;
  return Number.isFinite(high)
    ? `in some network descends at no rate tried, down to ${high.toPrecision(2)}`
    : "descends at every rate in some networks and at none in others";
}

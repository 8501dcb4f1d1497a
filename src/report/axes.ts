/**
 * @file Axes: the shown range and the ticks. Chosen here and not by the plotting library so that a constant
 * series, one huge interval or a single point still give a readable figure.
 */
import type { Axis, Scale } from "../analyses/index.ts";
import { formatTick } from "./format.ts";

export interface ResolvedAxis {
  readonly type: Scale;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly tickFormat: (value: number) => string;
}

const intervalReach = 0.75;

/** The axis without values an axis of this scale cannot show. */
function showable(scale: Scale, values: Iterable<number | null | undefined>): number[] {
  const lowest = scale === "log" ? Number.MIN_VALUE : scale === "sqrt" ? 0 : -Infinity;
  const shown: number[] = [];
  for (const value of values) {
    if (typeof value === "number" && Number.isFinite(value) && value >= lowest) shown.push(value);
  }
  return shown;
}

function extent(values: readonly number[]): [number, number] | undefined {
  if (values.length === 0) return undefined;
  let [lo, hi] = [Infinity, -Infinity];
  for (const value of values) {
    lo = Math.min(lo, value);
    hi = Math.max(hi, value);
  }
  return [lo, hi];
}

/** Room around the data; a constant gets a range that shows it in the middle. */
function padded([lo, hi]: readonly [number, number], scale: Scale, pad: number): [number, number] {
  if (scale === "log") {
    const ratio = hi > lo ? (hi / lo) ** pad : 2;
    return [lo / ratio, hi * ratio];
  }
  const span = hi > lo ? hi - lo : Math.max(Math.abs(hi) * 0.2, 1e-12);
  const low = lo - pad * span;
  return [scale === "sqrt" ? Math.max(0, low) : low, hi + pad * span];
}

/**
 * Values decide the range; the ends of intervals may widen it by three quarters of its length on each side, and
 * reach beyond the frame otherwise.
 */
function dataDomain(
  scale: Scale,
  values: Iterable<number | null | undefined>,
  soft: Iterable<number | null | undefined>,
  pad: number,
): [number, number] {
  const core = extent(showable(scale, values)) ?? extent(showable(scale, soft));
  if (!core) return scale === "log" ? [1, 10] : [0, 1];
  const [low, high] = padded(core, scale, core[0] === core[1] ? 1 : intervalReach);
  const within = showable(scale, soft).map((value) => Math.min(Math.max(value, low), high));
  return padded(extent([...core, ...within])!, scale, core[0] === core[1] ? 0.5 : pad);
}

/** Multiples of 1, 2 or 5 times a power of ten inside the domain, about `count` of them. */
export function niceTicks(domain: readonly [number, number], count: number, integer = false): number[] {
  const [lo, hi] = domain;
  const rough = (hi - lo) / Math.max(1, count);
  if (!(rough > 0)) return [lo];
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * 0.999) ?? 10;
  const step = integer ? Math.max(1, Math.round(factor * power)) : factor * power;
  const first = Math.ceil(lo / step - 1e-9);
  const last = Math.floor(hi / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}

/** How far the count of ticks may be exceeded by those between powers of ten, whose labels are long below 10⁻³. */
const crowded = 1.3;

/** Powers of ten, thinned to about `count`; with 2 and 5 between them while there is room. */
export function logTicks(domain: readonly [number, number], count: number): number[] {
  const [lo, hi] = [Math.log10(domain[0]), Math.log10(domain[1])];
  const decades = hi - lo;
  const linear = niceTicks(domain, count).filter((value) => value > 0);
  if (decades < 0.7) return linear;
  const stride = Math.max(1, Math.ceil(decades / count));
  const factors = decades * 3 <= count * crowded ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let exponent = Math.floor(lo / stride) * stride; exponent <= Math.ceil(hi); exponent += stride) {
    for (const factor of factors) ticks.push(factor * 10 ** exponent);
  }
  const inside = ticks.filter((value) => value >= domain[0] * 0.999 && value <= domain[1] * 1.001);
  return inside.length >= 2 ? inside : linear;
}

function symlogTicks(domain: readonly [number, number], count: number): number[] {
  const reach = Math.max(Math.abs(domain[0]), Math.abs(domain[1]), 10);
  const positive = logTicks([1, reach], Math.max(2, count / 2));
  const all = [...positive.map((value) => -value).reverse(), 0, ...positive];
  return all.filter((value) => value >= domain[0] && value <= domain[1]);
}

/** Pixels that a tick and its label need: side by side on x, one above the other on y. */
export const tickRoom = { x: 62, y: 34 } as const;

/**
 * Range, ticks and tick labels of an axis.
 * @param values what must be visible; @param soft ends of intervals, shown where they fit
 * @param pixels length on the page, which decides how many ticks there is room for
 */
export function resolveAxis(options: {
  readonly axis: Axis;
  readonly values: Iterable<number | null | undefined>;
  readonly soft?: Iterable<number | null | undefined>;
  readonly pixels: number;
  readonly perTick: number;
  readonly pad?: number;
}): ResolvedAxis {
  const { axis, values, soft = [], pixels, perTick, pad = 0.04 } = options;
  const type = axis.scale ?? "linear";
  const domain = axis.domain ?? dataDomain(type, values, soft, pad);
  const count = Math.max(2, Math.floor(pixels / perTick));
  if (type === "log") {
    return { type, domain, ticks: logTicks(domain, count), tickFormat: (value) => formatTick(value, 0) };
  }
  if (type === "symlog") {
    return { type, domain, ticks: symlogTicks(domain, count), tickFormat: (value) => formatTick(value, 0) };
  }
  const ticks = niceTicks(domain, count, axis.integer);
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : 1;
  return { type, domain, ticks, tickFormat: (value) => formatTick(value, step) };
}

/** True if the scale of the axis can show the value. */
export function fitsScale(axis: Axis, value: number | null): value is number {
  return showable(axis.scale ?? "linear", [value]).length === 1;
}

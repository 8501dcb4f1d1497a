/** @file Numbers for people: digits that the uncertainty supports, powers of ten with superscripts, durations. */
import type { NumberRow } from "../analyses/index.ts";

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const minus = "−";

function superscript(n: number): string {
  const digits = Array.from(String(Math.abs(n)), (digit) => superscripts[Number(digit)]).join("");
  return n < 0 ? `⁻${digits}` : digits;
}

function withMinus(text: string): string {
  return text.replace(/^-/, minus);
}

/** `m × 10^e` with `digits` significant digits of m. */
function scientific(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e") as [string, string];
  const power = `10${superscript(Number(exponent))}`;
  return Number(mantissa) === 1 && digits === 1 ? power : `${withMinus(String(Number(mantissa)))}×${power}`;
}

function isPlainSize(value: number): boolean {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-3 && size < 1e6);
}

/**
 * A number with a given count of significant digits, trailing zeros dropped; `–` for null.
 * @example formatNumber(0.000012345) // "1.234×10⁻⁵"
 */
export function formatNumber(value: number | null, digits = 4): string {
  if (value === null || !Number.isFinite(value)) return "–";
  if (!isPlainSize(value)) return scientific(value, digits);
  if (Number.isInteger(value)) return withMinus(groupThousands(String(value)));
  const text = String(Number(value.toPrecision(digits)));
  return withMinus(groupThousands(text));
}

/** Thin groups of thousands from five digits on: `10,000` but `1000`. */
function groupThousands(text: string): string {
  const [whole, fraction] = text.split(".") as [string, string | undefined];
  const grouped = whole.replace("-", "").length < 5 ? whole : whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/**
 * Value and standard error to two digits of the error: `0.2346 ± 0.0012`.
 * @example formatWithError(0.23456, 0.00123) // "0.2346 ± 0.0012"
 */
export function formatWithError(value: number, se: number): string {
  if (!(se > 0) || !Number.isFinite(se)) return formatNumber(value);
  if (!isPlainSize(value) || !isPlainSize(se)) return `${formatNumber(value, 3)} ± ${formatNumber(se, 2)}`;
  const decimals = Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(se))));
  return `${withMinus(value.toFixed(decimals))} ± ${se.toFixed(decimals)}`;
}

/** `[lo, hi]`; an end that is missing is open. */
export function formatInterval([lo, hi]: readonly [number | null, number | null]): string {
  return `[${lo === null ? `${minus}∞` : formatNumber(lo, 3)}, ${hi === null ? "∞" : formatNumber(hi, 3)}]`;
}

/**
 * The value of a row with what is known of its uncertainty; the status stands in for a value that is not finite.
 * @example formatRow({ name: "ξ", value: null, status: "infinite", kind: "theory" }) // "infinite"
 */
export function formatRow(row: NumberRow): string {
  if (row.value === null) return row.status ?? "undefined";
  const unit = row.unit ? ` ${row.unit}` : "";
  const value = row.se === undefined || row.ci ? formatNumber(row.value) : formatWithError(row.value, row.se);
  const status = row.status ? ` (${row.status})` : "";
  return `${value}${row.ci ? ` ${formatInterval(row.ci)}` : ""}${unit}${status}`;
}

/**
 * A duration for people.
 * @example formatSeconds(83) // "1 min 23 s"
 */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(seconds < 10 ? 2 : 3))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}

/** More than round numbers have, fewer than float64 errs in. */
const tickDigits = 6;

/**
 * The label of a tick when neighbouring ticks are `step` apart (0 on a logarithmic axis, whose ticks are round numbers and
 * are written in full: rounded, those of a narrow one would be alike).
 * @example formatTick(0.25, 0.05) // "0.25"
 */
export function formatTick(value: number, step: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const exponent = Math.floor(Math.log10(size) + 1e-12);
  const isPower = Math.abs(size / 10 ** exponent - 1) < 1e-9;
  if (step === 0 && (exponent >= 4 || exponent <= -4)) return scientific(value, isPower ? 1 : tickDigits);
  if (step === 0) return withMinus(String(Number(value.toPrecision(tickDigits))));
  if (size >= 1e5 || (step < 1e-3 && size < 1e-2)) return scientific(value, isPower ? 1 : 2);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return withMinus(groupThousands(value.toFixed(Math.min(decimals, 6))));
}

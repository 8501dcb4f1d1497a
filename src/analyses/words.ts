/** @file Numbers in sentences: short, rounded to what a reader can use. */

/** `0.0834` as `8.3 %`. */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

/** A learning rate with two significant digits. */
export function rate(value: number): string {
  return significant(value, 2);
}

/** Rounded to some significant digits, without a tail of zeros: `0.00123`, `17.4`, `1.2e-7`, `8.1e12`. */
export function significant(value: number, digits = 3): string {
  const rounded = Number(value.toPrecision(digits));
  const text = Math.abs(rounded) < 1e6 ? String(rounded) : rounded.toExponential().replace("e+", "e");
  return text.replace(/^-/, "−");
}

/** `χ_J = 1.134`, or that it is infinite or no number: sentences hold no NaN. */
export function quantity(name: string, value: number, digits = 4): string {
  if (Number.isFinite(value)) return `${name} = ${significant(value, digits)}`;
  return `${name} is ${Number.isNaN(value) ? "unknown" : "infinite"}`;
}

/** A logarithm: what is rounding beside it is 0, and −∞ is the word for it. */
export function logarithm(value: number, digits = 3): string {
  if (Math.abs(value) < 1e-6) return "0";
  if (Number.isFinite(value)) return significant(value, digits);
  if (Number.isNaN(value)) return "an unknown number";
  return value < 0 ? "−∞ (dead)" : "∞";
}

/** With its sign, one decimal: `+3.2`, `−0.4`. */
export function signed(value: number, decimals = 1): string {
  const text = Math.abs(value).toFixed(decimals);
  return `${value < 0 && Number(text) !== 0 ? "−" : "+"}${text}`;
}

/** `1 network`, `4 networks`. */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A whole number with its thousands apart: `60,000`. */
export function count(value: number): string {
  return value.toLocaleString("en");
}

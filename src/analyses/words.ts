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

/** With its sign, one decimal: `+3.2`, `−0.4`. */
export function signed(value: number, decimals = 1): string {
  const text = Math.abs(value).toFixed(decimals);
  return `${value < 0 && Number(text) !== 0 ? "−" : "+"}${text}`;
}

/** A whole number with its thousands apart: `60,000`. */
export function count(value: number): string {
  return value.toLocaleString("en");
}

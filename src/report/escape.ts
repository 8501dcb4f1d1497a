/**
 * @file Making foreign text safe to print. Names of networks, layers and data sets come from files of others and
 * end up in pages, figures and terminals.
 */

/**
 * Text without control characters, lone surrogates and marks that turn the direction of writing, which could
 * drive a terminal, break XML or disguise what is written. Line breaks and tabs become spaces.
 * @example plainText("a\u001b[2Jb") // "a[2Jb"
 */
export function plainText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\t\n\r\u2028\u2029]+/gu, " ")
    .replace(/[\p{Cc}\uFFFE\uFFFF\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, "");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text for HTML and SVG, in content and in quoted attributes alike.
 * @example escapeHtml("<b>") // "&lt;b&gt;"
 */
export function escapeHtml(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (character) => entities[character]!);
}

/**
 * A command or a one-line network as HTML that may break after commas.
 * @example breakableHtml("mlp:depth=3,width=8") // "mlp:depth=3,<wbr>width=8"
 */
export function breakableHtml(text: string): string {
  return escapeHtml(text).replaceAll(",", ",<wbr>");
}

/**
 * A name fit for an `id` attribute or a file name: letters, digits and `-`, never empty.
 * @example slug("APJN by layer") // "apjn-by-layer"
 */
export function slug(name: string): string {
  const safe = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return safe === "" ? "item" : safe;
}

/** A one-letter symbol with a subscript: `χ_J`, `λ_max`, but not `snake_case`. */
const subscripts = /(?<![\p{L}\p{N}_])(\p{L})_([\p{L}\p{N}]+)(?![\p{L}\p{N}_])/gu;

/**
 * Text for the content of HTML elements, with the subscripts of one-letter symbols and exponents set, `χ_J` and `l^-1`, and
 * commands between backticks.
 * @example richText("χ_J < 1") // "χ<sub>J</sub> &lt; 1"
 */
export function richText(text: string): string {
  return escapeHtml(text)
    .replace(subscripts, "$1<sub>$2</sub>")
    .replace(
      /(?<=[\p{L}\p{N})])\^([-−]?\d+(?:\.\d+)?)/gu,
      (_, power: string) => `<sup>${power.replace("-", "−")}</sup>`,
    )
    .replace(/`([^`]+)`/g, "<code>$1</code>");
}

/**
 * Text for the content of SVG text elements, with subscripts set lower and smaller.
 * @example svgText("χ_J") // 'χ<tspan dy=".24em" font-size="75%">J</tspan>'
 */
export function svgText(text: string): string {
  const lowered = escapeHtml(text).replace(
    subscripts,
    '$1<tspan dy=".24em" font-size="75%">$2</tspan>\u0000',
  );
  const [first = "", ...rest] = lowered.split("\u0000");
  // .18 em of the full size undo .24 em of three quarters of it.
  return first + rest.map((part) => (part === "" ? "" : `<tspan dy="-.18em">${part}</tspan>`)).join("");
}

/**
 * @file Legends in SVG: swatches that look like what they stand for, wrapped into rows above the figure, so they
 * never cover data. Widths are estimated from the text, as nothing measures text in Node.
 */
import { svgText } from "./escape.ts";
import type { SymbolName } from "./palette.ts";
import { ink, paper } from "./palette.ts";

export type Swatch =
  | { readonly kind: "line"; readonly dash: string }
  | { readonly kind: "dots"; readonly symbol: SymbolName; readonly interval: "shown" | "none" }
  | { readonly kind: "band" }
  | { readonly kind: "cell" }
  | { readonly kind: "cross" };

export interface LegendItem {
  readonly label: string;
  readonly colour: string;
  readonly swatch: Swatch;
}

/** A drawn piece and the height it takes. */
export interface Block {
  readonly svg: string;
  readonly height: number;
}

/** Estimated width of a text in pixels: system fonts average .56 em a character, wide scripts 1 em. */
export function textWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const character of text) ems += (character.codePointAt(0) ?? 0) >= 0x2e80 ? 1 : 0.56;
  return ems * fontSize;
}

/** The text cut to a width, with an ellipsis where something is missing. */
export function fitText(text: string, width: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= width) return text;
  const kept: string[] = [];
  for (const character of text) {
    if (textWidth(`${kept.join("")}${character}…`, fontSize) > width) break;
    kept.push(character);
  }
  return `${kept.join("").trimEnd()}…`;
}

/** The text in at most `limit` lines of a width, the last one cut with an ellipsis where it does not fit. */
export function fitLines(text: string, width: number, fontSize: number, limit: number): string[] {
  const lines: string[] = [];
  let line = "";
  const words = text.split(" ");
  for (const [index, word] of words.entries()) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (line === "" || textWidth(joined, fontSize) <= width) {
      line = joined;
    } else if (lines.length === limit - 1) {
      return [...lines, fitText([line, ...words.slice(index)].join(" "), width, fontSize)];
    } else {
      lines.push(fitText(line, width, fontSize));
      line = word;
    }
  }
  return [...lines, fitText(line, width, fontSize)];
}

const symbolPaths: Readonly<Record<SymbolName, string>> = {
  circle: "M4,0A4,4 0 1 1 -4,0A4,4 0 1 1 4,0Z",
  square: "M-3.5,-3.5H3.5V3.5H-3.5Z",
  triangle: "M0,-4.6L4.2,3.2H-4.2Z",
  diamond: "M0,-5L4,0L0,5L-4,0Z",
};

/** The SVG of a symbol centred at (x, y); circles are filled, the others hollow, so that overlaps stay readable. */
function symbolSvg(symbol: SymbolName, x: number, y: number, colour: string): string {
  const fill = symbol === "circle" ? colour : paper;
  return `<path d="${symbolPaths[symbol]}" transform="translate(${x},${y})" fill="${fill}" stroke="${colour}" stroke-width="1.6"/>`;
}

function swatchSvg({ swatch, colour }: LegendItem): string {
  switch (swatch.kind) {
    case "line": {
      const dash = swatch.dash === "none" ? "" : ` stroke-dasharray="${swatch.dash}"`;
      return `<path d="M1,0H27" stroke="${colour}" stroke-width="2.2"${dash}/>`;
    }
    case "dots": {
      const bar =
        swatch.interval === "shown" ? `<path d="M14,-8V8" stroke="${colour}" stroke-width="1.2"/>` : "";
      return bar + symbolSvg(swatch.symbol, 14, 0, colour);
    }
    case "band":
      return `<path d="M2,-6H26V6H2Z" fill="${colour}" fill-opacity=".22"/>`;
    case "cell":
      return `<path d="M2,-6H26V6H2Z" fill="${colour}"/>`;
    case "cross":
      return `<path d="M10,-4L18,4M10,4L18,-4" stroke="${colour}" stroke-width="2"/>`;
  }
}

const swatchWidth = 34;
const gap = 18;

/** Rows of a legend for a figure `width` wide; no height without items. */
export function legendBlock(items: readonly LegendItem[], width: number, fontSize: number): Block {
  if (items.length === 0) return { svg: "", height: 0 };
  const rowHeight = Math.round(fontSize * 1.65);
  const pieces: string[] = [];
  let [x, row] = [0, 0];
  for (const item of items) {
    const label = fitText(item.label, width - swatchWidth, fontSize);
    const needed = swatchWidth + textWidth(label, fontSize);
    if (x > 0 && x + needed > width) [x, row] = [0, row + 1];
    const y = row * rowHeight + rowHeight / 2;
    const text = `<text x="${swatchWidth}" y=".32em" fill="${ink}">${svgText(label)}</text>`;
    pieces.push(`<g transform="translate(${Math.round(x)},${y})">${swatchSvg(item)}${text}</g>`);
    x += needed + gap;
  }
  return { svg: `<g class="legend">${pieces.join("")}</g>`, height: (row + 1) * rowHeight + 4 };
}

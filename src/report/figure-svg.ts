/**
 * @file Figures as self-contained SVG: Observable Plot draws into a linkedom document, the legend stands above the
 * frame. Colours are custom properties that follow light, dark and print, so the same SVG fits every page.
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { Figure } from "../analyses/index.ts";
import { escapeHtml, plainText, slug, svgText } from "./escape.ts";
import { type Drawing, type Frame, frameFor, innerWidth } from "./frame.ts";
import { drawHeat } from "./heat.ts";
import { type Block, fitLines, fitText, legendBlock } from "./legend.ts";
import { drawLines } from "./lines.ts";
import { faint, gridColour, ink, paper, themeRules } from "./palette.ts";
import { drawStrip } from "./strip.ts";

export interface FigureOptions {
  /** Width in pixels; below 480 the figure is drawn for a phone. */
  readonly width?: number;
}

const fontFamily = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

function draw(figure: Figure, width: number): { frame: Frame; drawing: Drawing } {
  switch (figure.kind) {
    case "lines": {
      const frame = frameFor(width, 0.5);
      return { frame, drawing: drawLines(figure, frame) };
    }
    case "heat": {
      const frame = frameFor(width, 0.62);
      return { frame, drawing: drawHeat(figure, frame) };
    }
    case "strip": {
      const frame = frameFor(width, 0.52);
      return { frame, drawing: drawStrip(figure, frame) };
    }
  }
}

function axisMarks(drawing: Drawing, figure: Figure, frame: Frame): Plot.Markish[] {
  const ticks = { color: ink, tickSize: 4, fontSize: frame.fontSize } as const;
  const grid = { stroke: gridColour, strokeOpacity: 1 } as const;
  const isHeat = figure.kind === "heat";
  return [
    ...(isHeat ? [] : [Plot.gridX(drawing.x.ticks, grid), Plot.gridY(drawing.y.ticks, grid)]),
    Plot.axisX(drawing.x.ticks, { ...ticks, text: drawing.x.tickFormat, label: null }),
    Plot.axisY(drawing.y.ticks, { ...ticks, text: drawing.y.tickFormat, label: null }),
  ];
}

/** What the axes show: the ordinate's label at the top left, the abscissa's below the middle. */
function axisLabels({ x, y }: Figure, frame: Frame): string {
  const fitted = (text: string) => svgText(fitText(plainText(text), innerWidth(frame), frame.fontSize));
  const middle = frame.marginLeft + innerWidth(frame) / 2;
  return [
    `<text x="8" y="${frame.fontSize}" text-anchor="start">${fitted(y.label)}</text>`,
    `<text x="${middle}" y="${frame.height - 5}">${fitted(x.label)}</text>`,
  ].join("");
}

/** The plot as the inside of an SVG element; the library's style sheet is left out (ours is on the outer element). */
function plotInside(drawing: Drawing, figure: Figure, frame: Frame): string {
  const { document } = parseHTML("<html><body></body></html>");
  const { width, height, marginLeft, marginRight, marginTop, marginBottom } = frame;
  const plot = Plot.plot({
    document: document as never,
    width,
    height,
    marginLeft,
    marginRight,
    marginTop,
    marginBottom,
    x: { type: drawing.x.type, domain: [...drawing.x.domain] },
    y: { type: drawing.y.type, domain: [...drawing.y.domain] },
    marks: [
      ...axisMarks(drawing, figure, frame),
      ...drawing.marks,
      Plot.frame({ stroke: faint, strokeOpacity: 0.5 }),
    ],
  });
  plot.querySelector("style")?.remove();
  const inside = namedClips(String(plot.innerHTML), slug(figure.id), width);
  return `<g text-anchor="middle">${inside}${axisLabels(figure, frame)}</g>`;
}

/** Clip paths are numbered by the library over the whole process: here by figure, so equal input gives equal text. */
function namedClips(svg: string, id: string, width: number): string {
  const names = new Map<string, string>();
  return svg.replace(/plot-clip-\d+/g, (name) => {
    if (!names.has(name)) names.set(name, `${id}-${width}-clip-${names.size + 1}`);
    return names.get(name)!;
  });
}

function stacked(blocks: readonly Block[]): Block {
  let height = 0;
  const svg = blocks.map((block) => {
    const placed = block.svg === "" ? "" : `<g transform="translate(0,${height})">${block.svg}</g>`;
    height += block.height;
    return placed;
  });
  return { svg: svg.join(""), height };
}

function figureBody(figure: Figure, width: number): Block {
  const { frame, drawing } = draw(figure, width);
  const plot = { svg: plotInside(drawing, figure, frame), height: frame.height };
  const legend = legendBlock(drawing.legend, width, frame.fontSize);
  const body = stacked([drawing.ramp ?? { svg: "", height: 0 }, legend, plot]);
  const text = `font-family="${fontFamily}" font-size="${frame.fontSize}" text-anchor="start" fill="${ink}"`;
  return { svg: `<g ${text}>${body.svg}</g>`, height: body.height };
}

function svgElement(figure: Figure, width: number, body: Block): string {
  const id = `${slug(figure.id)}-${width}`;
  const size = `width="${width}" height="${body.height}" viewBox="0 0 ${width} ${body.height}"`;
  const style = `${themeRules(".fathom-figure")}\n.fathom-figure{max-width:100%;height:auto}.fathom-figure text{white-space:pre}`;
  const labels = `role="img" aria-labelledby="${id}-title ${id}-desc"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="fathom-figure" ${size} ${labels}>`,
    `<title id="${id}-title">${escapeHtml(figure.title)}</title>`,
    `<desc id="${id}-desc">${escapeHtml(figure.caption)}</desc>`,
    `<style>${style}</style>`,
    body.svg,
    "</svg>",
  ].join("");
}

/**
 * The figure as inline SVG with its legend, without title and caption (the page writes those around it).
 * @example figureSvg(figure, { width: 720 })
 */
export function figureSvg(figure: Figure, options: FigureOptions = {}): string {
  const width = options.width ?? 720;
  return svgElement(figure, width, figureBody(figure, width));
}

function headingBlock(figure: Figure, width: number): Block {
  const line = (text: string, size: number, y: number, weight: number) =>
    `<text x="0" y="${y}" font-size="${size}" font-weight="${weight}" fill="${ink}">${svgText(text)}</text>`;
  const title = line(fitText(plainText(figure.title), width, 16), 16, 16, 600);
  const captionLines = fitLines(plainText(figure.caption), width, 12.5, 4);
  const caption = captionLines.map((text, index) => line(text, 12.5, 38 + 17 * index, 400));
  const svg = `<g font-family="${fontFamily}">${title}${caption.join("")}</g>`;
  return { svg, height: 38 + 17 * captionLines.length };
}

/**
 * The figure as a file of its own: with title, caption and a background.
 * @example await writeFile("phase.svg", standaloneSvg(figure))
 */
export function standaloneSvg(figure: Figure, options: FigureOptions = {}): string {
  const width = options.width ?? 720;
  const margin = 16;
  const inside = stacked([headingBlock(figure, width - 2 * margin), figureBody(figure, width - 2 * margin)]);
  const height = inside.height + 2 * margin;
  const background = `<rect width="${width}" height="${height}" fill="${paper}"/>`;
  const svg = `${background}<g transform="translate(${margin},${margin})">${inside.svg}</g>`;
  return svgElement(figure, width, { svg, height });
}

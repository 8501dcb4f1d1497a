import fc from "fast-check";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { type Figure, heatFigure, lineFigure, point, stripFigure } from "../../src/analyses/index.ts";
import { figureSvg, standaloneSvg } from "../../src/report/index.ts";
import { apjn, correlations, phase, rateStrip } from "./sample.ts";

const figures: readonly Figure[] = [apjn, correlations, phase, rateStrip];
const hostile = `</svg><script>alert(1)</script>"'&<img src=x onerror=alert(1)>\u0000\u202e]]>`;

function parsed(svg: string) {
  const { document } = parseHTML(`<html><body>${svg}</body></html>`);
  return document;
}

/** The element that holds the strokes of a mark, whether it is clipped or not. */
function strokesOf(document: ReturnType<typeof parsed>, mark: string) {
  return [...document.querySelectorAll(`[aria-label="${mark}"] path`)].map(
    (path) => path.closest("[stroke]")!,
  );
}

/** The numbers of all path data and placements: what a NaN or Infinity would spoil. */
function coordinates(svg: string): string {
  return [...svg.matchAll(/ (?:d|transform|x|y|x1|x2|y1|y2|width|height|cx|cy)="([^"]*)"/g)]
    .map((m) => m[1])
    .join(" ");
}

describe("figures as SVG", () => {
  it.each(figures.map((figure) => [figure.id, figure] as const))(
    "%s: one labelled element, both widths",
    (_, figure) => {
      for (const width of [860, 340]) {
        const svg = figureSvg(figure, { width });
        const document = parsed(svg);
        const element = document.querySelector("svg")!;
        expect(document.querySelectorAll("svg")).toHaveLength(1);
        expect(element.getAttribute("role")).toBe("img");
        expect(element.querySelector("title")!.textContent).toBe(figure.title);
        expect(element.querySelector("desc")!.textContent).toBe(figure.caption);
        expect(element.getAttribute("width")).toBe(String(width));
        expect(svg).toContain(figure.y.label);
        expect(coordinates(svg)).not.toMatch(/NaN|Infinity|undefined/);
      }
    },
  );

  it("refers to nothing outside, and holds no script", () => {
    for (const figure of figures) {
      const svg = standaloneSvg(figure).replace('xmlns="http://www.w3.org/2000/svg"', "");
      expect(svg).not.toMatch(/https?:|<script|url\((?!#)|@import|href=/);
    }
  });

  it("gives the same text for the same figure", () => {
    for (const figure of figures) expect(figureSvg(figure)).toBe(figureSvg(figure));
  });

  it("draws theory as a line and measured values as dots with intervals", () => {
    const document = parsed(figureSvg(apjn, { width: 860 }));
    expect(document.querySelectorAll('[aria-label="line"] path')).toHaveLength(1);
    expect(strokesOf(document, "line")[0]!.getAttribute("stroke")).toBe("var(--f-theory)");
    expect(document.querySelectorAll('[aria-label="dot"] path, [aria-label="dot"] circle')).toHaveLength(31);
    expect(document.querySelectorAll('[aria-label="rule"] line').length).toBeGreaterThanOrEqual(31);
    const legend = document.querySelector(".legend")!.textContent!;
    expect(legend).toContain("theory (infinite width)");
    expect(legend).toContain("measured, 8 networks of width 128");
  });

  it("tells series of one role apart by dash and symbol", () => {
    const document = parsed(figureSvg(correlations, { width: 860 }));
    const dashes = strokesOf(document, "line").map((line) => line.getAttribute("stroke-dasharray"));
    expect(new Set(dashes).size).toBe(2);
  });

  it("gives each cell of a grid a colour, and undefined ones the colour of gaps", () => {
    const svg = figureSvg(phase, { width: 860 });
    expect(parsed(svg).querySelectorAll('[aria-label="rect"] rect')).toHaveLength(25 * 17);
    expect(svg).toContain("var(--f-missing)");
    expect(svg).toContain("no value");
    expect(svg).toContain("this network");
  });

  it("keeps runs that diverged in sight", () => {
    const svg = figureSvg(rateStrip, { width: 860 });
    expect(svg).toContain("diverged");
    const dots = [...parsed(svg).querySelectorAll('[aria-label="dot"] > *')];
    expect(dots.length).toBeGreaterThanOrEqual(36);
  });

  it("escapes every text of others", () => {
    const line = lineFigure({
      ...apjn,
      id: hostile,
      title: hostile,
      caption: hostile,
      x: { label: hostile },
      y: { label: hostile },
      series: apjn.series.map((series) => ({ ...series, name: hostile })),
      rules: [
        { along: "x", at: 17, label: hostile },
        { along: "y", at: 3, label: hostile },
      ],
      spans: [{ along: "x", from: 3, to: 5, label: hostile, role: "after" }],
    });
    const heat = heatFigure({
      ...phase,
      id: hostile,
      zLabel: hostile,
      lines: [{ label: hostile, points: phase.lines![0]!.points }],
      marks: [{ x: 2, y: 0.2, label: hostile }],
    });
    const strip = stripFigure({
      ...rateStrip,
      groups: rateStrip.groups.map((group) => ({ ...group, name: hostile })),
    });
    for (const figure of [line, heat, strip]) {
      for (const svg of [figureSvg(figure, { width: 860 }), standaloneSvg(figure)]) {
        expect(svg.replaceAll("\n", "")).not.toMatch(/<script|<img|\p{Cc}|\u202e/u);
        expect(parsed(svg).querySelectorAll("svg")).toHaveLength(1);
        expect(parsed(svg).querySelectorAll("script, img")).toHaveLength(0);
      }
    }
  });

  it("survives any data: gaps, constants, huge ranges, empty series, logarithmic axes with zeros", () => {
    const value = fc.oneof(
      fc.double(),
      fc.constantFrom(0, -1, 1, 1e-300, 1e300, Number.MAX_VALUE, Number.NaN),
    );
    const scale = fc.constantFrom("linear", "log", "symlog", "sqrt") as fc.Arbitrary<
      "linear" | "log" | "symlog" | "sqrt"
    >;
    const points = fc.array(fc.tuple(value, value, value, value), { maxLength: 12 });
    fc.assert(
      fc.property(points, scale, scale, (rows, xScale, yScale) => {
        const series = (["line", "dots", "band", "step"] as const).map((form) => ({
          name: form,
          role: "neutral" as const,
          form,
          points: rows.map(([x, y, lo, hi]) => point(x, y, { lo, hi })),
        }));
        const x = { label: "x", scale: xScale };
        const y = { label: "y", scale: yScale };
        const svg = figureSvg(lineFigure({ id: "any", title: "", caption: "", x, y, series }), {
          width: 400,
        });
        expect(coordinates(svg)).not.toMatch(/NaN|Infinity|undefined/);
      }),
      { numRuns: 60 },
    );
  });

  it("thins long series but keeps their extremes", () => {
    const points = Array.from({ length: 20_000 }, (_, index) =>
      point(index, index === 7777 ? 50 : Math.sin(index)),
    );
    const figure = lineFigure({
      id: "long",
      title: "long",
      caption: "",
      x: { label: "layer" },
      y: { label: "y", domain: [-60, 60] },
      series: [
        { name: "theory", role: "theory", form: "line", points },
        { name: "measured", role: "measured", form: "dots", points },
      ],
    });
    const svg = figureSvg(figure, { width: 860 });
    expect(svg.length).toBeLessThan(120_000);
    expect(svg).toContain("one in 125 shown");
    const path = parsed(svg).querySelector('[aria-label="line"] path')!.getAttribute("d")!;
    const heights = [...path.matchAll(/,(-?[\d.]+)/g)].map((match) => Number(match[1]));
    expect(Math.min(...heights)).toBeLessThan(80);
  });

  it("shows a figure without any number as an empty frame", () => {
    const series = [{ name: "theory", role: "theory" as const, form: "line" as const, points: [] }];
    const empty = lineFigure({
      id: "none",
      title: "none",
      caption: "",
      x: { label: "x" },
      y: { label: "y" },
      series,
    });
    expect(coordinates(figureSvg(empty))).not.toMatch(/NaN|Infinity/);
    const grid = heatFigure({
      id: "none",
      title: "",
      caption: "",
      x: { label: "x" },
      y: { label: "y" },
      xs: [1],
      ys: [1],
      z: [[null]],
      zLabel: "z",
    });
    expect(coordinates(figureSvg(grid))).not.toMatch(/NaN|Infinity/);
    const strip = stripFigure({
      id: "none",
      title: "",
      caption: "",
      x: { label: "x", scale: "log" },
      y: { label: "y" },
      groups: [{ name: "a", role: "before", points: [{ x: 0.1, y: null }] }],
    });
    expect(coordinates(figureSvg(strip))).not.toMatch(/NaN|Infinity/);
  });
});

/** @file Pictures of the coordinate check and of learning-rate transfer; those of the two parameterisations share axes. */
import { type Figure, lineFigure, type Point, point, type Role } from "../figure.ts";
import { type Checked, lastChange, overSeeds } from "./check.ts";
import { type DepthCheck, depthPlaces, layerAt } from "./depth.ts";
import { type BestRate, finiteMean, type TransferPlan } from "./transfer.ts";
import { parameterisations, type WidthParameterisation } from "./variants.ts";

/** Colours that part the lines of one figure. */
const colours: readonly Role[] = ["theory", "measured", "after", "before", "neutral", "bound"];
const colour = (i: number): Role => colours[i % colours.length]!;

/** Lines that one figure can hold. */
const mostLines = 4;

export const names: Readonly<Record<WidthParameterisation, string>> = {
  standard: "standard parameterisation",
  mup: "µP",
};

/** The first and the last two layers, and some between. */
function shownLayers(count: number): number[] {
  if (count <= mostLines) return [...Array(count).keys()];
  return [0, Math.floor((count - 2) / 2), count - 2, count - 1];
}

function change(checked: Checked, layer: number): number | null {
  return overSeeds(checked.layers[layer]!.change).at(-1)!;
}

export function changeFigures(checked: readonly Checked[], steps: number): Figure[] {
  const layers = shownLayers(checked[0]!.layers.length);
  const values = checked.flatMap((one) => layers.map((layer) => change(one, layer)));
  return parameterisations.map((parameterisation) => {
    const of = checked.filter((one) => one.parameterisation === parameterisation);
    return lineFigure({
      id: `widths-change-${parameterisation}`,
      title: `Change of preactivations, ${names[parameterisation]}`,
      caption: `Root mean square change after ${steps} steps, over networks and rows; level lines are what lets a learning rate transfer.`,
      x: { label: "width", scale: "log" },
      y: { label: "rms change", scale: "log", ...domainOf(values) },
      series: layers.map((layer, i) => ({
        name: of[0]!.layers[layer]!.name,
        role: colour(i),
        form: "line",
        points: of.map((one) => point(one.at, change(one, layer))),
      })),
    });
  });
}

/** A common range with a little room; none where nothing is positive. */
function domainOf(values: readonly (number | null)[]): { domain?: readonly [number, number] } {
  const positive = values.filter((value) => value !== null).filter((value) => value > 0);
  if (positive.length === 0) return {};
  return { domain: [Math.min(...positive) / 1.2, Math.max(...positive) * 1.2] };
}

/** Losses above this many times the least one are beyond the figure. */
const highest = 30;

export function transferFigures(found: readonly BestRate[], plan: TransferPlan): Figure[] {
  const means = found.flatMap(({ points }) => points.map(({ losses }) => finiteMean(losses)));
  const finite = means.filter((value) => value !== null);
  const least = Math.min(...finite);
  const { domain } = domainOf(finite.filter((value) => value <= highest * least));
  const rates = found.flatMap(({ points }) => points.map(({ exponent }) => plan.origin * 2 ** exponent));
  return parameterisations.map((parameterisation) => {
    const of = found.filter((one) => one.parameterisation === parameterisation);
    return lineFigure({
      id: `widths-rates-${parameterisation}`,
      title: `Loss by learning rate, ${names[parameterisation]}`,
      caption: `Training loss at the end of ${plan.steps} steps, mean of ${plan.seeds} seeds, one line a width, two octaves to both sides of its lowest point or up to where runs diverge. Where rates transfer, the lowest points stand above each other.`,
      x: { label: "learning rate", scale: "log", ...domainOf(rates) },
      y: { label: "training loss (nats)", scale: "log", ...(domain === undefined ? {} : { domain }) },
      series: of.map(({ width, points }, i) => ({
        name: `width ${width}`,
        role: colour(i),
        form: "line",
        points: points.map(
          ({ exponent, losses }): Point =>
            point(plan.origin * 2 ** exponent, within(finiteMean(losses), domain)),
        ),
      })),
    });
  });
}

function within(value: number | null, domain: readonly [number, number] | undefined): number | null {
  return value === null || domain === undefined || value <= domain[1] ? value : null;
}

export function depthFigure({ checked, block }: DepthCheck, steps: number): Figure {
  return lineFigure({
    id: "widths-depth",
    title: "Change of preactivations by depth",
    caption: `Root mean square change after ${steps} steps at the network's own width and parameterisation; depth counts the repeated block (${block}).`,
    x: { label: "depth", scale: "log" },
    y: { label: "rms change", scale: "log" },
    series: depthPlaces.map((place, i) => ({
      name: place,
      role: colour(i),
      form: "line",
      points: checked.flatMap((one) => {
        const layer = layerAt(one, place);
        return layer === undefined ? [] : [point(one.at, meanOf(lastChange(layer)))];
      }),
    })),
  });
}

function meanOf(values: readonly (number | null)[]): number | null {
  return overSeeds(values.map((value) => [value]))[0]!;
}

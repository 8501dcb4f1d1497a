/** @file Figures of the page on flat minima: the reference cases of the reproduction at the scale of tests. */
import { type Figure, repro } from "../../src/analyses/index.ts";
import { figureOf } from "./sampled-figures.ts";

let reproduction: ReturnType<typeof repro> | undefined;

/** One figure of `fathom repro flat-minima --scale test`. */
export function flatFigure(id: string): Promise<Figure> {
  reproduction ??= repro({ id: "flat-minima", scale: "test", seed: 0, command: "npm run docs" });
  return figureOf(reproduction, id);
}

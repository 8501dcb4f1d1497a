/** @file What a look at loss surfaces is asked with, and its defaults (training.md §1.4). */
import type { Dataset } from "../../data/index.ts";
import type { Model } from "../../net/index.ts";
import type { Point } from "../../probes/index.ts";
import type { LossKind } from "../../train/index.ts";
import type { Progress } from "../document.ts";
import type { ForeignSource } from "../foreign/subject.ts";
import type { Rows } from "../items.ts";
import { refused } from "../refused.ts";
import type { Asked } from "../reproduction.ts";

/** What can be measured: at a solution, or (`between`) of several. */
export const landscapeParts = [
  "eigenvalues",
  "trace",
  "density",
  "sharpness",
  "slice",
  "grid",
  "between",
] as const;
export type LandscapePart = (typeof landscapeParts)[number];

/** Weights by name, as of a run, with a name of their own. */
export interface Solution {
  readonly name: string;
  readonly parameters: Point;
}

/** Solutions of one network; or the weights that an ONNX model has. */
export type LandscapeSubject =
  | { readonly model: Model; readonly solutions: readonly Solution[] }
  | { readonly foreign: ForeignSource };

export interface LandscapeQuestion extends Asked {
  readonly subject: LandscapeSubject;
  readonly dataset: Dataset;
  /** The examples that the loss is a mean over; the first 1,024 training rows unless said. */
  readonly rows?: Rows;
  /** Cross entropy unless said. */
  readonly loss?: LossKind;
  /** All unless said. */
  readonly parts?: readonly LandscapePart[];
  /** Radius of the neighbourhoods of sharpness; 0.05 unless said. */
  readonly rho?: number;
  /** Radius of the adaptive ones; ten times `rho` unless said. */
  readonly adaptiveRho?: number;
  /** Eigenvalues at the top; 3 unless said. */
  readonly top?: number;
  /** Points along a line; 51 unless said. */
  readonly points?: number;
  /** Points along each side of a plane; 25 unless said. */
  readonly side?: number;
  /** Keeps what is finished, so that a stopped look goes on. */
  readonly folder?: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** The question with its defaults. */
export interface Setting
  extends Pick<LandscapeQuestion, "dataset" | "seed" | "options" | "signal" | "onProgress"> {
  readonly rows: Rows;
  readonly loss: LossKind;
  readonly parts: ReadonlySet<LandscapePart>;
  readonly rho: number;
  readonly adaptiveRho: number;
  readonly top: number;
  readonly points: number;
  readonly side: number;
}

/** Rows that are looked at unless the question says more: curvature of a mean settles with them. */
const usualRows = 1024;
/** ρ of adaptive neighbourhoods beside plain ones (training.md §1.2: 10 to 40 times). */
const adaptiveFactor = 10;

/** @throws FathomError bad-input for a radius that is none and parts that are unknown. */
export function settingOf(asked: LandscapeQuestion): Setting {
  const { dataset, seed, options, signal, onProgress } = asked;
  const available = Math.min(usualRows, dataset.train.labels.data.length);
  const rho = radius("rho", asked.rho ?? 0.05);
  return {
    dataset,
    seed,
    ...(options && { options }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    rows: asked.rows ?? { split: "train", rows: Array.from({ length: available }, (_, i) => i) },
    loss: asked.loss ?? "crossEntropy",
    parts: new Set(asked.parts ?? landscapeParts),
    rho,
    adaptiveRho: radius("adaptiveRho", asked.adaptiveRho ?? adaptiveFactor * rho),
    top: wholeFrom(1, "top", asked.top ?? 3),
    points: wholeFrom(3, "points", asked.points ?? 51),
    side: wholeFrom(3, "side", asked.side ?? 25),
  };
}

function radius(where: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw refused(where, `${where} is ${value}.`, "Give a radius above 0, as 0.05.");
}

function wholeFrom(least: number, where: string, value: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw refused(where, `${where} is ${value}.`, `Give a whole number from ${least}.`);
}

/** @file The networks that are compared: one a width and parameterisation, all made from the network that was asked about. */
import { createHash } from "node:crypto";
import type { Dataset } from "../../data/index.ts";
import {
  buildModel,
  type Model,
  muParameterisation,
  type Net,
  scalableWidths,
  scaleWidths,
} from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { OptimizerSpec } from "../../train/index.ts";
import { version } from "../../version.ts";

/** `standard`: the network as it is written, wider; `mup`: the same in µP, equal at the network's own width. */
export const parameterisations = ["standard", "mup"] as const;
export type WidthParameterisation = (typeof parameterisations)[number];

/** One network of the comparison. */
export interface Variant {
  readonly parameterisation: WidthParameterisation;
  /** Of the network's first hidden layer; the others have the same factor. */
  readonly width: number;
  readonly model: Model;
  /** Factors on the learning rate by parameter. */
  readonly rates: Readonly<Record<string, number>>;
}

/** The layer whose size stands for the width of the network. */
export interface WidthReference {
  readonly name: string;
  readonly where: string;
  readonly value: number;
}

/** @throws FathomError as `scalableWidths`. */
export function referenceWidth(net: Net): WidthReference {
  return scalableWidths(net)[0]!;
}

/** Widths that are halved before the range begins: wide networks are compared with narrower ones, narrow with wider. */
const wideFrom = 128;
/** Three doublings: the least over which a power of the width can be told. */
const factors = [1, 2, 4, 8];

/**
 * Four widths, each twice the last, that leave every size of the network a whole number.
 * @example defaultWidths(parseNetText("mlp:depth=3,width=128,in=4")) // [64, 128, 256, 512]
 */
export function defaultWidths(net: Net): number[] {
  const { value } = referenceWidth(net);
  const even = scalableWidths(net).every((width) => width.value % 2 === 0);
  const least = value >= wideFrom && even ? value / 2 : value;
  return factors.map((factor) => factor * least);
}

/**
 * The networks of both parameterisations at some widths.
 * @param net - with a known input.
 * @throws FathomError bad-input for fewer than two widths, a repeated one, all within a doubling, or one at which a size is no whole number;
 * unsupported for networks that cannot be scaled, or are not in the standard parameterisation.
 */
export function makeVariants(net: Net, widths: readonly number[], optimizer: OptimizerSpec): Variant[] {
  const { value } = referenceWidth(net);
  checkWidths(widths);
  const base = buildModel(net);
  const scaled = widths.map((width) => ({ width, model: buildModel(scaleWidths(net, width / value)) }));
  return [
    ...scaled.map((one) => ({ ...one, parameterisation: "standard" as const, rates: {} })),
    ...scaled.map(({ width, model }) => {
      const mu = muParameterisation(model, base, optimizer.kind === "sgd" ? "sgd" : "adam");
      return { parameterisation: "mup" as const, width, model: buildModel(mu.net), rates: mu.rates };
    }),
  ];
}

function checkWidths(widths: readonly number[]): void {
  const bad = widths.find((width) => !Number.isSafeInteger(width) || width < 1);
  const problem =
    bad !== undefined
      ? `${bad} is no width`
      : new Set(widths).size < widths.length
        ? "a width stands there twice"
        : widths.length < 2
          ? "one width says nothing of others"
          : spread(widths) < leastSpread
            ? "they are less than a doubling apart, over which no power can be told from noise"
            : undefined;
  if (problem === undefined) return;
  throw new FathomError({
    code: "bad-input",
    message: `The widths are ${widths.join(", ")}: ${problem}.`,
    where: "widths",
    hint: "Give two or more different whole numbers, the largest at least twice the smallest, as 64,128,256.",
  });
}

/** Powers and drifts are told a doubling; over less of one, noise is divided by next to nothing. */
export const leastSpread = 2;

/** The largest over the smallest. */
export function spread(sizes: readonly number[]): number {
  return Math.max(...sizes) / Math.min(...sizes);
}

/** What all pieces of one question depend on. */
export interface Common {
  readonly dataset: Dataset;
  readonly optimizer: OptimizerSpec;
  readonly batch: number;
  readonly seed: number;
  readonly device: string;
}

/** Names pieces of work by all that their numbers depend on, so that finished ones are found again and others are not. */
export function pieceNames({ dataset, ...common }: Common): (variant: Variant, piece: object) => string {
  const data = fingerprint(dataset);
  return ({ model, rates }, piece) =>
    createHash("sha256")
      .update(JSON.stringify({ version, ...common, data, net: model.net, rates, piece }))
      .digest("hex")
      .slice(0, 24);
}

function fingerprint({ name, scale, train }: Dataset): string {
  const sha = createHash("sha256").update(`${name} ${scale}`);
  for (const { data } of [train.inputs, train.labels]) {
    sha.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return sha.digest("hex");
}

/**
 * @file The part of a network whose Jacobian has a known spectrum: from the first hidden preactivation h¹ to the last one,
 * ∂h^L/∂h¹ = W_L D_{L-1} … W_2 D_1 with square W (criticality.md §8). First layer and readout are left out.
 */
import { type Model, type ModelLayer, scalarHalf } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { type ScalarActivation, type SpectrumLayer, scalarActivation } from "../../theory/index.ts";
import { hiddenTaps } from "../readout.ts";

/** The hidden layers as theory takes them. */
export interface HiddenPart {
  /** Preactivations from … to, by number from 1. */
  readonly from: number;
  readonly to: number;
  /** Units of every hidden layer. */
  readonly width: number;
  readonly layers: readonly SpectrumLayer[];
}

/** A step from one hidden preactivation to the next. */
interface Link {
  readonly activation: ScalarActivation;
  readonly dense: ModelLayer;
}

/**
 * The hidden part of a model.
 * @param K - second moments of the preactivations h¹, h², …
 * @throws FathomError unsupported, naming the layer: where it is no activation or dense layer, is not square, or draws its
 * weights from a law that has no known spectrum; and for fewer than two hidden layers.
 * @example hiddenPart(model, propagate(meanFieldPlaces(model), { K: 1 }).map(({ K }) => K)).layers.length // depth - 1
 */
export function hiddenPart(model: Model, K: readonly number[]): HiddenPart {
  const hidden = hiddenTaps(model);
  if (hidden < 2) throw tooShallow(hidden);
  const links = linksOf(model.layers, hidden);
  const layers = links.map(({ activation, dense }, i) => {
    const { spec, parameters } = dense;
    if (spec.kind !== "dense") throw notPlain(dense);
    checkSquare(dense);
    if (!Number.isFinite(K[i])) throw lost(model.taps[i]!.name);
    return { activation, q: K[i]!, sw2: spec.sw2, weights: ensembleOf(dense, parameters["weight"]!.init) };
  });
  return { from: 1, to: hidden, width: links[0]!.dense.output.shape.at(-1)!, layers };
}

/** Activation and dense layer between each hidden preactivation and the next; no activation is the identity. */
function linksOf(layers: readonly ModelLayer[], hidden: number): Link[] {
  const first = layers.findIndex(({ spec }) => spec.kind === "dense");
  const before = layers.slice(0, Math.max(0, first)).find(({ spec }) => spec.kind !== "flatten");
  if (first < 0 || before !== undefined) throw notPlain(before ?? layers[0]!);
  const links: Link[] = [];
  let activation: ScalarActivation | undefined;
  for (const layer of layers.slice(first + 1)) {
    if (links.length === hidden - 1) break;
    if (layer.spec.kind === "activation" && activation === undefined)
      activation = scalarHalf(layer.spec.activation);
    else if (layer.spec.kind === "dense") {
      links.push({ activation: activation ?? scalarActivation("linear"), dense: layer });
      activation = undefined;
    } else throw notPlain(layer);
  }
  return links;
}

function checkSquare({ name, where, input, output }: ModelLayer): void {
  const [columns, rows] = [input.shape.at(-1)!, output.shape.at(-1)!];
  if (input.shape.length === 1 && rows === columns) return;
  throw new FathomError({
    code: "unsupported",
    message: `${name} takes ${input.shape.join("×")} numbers to ${output.shape.join("×")}; the spectrum is known where all hidden layers are equally wide.`,
    where,
    hint: "Give all hidden layers one width, or sample networks with --measure.",
  });
}

function ensembleOf({ name, where, spec }: ModelLayer, init: string): SpectrumLayer["weights"] {
  const options = "parameters" in spec ? spec.parameters?.["weight"] : undefined;
  if (options?.shareWith === undefined && init === "haar") return "haar";
  // Independent entries of any law have the spectrum of Gaussian ones.
  if (options?.shareWith === undefined && (init === "gaussian" || init === "uniform")) return "gaussian";
  const reason = options?.shareWith === undefined ? `"${init}" weights` : "weights of another layer";
  throw new FathomError({
    code: "unsupported",
    message: `${name} has ${reason}; the spectrum is known for independent Gaussian and orthogonal (haar) ones.`,
    where,
    hint: "Sample networks with --measure.",
  });
}

function lost(name: string): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `The signal overflows before ${name}, where the Jacobian has no spectrum.`,
    where: name,
    hint: "Take smaller variances.",
  });
}

function notPlain({ name, where }: ModelLayer): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `${name} is no dense layer or activation; the spectrum is known for plain chains of these.`,
    where,
    hint: "Sample networks with --measure.",
  });
}

function tooShallow(hidden: number): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `The network has ${hidden === 1 ? "one hidden layer" : "no hidden layers"}; the spectrum is that of the Jacobian between hidden layers.`,
    where: "layers",
    hint: "Give at least two hidden layers.",
  });
}

/**
 * @file The one-line form of fully connected networks: `mlp:depth=30,width=128,activation=tanh,sw2=1,sb2=0,…` (cli.md),
 * written out as the architectures of criticality.md §4. `depth` counts hidden layers; the network has depth + 1 affine
 * layers.
 */
import { FathomError } from "../tensor/index.ts";
import { type Norm, nearestName, norms } from "../theory/index.ts";
import { type ActivationSpec, parseActivation } from "./activations/index.ts";
import { MAX_LAYERS } from "./bounds.ts";
import { netShapeFromText } from "./shapes.ts";

interface Option {
  /** What is used when the option is left out. */
  readonly otherwise: unknown;
  readonly expects: string;
  /** The value, or undefined when the text is not one. */
  read(text: string): unknown;
}

function count(least: number): Option["read"] {
  return (text) => {
    const value = text === "" ? Number.NaN : Number(text);
    return Number.isSafeInteger(value) && value >= least ? value : undefined;
  };
}

function nonNegativeNumber(text: string): number | undefined {
  const value = text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

function fractionNumber(text: string): number | undefined {
  const value = nonNegativeNumber(text);
  return value === undefined || value > 1 ? undefined : value;
}

function oneOf(...names: string[]): Pick<Option, "expects" | "read" | "otherwise"> {
  return {
    otherwise: names[0],
    expects: names.join(" or "),
    read: (text) => (names.includes(text) ? text : undefined),
  };
}

/** `1` or `1:0.05`: the readout's sw2 and, where it differs, its sb2. */
function readoutVariances(text: string): { sw2: number; sb2?: number } | undefined {
  const [sw2, sb2, ...rest] = text.split(":").map(nonNegativeNumber);
  if (sw2 === undefined || rest.length > 0) return undefined;
  if (!text.includes(":")) return { sw2 };
  return sb2 === undefined ? undefined : { sw2, sb2 };
}

const variance = "a variance: a finite number, 0 or more";

const options: Readonly<Record<string, Option>> = {
  depth: { otherwise: 30, expects: "the number of hidden layers: a whole number, 0 or more", read: count(0) },
  width: { otherwise: 128, expects: "the width of hidden layers: a whole number, 1 or more", read: count(1) },
  activation: {
    otherwise: { kind: "tanh" },
    expects: "an activation: tanh, leakyRelu(0.1)",
    read: (text) => (text === "" ? undefined : parseActivation(text, "mlp:activation")),
  },
  sw2: { otherwise: 1, expects: variance, read: nonNegativeNumber },
  sb2: { otherwise: 0, expects: variance, read: nonNegativeNumber },
  norm: oneOf(...norms),
  mu: { otherwise: 0, expects: "the skip's strength: a number from 0 to 1", read: fractionNumber },
  out: { otherwise: 10, expects: "the number of outputs: a whole number, 1 or more", read: count(1) },
  in: { otherwise: undefined, expects: "the input's sizes: 784, or 1x28x28", read: netShapeFromText },
  readout: {
    otherwise: undefined,
    expects: "the readout's variances: sw2, or sw2:sb2",
    read: readoutVariances,
  },
  parameterisation: oneOf("standard", "ntk"),
  init: oneOf("gaussian", "haar"),
};

interface Mlp {
  readonly depth: number;
  readonly width: number;
  readonly activation: ActivationSpec;
  readonly sw2: number;
  readonly sb2: number;
  readonly norm: Norm;
  readonly mu: number;
  readonly out: number;
  readonly in?: { kind: string; shape: number[] };
  readonly readout?: { sw2: number; sb2?: number };
  readonly parameterisation: string;
  readonly init: string;
}

function wrong(message: string, where: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", message, where, hint });
}

function readEntry(entry: string): [string, unknown] {
  const equals = entry.indexOf("=");
  const key = (equals < 0 ? entry : entry.slice(0, equals)).trim();
  if (!Object.hasOwn(options, key)) {
    const near = nearestName(key, Object.keys(options));
    const hint =
      near === undefined ? `Known: ${Object.keys(options).join(", ")}.` : `Did you mean "${near}"?`;
    throw wrong(`mlp has no option "${key}".`, `mlp:${key}`, hint);
  }
  const option = options[key]!;
  if (equals < 0) throw wrong(`${key} has no value.`, `mlp:${key}`, `Write ${key}=…, ${option.expects}.`);
  const text = entry.slice(equals + 1).trim();
  const value = option.read(text);
  if (value === undefined)
    throw wrong(`${key} cannot be "${text}".`, `mlp:${key}`, `${key} is ${option.expects}.`);
  return [key, value];
}

/** The parts between commas that stand in no parentheses: activations have parameters. */
function splitOutside(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const character of text) {
    if (character === "(") depth++;
    if (character === ")") depth--;
    if (character === "," && depth <= 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function readOptions(text: string): Mlp {
  const values = new Map<string, unknown>();
  const entries = splitOutside(text).filter((entry) => entry.trim() !== "");
  for (const [key, value] of entries.map(readEntry)) {
    if (values.has(key)) throw wrong(`${key} is given twice.`, `mlp:${key}`, "Keep one of them.");
    values.set(key, value);
  }
  const filled = Object.entries(options).map(([key, { otherwise }]) => [key, values.get(key) ?? otherwise]);
  return Object.fromEntries(filled) as Mlp;
}

const ln = { kind: "layerNorm" };

/** What stands before the readout, and before every affine layer where each has an activation (criticality.md §4). */
function beforeAffine({ norm, activation }: Mlp): object[] {
  const phi = { kind: "activation", activation };
  const before: Readonly<Record<Norm, object[]>> = {
    none: [phi],
    "ln-pre": [ln, phi],
    "ln-act": [phi, ln],
    "ln-skip": [ln, phi],
    "ln-block": [ln],
    batchnorm: [{ kind: "batchNorm" }, phi],
  };
  return before[norm];
}

/** One hidden layer after the first; of ln-block the whole branch of two. */
function hiddenStep(mlp: Mlp, hidden: object): object[] {
  const { norm, mu, activation } = mlp;
  const phi = { kind: "activation", activation };
  const around = (branch: object[]) => [{ kind: "residual", mu, branch }];
  if (norm === "ln-block") return around([ln, hidden, phi, hidden]);
  if (norm === "ln-skip" && mu !== 0) return [ln, ...around([phi, hidden])];
  const step = [...beforeAffine(mlp), hidden];
  return mu === 0 ? step : around(step);
}

/** Layers in a list, branches included. */
function layerCount(layers: readonly object[]): number {
  return layers.reduce(
    (count, layer) => count + 1 + ("branch" in layer ? layerCount(layer.branch as object[]) : 0),
    0,
  );
}

function layersOf(mlp: Mlp): object[] {
  const { depth, width, sw2, sb2, out } = mlp;
  const readout = { kind: "dense", width: out, sw2, sb2, ...mlp.readout };
  const start = mlp.in?.kind === "vector" ? [] : [{ kind: "flatten" }];
  if (depth === 0) return [...start, readout];
  const hidden = { kind: "dense", width, sw2, sb2 };
  const repeated = depth === 1 ? [] : [{ kind: "repeat", times: depth - 1, layers: hiddenStep(mlp, hidden) }];
  return [...start, hidden, ...repeated, ...beforeAffine(mlp), readout];
}

/**
 * The JSON form of a one-line network. An image, or an input left open, is flattened first.
 * @throws FathomError bad-input naming the option (`mlp:width`), too-large for too many layers.
 */
export function oneLineToJson(text: string): unknown {
  const [, family, rest = ""] = /^([\w-]+)\s*:?(.*)$/s.exec(text) ?? [];
  if (family !== "mlp") {
    throw wrong(
      `There is no one-line network "${family}".`,
      "network",
      'Write "mlp:depth=30,width=128,activation=tanh,sw2=1.0,sb2=0", or give a JSON file.',
    );
  }
  const mlp = readOptions(rest);
  const perLayer = layerCount(hiddenStep(mlp, {}));
  const deepest = Math.floor(MAX_LAYERS / perLayer) - 1;
  if (mlp.depth > deepest) {
    throw new FathomError({
      code: "too-large",
      message: `A depth of ${mlp.depth} makes more than ${MAX_LAYERS} layers, the bound.`,
      where: "mlp:depth",
      hint: `Use a depth of at most ${deepest}.`,
    });
  }
  const { parameterisation, init } = mlp;
  return {
    fathom: 1,
    ...(mlp.in === undefined ? {} : { input: mlp.in }),
    parameterisation,
    init,
    layers: layersOf(mlp),
  };
}

/**
 * @file Weights from elsewhere, such as a PyTorch state dict saved by safetensors, as the arrays of a network. Layers of
 * `nn.Sequential` are numbered as ours are; other modules are matched by order where only their numbers tell them apart, or by
 * names that the caller gives. Nothing is guessed from shapes alone, and nothing is left out in silence.
 */
import { readIfThere } from "../files.ts";
import type { Model, ParameterSpec } from "../net/index.ts";
import {
  decodeSafetensors,
  FathomError,
  type FloatDType,
  type NdArray,
  ndarray,
  sameShape,
  showShape,
  toNumbers,
} from "../tensor/index.ts";

type Arrays = Readonly<Record<string, NdArray>>;

export interface ForeignWeightsOptions {
  readonly model: Model;
  /** float32 unless said. */
  readonly dtype?: FloatDType;
  /** Places of modules in the network, by their name in the file: `{ fc1: "0", fc2: "2" }`. */
  readonly names?: Readonly<Record<string, string>>;
  /** The file, for messages. */
  readonly where?: string;
}

/** PyTorch's names for arrays of normalisations, after ours. */
const synonyms: Readonly<Record<string, string>> = {
  gain: "weight",
  shift: "bias",
  runningMean: "running_mean",
  runningVariance: "running_var",
};

/** What PyTorch keeps that no network of ours holds: batches seen by a BatchNorm. */
const ignored = /(^|\.)num_batches_tracked$/;

interface Place {
  readonly module: string;
  readonly local: string;
}

/**
 * Reads weights for a network from a safetensors file.
 * @returns All arrays of the model by name, for `initial` of `train`.
 * @throws FathomError not-found, bad-file; bad-input and bad-shape as {@link foreignWeights}.
 * @example const initial = await readWeights("resnet.safetensors", { model, names: { fc: "9" } });
 */
export async function readWeights(
  path: string,
  options: ForeignWeightsOptions,
): Promise<Record<string, NdArray>> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) {
    const hint = "Name a file of the safetensors format.";
    throw new FathomError({ code: "not-found", message: `There is no file ${path}.`, where: path, hint });
  }
  return foreignWeights(decodeSafetensors(bytes, path).tensors, { ...options, where: path });
}

/**
 * Named arrays as those of a network: by equal names; else PyTorch's names for normalisations, without a prefix that all
 * share, with modules at the places that `names` gives, or else in the order of their numbers.
 * @throws FathomError bad-input naming what is missing or left over, with what there is; bad-shape naming the array.
 * @example foreignWeights(tensors, { model, names: { fc1: "0", fc2: "2" } })
 */
export function foreignWeights(tensors: Arrays, options: ForeignWeightsOptions): Record<string, NdArray> {
  const { model, dtype = "float32", where = "weights" } = options;
  const given = Object.keys(tensors).filter((name) => !ignored.test(name));
  const found = matching(given, options);
  const missing = model.parameters.filter(({ name }) => found.get(name) === undefined);
  const taken = new Set(found.values());
  const left = given.filter((name) => !taken.has(name));
  if (missing.length > 0 || left.length > 0) throw mismatch({ missing, left, where });
  return Object.fromEntries(
    model.parameters.map(({ name, shape }) => {
      const from = found.get(name)!;
      const array = tensors[from]!;
      if (!sameShape(array.shape, shape)) {
        throw new FathomError({
          code: "bad-shape",
          message: `${from} is ${showShape(array.shape)}; ${name} of the network is ${showShape(shape)}.`,
          where: `${where}: ${from}`,
          hint: "Describe the network that the weights were trained in, or give names that say which module is where.",
        });
      }
      return [name, array.dtype === dtype ? array : ndarray(dtype, shape, toNumbers(array))];
    }),
  );
}

/** Names in the file by names in the network. */
function matching(
  given: readonly string[],
  { model, names = {} }: ForeignWeightsOptions,
): Map<string, string> {
  const wanted = model.parameters.map(({ name }) => name);
  if (wanted.every((name) => given.includes(name))) return new Map(wanted.map((name) => [name, name]));
  const prefix = Object.keys(names).length > 0 ? "" : sharedPrefix(given);
  const byPlace = new Map(given.map((name) => [name.slice(prefix.length), name]));
  const places = Object.keys(names).length > 0 ? inverse(names) : orderedModules([...byPlace.keys()], wanted);
  const found = new Map<string, string>();
  for (const name of wanted) {
    const { module, local } = placeOf(name);
    const there = places.get(module) ?? module;
    for (const spelt of [local, synonyms[local]]) {
      const from = spelt === undefined ? undefined : byPlace.get(`${there}.${spelt}`);
      if (from !== undefined && !found.has(name)) found.set(name, from);
    }
  }
  return found;
}

function placeOf(name: string): Place {
  const at = name.lastIndexOf(".");
  return { module: name.slice(0, at), local: name.slice(at + 1) };
}

/** `module.` of DataParallel, `_orig_mod.` of compiled models, a wrapper's attribute: what every name begins with. */
function sharedPrefix(names: readonly string[]): string {
  const first = names[0]?.split(".").slice(0, -2) ?? [];
  let prefix = "";
  for (const part of first) {
    if (/^\d+$/.test(part) || !names.every((name) => name.startsWith(`${prefix}${part}.`))) break;
    prefix += `${part}.`;
  }
  return prefix;
}

/** Modules of the file by those of the network. */
function inverse(names: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(names).map(([module, place]) => [place, module]));
}

/**
 * Modules in order, where there are as many as the network has and their names differ in numbers alone (`fc1`, `fc2`; `layers.0.lin`,
 * `layers.2.lin`): then the numbers are their order.
 */
function orderedModules(given: readonly string[], wanted: readonly string[]): Map<string, string> {
  const modules = (names: readonly string[]) => [...new Set(names.map((name) => placeOf(name).module))];
  const [theirs, ours] = [modules(given), modules(wanted)];
  const kinds = new Set(theirs.map((module) => module.replaceAll(/\d+/g, "#")));
  if (theirs.length !== ours.length || kinds.size !== 1 || !/\d/.test(theirs[0]!)) return new Map();
  const numbers = (module: string) => [...module.matchAll(/\d+/g)].map(([digits]) => Number(digits));
  const ordered = [...theirs].sort((a, b) => compareNumbers(numbers(a), numbers(b)));
  return new Map(ours.map((module, i) => [module, ordered[i]!]));
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at === -1 ? 0 : a[at]! - b[at]!;
}

function mismatch({
  missing,
  left,
  where,
}: {
  readonly missing: readonly ParameterSpec[];
  readonly left: readonly string[];
  readonly where: string;
}): FathomError {
  const list = (names: readonly string[]) =>
    `${names.slice(0, 6).join(", ")}${names.length > 6 ? ", …" : ""}`;
  const needed = missing.map(({ name, shape }) => `${name} ${showShape(shape)}`);
  const parts = [
    needed.length === 0 ? "" : `nothing in it is ${list(needed)} of the network`,
    left.length === 0 ? "" : `the network has no place for its ${list(left)}`,
  ];
  return new FathomError({
    code: "bad-input",
    message: `${where} does not fit: ${parts.filter((part) => part !== "").join(", and ")}.`,
    where: needed.length > 0 ? `${where}: ${missing[0]!.name}` : `${where}: ${left[0]}`,
    hint: "Say which module of the file is which layer, as fc1=0,fc2=2; layers are numbered from 0, activations too.",
  });
}

/**
 * @file What is refused before validation: keys that could reach object prototypes, and networks beyond the bounds.
 * Walks the raw JSON with a stack of its own, because its depth and size are not yet known to be sane.
 */
import { FathomError } from "../tensor/index.ts";
import { MAX_LAYERS, MAX_NESTING } from "./bounds.ts";
import { layerRecords } from "./registry.ts";

const forbidden = new Set(["__proto__", "constructor", "prototype"]);

/** Options that hold lists of layers, by kind. */
const chainsOf = new Map<unknown, readonly string[]>([
  ...layerRecords.map((record) => [record.kind, record.chains ?? []] as const),
  ["repeat", ["layers"]],
]);

/** `layers[3].branch` from its parts. */
export function showPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += text === "" ? String(part) : `.${String(part)}`;
  }
  return text;
}

type Trail = { readonly part: PropertyKey; readonly up: Trail } | undefined;

function pathOf(trail: Trail): PropertyKey[] {
  const path: PropertyKey[] = [];
  for (let at = trail; at !== undefined; at = at.up) path.unshift(at.part);
  return path;
}

/**
 * Refuses keys that could pollute prototypes, anywhere in a JSON value (JSON.parse makes `__proto__` an own key).
 * @throws FathomError bad-input naming the path.
 */
export function refusePrototypeKeys(json: unknown): void {
  const stack: { value: unknown; trail: Trail }[] = [{ value: json, trail: undefined }];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { value, trail } = item;
    if (typeof value !== "object" || value === null) continue;
    for (const key of Object.keys(value)) {
      const part = Array.isArray(value) ? Number(key) : key;
      if (forbidden.has(key)) {
        throw new FathomError({
          code: "bad-input",
          message: `The key "${key}" is not allowed.`,
          where: showPath(pathOf({ part, up: trail })),
          hint: "Remove it: no layer has such an option.",
        });
      }
      stack.push({ value: (value as Record<string, unknown>)[key], trail: { part, up: trail } });
    }
  }
}

function tooManyLayers(count: number, where: string): FathomError {
  return new FathomError({
    code: "too-large",
    message: `The network has ${count} layers or more; the bound is ${MAX_LAYERS}, branches and repetitions included.`,
    where,
    hint: "Use fewer layers.",
  });
}

function listsOf(layer: unknown): { key: string; list: readonly unknown[]; times: number }[] {
  if (typeof layer !== "object" || layer === null) return [];
  const record = layer as Record<string, unknown>;
  const times =
    record.kind === "repeat" && Number.isSafeInteger(record.times) ? Math.max(1, Number(record.times)) : 1;
  return (chainsOf.get(record.kind) ?? []).flatMap((key) => {
    const list = record[key];
    return Array.isArray(list) ? [{ key, list, times }] : [];
  });
}

/**
 * Refuses more layers or deeper nesting than the bounds; a repetition counts as often as it is written out.
 * @throws FathomError too-large naming the bound and the list that goes beyond it.
 */
export function refuseOversize(json: unknown): void {
  const layers = (json as { layers?: unknown } | null)?.layers;
  if (!Array.isArray(layers)) return;
  interface Item {
    readonly list: readonly unknown[];
    readonly trail: Trail;
    readonly depth: number;
    readonly times: number;
  }
  const root: Trail = { part: "layers", up: undefined };
  const stack: Item[] = [{ list: layers, trail: root, depth: 0, times: 1 }];
  let count = 0;
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    count += item.list.length * item.times;
    if (count > MAX_LAYERS) throw tooManyLayers(count, showPath(pathOf(item.trail)));
    if (item.depth > MAX_NESTING) {
      throw new FathomError({
        code: "too-large",
        message: `Layers inside layers go deeper than ${MAX_NESTING}.`,
        where: showPath(pathOf(item.trail)),
        hint: "Write the inner layers one after the other.",
      });
    }
    for (const [i, layer] of item.list.entries()) {
      const at: Trail = { part: i, up: item.trail };
      // One of several branches: a list in a list, whose layers lie as deep as those of the outer one.
      if (Array.isArray(layer)) stack.push({ ...item, list: layer, trail: at });
      for (const { key, list, times } of listsOf(layer)) {
        const trail: Trail = { part: key, up: at };
        stack.push({ list, trail, depth: item.depth + 1, times: item.times * times });
      }
    }
  }
}

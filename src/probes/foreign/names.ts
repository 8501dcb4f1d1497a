/**
 * @file Names in exported models. Tensors have those of the file (`/layers.3/fc/Gemm_output_0`); blocks are called after the
 * modules whose weights they hold (`layers.3`), which exporters keep in the names of weights or in scopes.
 */
import type { Tensor } from "../../expr/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { nearestName } from "../../theory/index.ts";

/** The names of a file's tensors, both ways. */
export interface TensorNames {
  nameOf(tensor: Tensor): string | undefined;
  readonly all: ReadonlyMap<string, Tensor>;
}

/** Names by tensor; of two names for one tensor, the first in the file counts. */
export function tensorNames(tensors: ReadonlyMap<string, Tensor>): TensorNames {
  const names = new Map<Tensor, string>();
  for (const [name, tensor] of tensors) if (!names.has(tensor)) names.set(tensor, name);
  return { nameOf: (tensor) => names.get(tensor), all: tensors };
}

/**
 * The tensor of this name.
 * @throws FathomError not-found, with the nearest names.
 */
export function tensorNamed(names: TensorNames, name: string): Tensor {
  const tensor = names.all.get(name);
  if (tensor !== undefined) return tensor;
  const near = nearNames(name, [...names.all.keys()]);
  throw new FathomError({
    code: "not-found",
    message: `The model has no tensor "${name}".`,
    where: name,
    hint:
      near.length === 0
        ? "List its tensors with --list."
        : `Did you mean ${near.join(", ")}? --list shows all.`,
  });
}

const shown = 4;

/** Names that contain the wanted one or are contained in it, else the one with the fewest letters changed. */
function nearNames(wanted: string, known: readonly string[]): string[] {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "");
  const target = plain(wanted);
  const parts = known.filter(
    (name) =>
      target !== "" && (plain(name).includes(target) || (plain(name) !== "" && target.includes(plain(name)))),
  );
  if (parts.length > 0) return parts.slice(0, shown);
  const near = nearestName(wanted, known);
  return near === undefined ? [] : [near];
}

/** The block of a residual sum: what the modules in it have in common, down to the last number: `blocks.0`. */
export function residualName(weights: readonly string[], tensor: Tensor, names: TensorNames): string {
  const modules = modulesOf(weights);
  const shared = modules.length > 0 ? commonPath(modules.length > 1 ? modules : [parentOf(modules[0]!)]) : [];
  return numbered(shared).join(".") || scopeOf(tensor, names) || fallback(tensor, names);
}

/** The layer of an affine map: the module whose weights it uses. */
export function affineName(weights: readonly string[], tensor: Tensor, names: TensorNames): string {
  const modules = modulesOf(weights);
  const shared = modules.length > 0 ? commonPath(modules) : [];
  return shared.join(".") || scopeOf(tensor, names) || fallback(tensor, names);
}

/** `layers.3.fc.weight` as ["layers", "3", "fc"]; names without a module (`onnx::MatMul_231`) say nothing. */
function modulesOf(weights: readonly string[]): string[][] {
  const modules = weights
    .filter((name) => /^[^./:]+(\.[^./:]+)+$/.test(name))
    .map((name) => name.replace(/\.[^.]+$/, ""));
  return [...new Set(modules)].map((module) => module.split("."));
}

/** The module around a module. */
function parentOf(path: readonly string[]): string[] {
  return path.length > 1 ? path.slice(0, -1) : [...path];
}

function commonPath(paths: readonly (readonly string[])[]): string[] {
  const [first, ...others] = paths as [readonly string[], ...(readonly string[])[]];
  const different = first.findIndex((part, i) => others.some((path) => path[i] !== part));
  return first.slice(0, different < 0 ? first.length : different);
}

/** The path up to its last number; all of it where there is none. */
function numbered(path: readonly string[]): string[] {
  const last = path.findLastIndex((part) => /^\d+$/.test(part));
  return path.slice(0, last < 0 ? path.length : last + 1);
}

/** `/blocks/blocks.0/fc/Gemm_output_0` as `blocks.0.fc`: each scope repeats the name of the one around it where it is a list. */
function scopeOf(tensor: Tensor, names: TensorNames): string {
  const parts = (names.nameOf(tensor) ?? "").split("/").filter((part) => part !== "");
  const scopes = parts.slice(0, -1);
  return scopes.filter((part, i) => !scopes[i + 1]?.startsWith(`${part}.`)).join(".");
}

function fallback(tensor: Tensor, names: TensorNames): string {
  return names.nameOf(tensor) ?? `${tensor.op.name} of shape [${tensor.shape.join(", ")}]`;
}

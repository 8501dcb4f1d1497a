/** @file What a caller may ask of `compile` and `compileLoop`, and the checks of it. */
import { inputName, type Tensor } from "../expr/index.ts";
import { FathomError } from "../tensor/index.ts";
import { availableCores, type Device } from "./backend.ts";

/** Where and how an executable runs. */
export interface CompileOptions {
  /** Where it runs: `cpu` unless said. */
  readonly device?: Device;
  /**
   * Threads within one operation, at most: the machine's cores unless said, and one where all operations are small. The bits
   * of results are the same for 1 to 4 threads; with more, the sums of large matrix products may be rounded otherwise.
   */
  readonly threads?: number;
  /** Bytes that the computation may need: the machine's memory unless said. */
  readonly memory?: number;
  /** Only standard ONNX operators. */
  readonly portable?: boolean;
  /** Names of feeds that must hold finite numbers at every run. */
  readonly checkFinite?: readonly string[];
}

export interface ResolvedOptions {
  readonly device: Device;
  readonly threads: number;
  readonly memory: number | undefined;
  readonly portable: boolean;
  readonly checkFinite: readonly string[];
}

const devices: readonly Device[] = ["cpu", "wasm", "webgpu", "cuda", "interpreter"];

/** Fills in the defaults. @throws FathomError bad-input naming the option. */
export function resolveOptions(options: CompileOptions = {}): ResolvedOptions {
  const { device = "cpu", threads = availableCores(), memory, portable = false, checkFinite = [] } = options;
  if (!devices.includes(device)) {
    throw optionError("device", `"${device}" is no device.`, `Devices are ${devices.join(", ")}.`);
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024) {
    throw optionError("threads", `threads is ${threads}.`, "It is an integer from 1 to 1024.");
  }
  if (memory !== undefined && !(memory > 0)) {
    throw optionError("memory", `memory is ${memory}.`, "It is a positive number of bytes.");
  }
  return { device, threads, memory, portable, checkFinite };
}

function optionError(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", message, where, hint });
}

/**
 * The names of input nodes, which must be inputs and differ.
 * @throws FathomError bad-input naming the offender.
 */
export function namesOfInputs(inputs: readonly Tensor[], where: string): string[] {
  const names = inputs.map((tensor, i) => {
    if (tensor.op.name === "input") return inputName(tensor);
    throw new FathomError({
      code: "bad-input",
      message: `${where}[${i}] is a ${tensor.op.name} node, not an input.`,
      where: `${where}[${i}]`,
      hint: "List the tensors made by input(name, shape).",
    });
  });
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new FathomError({
      code: "bad-input",
      message: `Two of ${where} are named "${twice}".`,
      where: `${where} ${twice}`,
      hint: "Every input of a graph has its own name.",
    });
  }
  return names;
}

/** @throws FathomError bad-input when outputs depend on an input that is not listed. */
export function checkAllListed(needed: readonly Tensor[], listed: readonly Tensor[], where: string): void {
  const known = new Set(listed);
  const unlisted = needed.find((tensor) => !known.has(tensor));
  if (unlisted === undefined) return;
  const name = inputName(unlisted);
  throw new FathomError({
    code: "bad-input",
    message: `The outputs depend on the input "${name}", which is not listed.`,
    where: `${where} ${name}`,
    hint: `Add it to ${where}.`,
  });
}

/**
 * @file Where ONNX models run: onnxruntime-node (native), or onnxruntime-web (Wasm) when the native binding is absent.
 * Both are loaded when first needed, so that importing Fathom costs nothing and works without them.
 */
import type * as Ort from "onnxruntime-web";
import { FathomError } from "../tensor/index.ts";

/** `cpu` is the native binding or, without it, Wasm; `wasm` is always Wasm; `interpreter` needs neither. */
export type Device = "cpu" | "wasm" | "webgpu" | "cuda" | "interpreter";
export type OnnxDevice = Exclude<Device, "interpreter">;

export interface Backend {
  readonly package: "onnxruntime-node" | "onnxruntime-web";
  readonly ort: typeof Ort;
}

/** Loading by a computed name keeps bundlers of the page from following the native package. */
const packages = { native: "onnxruntime-node", web: "onnxruntime-web" } as const;
const loaded = new Map<string, Promise<Backend>>();
const fatal = 4;

async function load(name: Backend["package"]): Promise<Backend> {
  const module = (await import(name)) as typeof Ort & { default?: typeof Ort };
  const ort = module.InferenceSession === undefined ? module.default! : module;
  ort.env.logLevel = "fatal";
  if (name === packages.web) ort.env.wasm.numThreads = 1;
  return { package: name, ort };
}

/** The package, loaded once. Rejects with the loader's own error when it is absent. */
export function loadPackage(name: Backend["package"]): Promise<Backend> {
  let backend = loaded.get(name);
  if (backend === undefined) {
    backend = load(name);
    loaded.set(name, backend);
  }
  return backend;
}

/**
 * The runtime that serves a device.
 * @throws FathomError unsupported when no installed package does.
 */
export async function backendFor(device: OnnxDevice): Promise<Backend> {
  const wanted: Backend["package"][] =
    device === "wasm"
      ? [packages.web]
      : device === "cuda"
        ? [packages.native]
        : [packages.native, packages.web];
  const failures: string[] = [];
  for (const name of wanted) {
    try {
      return await loadPackage(name);
    } catch (error) {
      failures.push(`${name}: ${firstLine(error)}`);
    }
  }
  throw new FathomError({
    code: "unsupported",
    message: `No runtime for the device "${device}" (${failures.join("; ")}).`,
    where: "device",
    hint: 'Install onnxruntime-node (npm install --include=optional), or use device: "interpreter" for small graphs. `fathom doctor` lists what is available.',
  });
}

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
}

/** How the execution of a model is set up. */
export interface SessionOptions {
  readonly device: OnnxDevice;
  readonly threads: number;
  readonly optimize: boolean;
}

/**
 * MatMulScaleFusion folds a factor next to a product into an attribute that is float32 even where the product is float64;
 * GemmTransposeFusion turns (A B)ᵀ into Bᵀ Aᵀ where the order was chosen so that bits do not depend on threads.
 */
const unwantedOptimizers = "MatMulScaleFusion;GemmTransposeFusion";

/** The session settings of onnxruntime. Log lines are silenced: failures are thrown. */
export function sessionSettings(options: SessionOptions): Ort.InferenceSession.SessionOptions {
  const providers = { cpu: ["cpu"], wasm: ["wasm"], webgpu: ["webgpu", "cpu"], cuda: ["cuda", "cpu"] };
  return {
    executionProviders: providers[options.device],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: options.optimize ? "all" : "disabled",
    logSeverityLevel: fatal,
    extra: { optimization: { disable_specified_optimizers: unwantedOptimizers } },
  };
}

/** Cores of this machine: the default number of threads. */
export function availableCores(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

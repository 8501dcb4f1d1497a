/** @file One onnxruntime session: arrays in, arrays out, failures as FathomErrors that name the operation. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-web";
import { type DType, FathomError, type NdArray, type TypedData } from "../tensor/index.ts";
import {
  type Backend,
  backendFor,
  firstLine,
  type OnnxDevice,
  type SessionOptions,
  sessionSettings,
} from "./backend.ts";

type Feeds = Readonly<Record<string, NdArray>>;

/** A model ready to run. Names are those of the ONNX graph. */
export class Session {
  readonly #backend: Backend;
  readonly #session: InferenceSession;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(backend: Backend, session: InferenceSession) {
    this.#backend = backend;
    this.#session = session;
  }

  /**
   * Makes a session from ONNX bytes.
   * @throws FathomError unsupported when the device lacks the operators, failed otherwise.
   */
  static async create(bytes: Uint8Array, options: SessionOptions): Promise<Session> {
    const backend = await backendFor(options.device);
    const settings = sessionSettings({
      ...options,
      device: backend.package === "onnxruntime-web" && options.device === "cpu" ? "wasm" : options.device,
    });
    try {
      return new Session(backend, await backend.ort.InferenceSession.create(bytes, settings));
    } catch (error) {
      throw creationError(error, options.device);
    }
  }

  /** Runs once. Runs of one session wait for each other: the Wasm backend refuses overlapping ones. */
  run(feeds: Feeds, outputs: readonly string[]): Promise<Record<string, NdArray>> {
    const result = this.#last.then(() => this.#run(feeds, outputs));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #run(feeds: Feeds, outputs: readonly string[]): Promise<Record<string, NdArray>> {
    const { Tensor } = this.#backend.ort;
    const tensors: Record<string, OrtTensor> = {};
    for (const [name, { dtype, data, shape }] of Object.entries(feeds)) {
      tensors[name] = new Tensor(dtype, aligned(data) as Float32Array, shape);
    }
    try {
      const results = await this.#session.run(tensors, outputs);
      return Object.fromEntries(outputs.map((name) => [name, fromOrt(results[name]!)]));
    } catch (error) {
      throw new FathomError({
        code: "failed",
        message: `The computation stopped: ${cleaned(error)}`,
        ...originOf(error),
        cause: error,
      });
    }
  }

  /** Frees the native memory, after the run in progress. */
  async dispose(): Promise<void> {
    await this.#last;
    await this.#session.release();
  }
}

/**
 * onnxruntime reads feeds in place, and its sums of floats start at the first 16-byte boundary, so a view at another offset would
 * give other roundings than the same numbers elsewhere. Such views are copied.
 */
function aligned(data: TypedData): TypedData {
  const rounds = data instanceof Float32Array || data instanceof Float64Array;
  return rounds && data.byteOffset % 16 !== 0 ? data.slice() : data;
}

function fromOrt(tensor: OrtTensor): NdArray {
  return { dtype: tensor.type as DType, shape: tensor.dims, data: tensor.data as Float32Array };
}

/** onnxruntime's message without its class names, numbers and source lines. */
function cleaned(error: unknown): string {
  return firstLine(error)
    .replace(/^(Error: )?(Non-zero status code returned while running|Can't create a session\.?)\s*/, "")
    .replace(/\bStatus Message: \S*\/[\w.]+:\d+ .*?\)\s*/, "")
    .replace(/ERROR_CODE: \d+, ERROR_MESSAGE: /, "");
}

/** Nodes are named `primitive#number`, so onnxruntime's message tells the primitive at fault. */
function originOf(error: unknown): { where?: string } {
  const match = /\b([A-Za-z]\w*)#\d+/.exec(error instanceof Error ? error.message : String(error));
  return match === null ? {} : { where: match[1]! };
}

function creationError(error: unknown, device: OnnxDevice): FathomError {
  const optional = device === "webgpu" || device === "cuda";
  const lacking = optional || /not find an implementation|NOT_IMPLEMENTED|not supported/i.test(String(error));
  return new FathomError({
    code: lacking ? "unsupported" : "failed",
    message: `onnxruntime could not prepare the graph for the device "${device}": ${cleaned(error)}`,
    ...originOf(error),
    hint: 'Run `fathom doctor` to see the devices, or use device: "interpreter".',
    cause: error,
  });
}

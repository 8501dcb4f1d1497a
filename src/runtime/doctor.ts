/** @file What is available on this machine, and why not: the data behind `fathom doctor`. */
import { type DType, FathomError, type NdArray, ndarray } from "../tensor/index.ts";
import { availableCores, firstLine, loadPackage, type OnnxDevice } from "./backend.ts";
import { Builder } from "./builder.ts";
import { encodeModel } from "./encode.ts";
import { physicalMemory, showBytes } from "./memory.ts";
import type { OnnxGraph } from "./model.ts";
import { Session } from "./session.ts";

/** One thing that Fathom may need. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly detail: string;
  /** What would mend it; absent when all is well. */
  readonly hint?: string;
  /** Fathom works without it. */
  readonly optional?: boolean;
}

/** The Node versions of package.json: the least that the published package takes, and the one the scripts are pinned to. */
export const nodeVersions = { least: "22.12.0", pinned: "24.21.0" } as const;

/**
 * Checks the runtime: Node, both ONNX runtimes, graphics devices, cores, memory, float64, and a folder that must be
 * writeable. Never throws: what fails is a check that is not ok.
 * @example for (const { name, ok, detail } of await doctor()) console.log(ok ? "✓" : "✗", name, detail);
 */
export async function doctor({ cacheFolder }: { cacheFolder?: string } = {}): Promise<Check[]> {
  return [
    nodeCheck(globalThis.process?.versions.node),
    await packageCheck("onnxruntime-node", "cpu"),
    await packageCheck("onnxruntime-web", "wasm"),
    await doubleCheck(),
    await deviceCheck("webgpu"),
    await deviceCheck("cuda"),
    { name: "cores", ok: true, detail: `${availableCores()} (threads of one operation, unless said)` },
    { name: "memory", ok: true, detail: showBytes(physicalMemory()) },
    ...(cacheFolder === undefined ? [] : [await folderCheck(cacheFolder)]),
  ];
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  const at = left!.findIndex((part, i) => part !== right![i]);
  return at < 0 ? 0 : left![at]! - right![at]!;
}

/** Node against the versions that Fathom is made for. */
export function nodeCheck(version: string | undefined): Check {
  const name = "node";
  if (version === undefined) return { name, ok: true, detail: "not Node (a page)" };
  const ok = compareVersions(version, nodeVersions.least) >= 0;
  const detail = `${version} (tested with ${nodeVersions.pinned})`;
  return ok
    ? { name, ok, detail }
    : { name, ok, detail, hint: `Install Node ${nodeVersions.least} or newer.` };
}

/** y = tanh x of three numbers. */
function trialGraph(dtype: DType): OnnxGraph {
  const builder = new Builder();
  const x = builder.declare(0, "x");
  const y = builder.node("Tanh", [x]);
  return {
    name: "trial",
    nodes: builder.nodes[0],
    initializers: [],
    inputs: [{ name: x, dtype, shape: [3] }],
    outputs: [{ name: y, dtype, shape: [3] }],
  };
}

/** The result of that graph, by a session of its own. */
async function trial(device: OnnxDevice, dtype: DType): Promise<NdArray> {
  const graph = trialGraph(dtype);
  const y = graph.outputs[0]!.name;
  const session = await Session.create(encodeModel(graph), { device, threads: 1, optimize: false });
  try {
    const results = await session.run({ x: ndarray(dtype, [3], [-1, 0.5, 2]) }, [y]);
    return results[y]!;
  } finally {
    await session.dispose();
  }
}

async function packageCheck(
  name: "onnxruntime-node" | "onnxruntime-web",
  device: "cpu" | "wasm",
): Promise<Check> {
  try {
    const { ort } = await loadPackage(name);
    await trial(device, "float32");
    const { node, web } = ort.env.versions;
    const version = (name === "onnxruntime-node" ? node : web) ?? ort.env.versions.common;
    return { name, ok: true, detail: `${version}, runs (device "${device}")` };
  } catch (error) {
    const hint =
      name === "onnxruntime-node"
        ? "npm install --include=optional; without it the device cpu runs on Wasm, several times slower."
        : "npm install";
    return { name, ok: false, detail: firstLine(error), hint };
  }
}

async function doubleCheck(): Promise<Check> {
  const name = "float64";
  try {
    const { data } = await trial("cpu", "float64");
    const exact = [-1, 0.5, 2].map(Math.tanh);
    const error = Math.max(...exact.map((value, i) => Math.abs(value - Number(data[i]))));
    return { name, ok: error < 1e-15, detail: `native kernels, tanh within ${error.toExponential(1)}` };
  } catch (error) {
    return { name, ok: false, detail: firstLine(error), hint: 'Use device: "interpreter" for float64.' };
  }
}

/** Tries a device in a process of its own, because graphics drivers write to the terminal and may end the process. */
async function deviceCheck(device: "webgpu" | "cuda"): Promise<Check> {
  const needs =
    device === "cuda" ? "an NVIDIA GPU and onnxruntime-node's CUDA files" : "a GPU and its Vulkan driver";
  const failure =
    globalThis.process === undefined ? await failureHere(device) : await failureElsewhere(device);
  if (failure === undefined) return { name: device, ok: true, optional: true, detail: "runs" };
  return { name: device, ok: false, optional: true, detail: failure, hint: `Needs ${needs}.` };
}

/** Why a device does not run, in this process; nothing when it does. */
async function failureHere(device: "webgpu" | "cuda"): Promise<string | undefined> {
  try {
    await trial(device, "float32");
    return undefined;
  } catch (error) {
    return error instanceof FathomError ? error.message : firstLine(error);
  }
}

/** Makes a session on the device, says "runs" or why not, and ends. */
function trialProgram(device: "webgpu" | "cuda"): string {
  const model = Buffer.from(encodeModel(trialGraph("float32"))).toString("base64");
  return `
    const loaded = await import(${JSON.stringify(import.meta.resolve("onnxruntime-node"))});
    const { InferenceSession } = loaded.InferenceSession ? loaded : loaded.default;
    const options = { executionProviders: ["${device}"], logSeverityLevel: 4 };
    const reason = await InferenceSession.create(Buffer.from("${model}", "base64"), options).then(
      () => "runs",
      (error) => error.message.split("\\n")[0],
    );
    process.stdout.write(reason);
    process.exit();`;
}

async function failureElsewhere(device: "webgpu" | "cuda"): Promise<string | undefined> {
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  try {
    const { stdout } = await promisify(execFile)(
      globalThis.process.execPath,
      ["--input-type=module", "--eval", trialProgram(device)],
      { timeout: 30_000 },
    );
    return stdout === "runs" ? undefined : stdout.replace(/^.*was false\. /, "");
  } catch (error) {
    return `the trial ended: ${firstLine(error)}`;
  }
}

/** Whether files can be made in a folder (which is created). */
export async function folderCheck(folder: string): Promise<Check> {
  const name = "cache";
  const { rm, writeFile } = await import("node:fs/promises");
  const { makeFolder } = await import("../make-folder.ts");
  const { join } = await import("node:path");
  try {
    await makeFolder(folder);
    const probe = join(folder, `.fathom-doctor-${globalThis.process.pid}`);
    await writeFile(probe, "");
    await rm(probe);
    return { name, ok: true, detail: `${folder} is writeable` };
  } catch (error) {
    return {
      name,
      ok: false,
      detail: firstLine(error),
      hint: "Set FATHOM_DATA to a folder that can be written.",
    };
  }
}

/**
 * @file Loads the SIMD kernels of assembly/ in the build that this machine runs fastest: `relaxed` (fused multiply-add)
 * where the host has relaxed SIMD, `simd` elsewhere (kernel-engine.md §5). Results of the two differ in the last bits, so
 * what is kept names its build.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FathomError } from "../tensor/index.ts";

/** `relaxed` has fused multiply-adds; results of the two differ in the last bits. */
export type AssemblyBuild = "simd" | "relaxed";

/** A compiled kernel; modules can be posted to workers, instances cannot. */
export interface AssemblyModule {
  readonly name: string;
  readonly build: AssemblyBuild;
  readonly module: WebAssembly.Module;
  /** Of the bytes of the module, in hex. */
  readonly sha256: string;
}

const loaded = new Map<string, Promise<AssemblyModule>>();

/**
 * The compiled module of a folder of assembly/, once per process and build; a failure is not kept.
 * @param name - folder in assembly/.
 * @param build - the fastest that this host runs, unless said.
 * @throws FathomError `not-found` when the kernels have not been built, `unsupported` where the host has no SIMD.
 * @example const { module, build } = await loadAssembly("covariance");
 */
export function loadAssembly(name: string, build?: AssemblyBuild): Promise<AssemblyModule> {
  const key = `${name}.${build ?? "fastest"}`;
  const found = loaded.get(key);
  if (found !== undefined) return found;
  const loading = load(name, build);
  loaded.set(key, loading);
  loading.catch(() => loaded.delete(key));
  return loading;
}

async function load(name: string, asked: AssemblyBuild | undefined): Promise<AssemblyModule> {
  for (const build of asked === undefined ? (["relaxed", "simd"] as const) : [asked]) {
    const bytes = await readFile(fileOf(name, build));
    if (!WebAssembly.validate(bytes)) continue;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { name, build, module: await WebAssembly.compile(bytes), sha256 };
  }
  throw new FathomError({
    code: "unsupported",
    message: `This host cannot run the ${asked ?? "SIMD"} build of the kernel "${name}".`,
    where: "WebAssembly",
    hint: "Run it on Node 22.12 or newer on a processor with SSE4.1 or NEON.",
  });
}

/** The nearest `assembly/build` above this module: in a checkout, or in an installed package. */
function fileOf(name: string, build: AssemblyBuild): string {
  const file = `assembly/build/${name}.${build}.wasm`;
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, file))) {
    const parent = dirname(folder);
    if (parent === folder) throw notBuilt(file);
    folder = parent;
  }
  return join(folder, file);
}

function notBuilt(file: string): FathomError {
  return new FathomError({
    code: "not-found",
    message: `The SIMD kernel ${file} has not been built.`,
    where: file,
    hint: 'Run "npm run prepare" in the checkout ("npm ci" does it too).',
  });
}

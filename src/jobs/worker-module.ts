/** @file Where the modules of workers lie: sources in a checkout, run as they are; built modules in a package. */
import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FathomError } from "../tensor/index.ts";

/**
 * The URL of a worker's module. The build keeps the path (tsdown.config.ts lists these modules), and this module may be
 * bundled anywhere beside or below, so the folders above it are searched.
 * @param path - within the sources, without extension: `kernels/gram/worker`.
 * @throws FathomError not-found when the package lacks it.
 * @example new Worker(workerModule("kernels/gram/worker"))
 */
export function workerModule(path: string): URL {
  const here = fileURLToPath(import.meta.url);
  const name = `${path}${extname(here)}`;
  for (let folder = dirname(here); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, name);
    if (existsSync(file)) return pathToFileURL(file);
  }
  throw new FathomError({
    code: "not-found",
    message: `The worker ${name} is missing.`,
    where: name,
    hint: "Install the package again, or build the checkout.",
  });
}

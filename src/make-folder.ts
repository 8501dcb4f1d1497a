/** @file Makes folders. `mkdir` with `recursive` never returns where the kernel says ENOENT for a name it cannot make (/proc). */
import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it; one that exists is left as it is.
 * @throws the error of the system call that failed; EEXIST where something else has the name.
 */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(path); !(await isFolder(at)) && dirname(at) !== at; at = dirname(at))
    missing.unshift(at);
  for (const folder of missing) {
    await mkdir(folder).catch(async (error) => {
      // Another process may have made it meanwhile.
      if (!(await isFolder(folder))) throw error;
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/**
 * @file Compiles the AssemblyScript kernels: each folder of assembly/ with an index.ts gives two WebAssembly modules in
 * assembly/build, `<name>.simd.wasm` and `<name>.relaxed.wasm` (fused multiply-add). What is newer than its sources is
 * left alone. Runs after every install.
 */
import { existsSync, globSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const output = join(root, "assembly/build");
const flags = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", "simd"];
const builds = { simd: [], relaxed: ["--enable", "relaxed-simd"] };

const sources = globSync("assembly/**/*.ts", { cwd: root });
const newest = Math.max(...sources.map((file) => statSync(join(root, file)).mtimeMs));
const entries = sources.filter((file) => /^assembly\/[^/]+\/index\.ts$/.test(file.replaceAll("\\", "/")));

mkdirSync(output, { recursive: true });
for (const entry of entries) {
  for (const [build, extra] of Object.entries(builds)) {
    const target = join(output, `${entry.split(/[\\/]/)[1]}.${build}.wasm`);
    if (existsSync(target) && statSync(target).mtimeMs > newest) continue;
    await compile(entry, target, [...flags, ...extra]);
  }
}

/** Writes the module beside its place and renames it there, so that nobody reads half a file. */
async function compile(entry, target, options) {
  const { default: asc } = await import("assemblyscript/asc");
  const { error, stderr } = await asc.main([entry, "--baseDir", root, "-o", "module.wasm", ...options], {
    writeFile: (_, contents) => {
      writeFileSync(`${target}.part`, contents);
    },
  });
  if (error) {
    console.error(stderr.toString());
    process.exit(1);
  }
  renameSync(`${target}.part`, target);
  console.log(`${target.slice(root.length + 1)}: ${statSync(target).size} bytes`);
}

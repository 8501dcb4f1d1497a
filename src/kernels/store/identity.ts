/**
 * @file What a stored kernel matrix depends on, as hashes: two jobs whose hashes agree compute the same bits
 * (conventions.md, Files). The bits of one small tile stand for the engine: a build, a compiler of programs or a processor
 * that computes others is seen.
 */
import { createHash } from "node:crypto";
import { loadAssembly } from "../assembly.ts";
import { type Items, itemBlock } from "../gram/items.ts";
import type { KernelJob } from "../gram/options.ts";
import type { EngineSpec, TileEngine } from "../types.ts";
import type { StoreAttributes } from "./attributes.ts";

/** Items of a side in the tile that stands for the engine. */
const probed = 8;

/** The attributes of the store of a job. */
export async function attributesOf(
  { spec, grid, sides }: KernelJob,
  engine: TileEngine,
  about: string | undefined,
): Promise<StoreAttributes> {
  const { rows, columns, symmetric } = grid;
  const data = hashOfItems(sides.rows);
  return {
    format: "fathom-kernels",
    version: 1,
    ...(about !== undefined && { about }),
    architecture: {
      sha256: hashOfArchitecture(spec),
      net: spec.net,
      parameterisation: spec.parameterisation,
    },
    data: { rows: data, columns: symmetric ? data : hashOfItems(sides.columns) },
    build: { name: engine.build, module: await moduleOf(engine), tile: hashOfTile(engine, sides) },
    dtype: spec.precision,
    symmetric,
    triangle: symmetric ? "lower" : "full",
    rows,
    columns,
    values: [...spec.values],
  };
}

function hashOfArchitecture({ net, parameterisation, mode = "inference" }: EngineSpec): string {
  return sha256([JSON.stringify(sorted({ net, parameterisation, mode }))]);
}

/** The same value with the fields of every object in the order of their names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sorted(field)]),
  );
}

function hashOfItems({ data, count, width }: Items): string {
  return sha256([`${count} x ${width} `, bytesOf(data)]);
}

async function moduleOf({ build }: TileEngine): Promise<string> {
  return build === "float64" ? "typescript" : (await loadAssembly("covariance", build)).sha256;
}

function hashOfTile(engine: TileEngine, { rows, columns }: KernelJob["sides"]): string {
  const some = ({ count }: Items) => ({ from: 0, count: Math.min(probed, count) });
  if (rows.count === 0 || columns.count === 0) return "";
  engine.load("a", itemBlock(rows, some(rows)));
  engine.load("b", itemBlock(columns, some(columns)));
  const tile = engine.compute({ same: false });
  return sha256(engine.values.map((value) => bytesOf(tile[value]!)));
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function sha256(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

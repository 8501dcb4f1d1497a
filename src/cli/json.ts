/**
 * @file The JSON of results: never NaN or Infinity but `null` with a `status` beside it (conventions.md), typed arrays
 * as arrays, rows of numbers on one line.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

function statusOf(value: number): string {
  return Number.isNaN(value) ? "undefined" : "infinite";
}

function isBadNumber(value: unknown): value is number {
  return typeof value === "number" && !Number.isFinite(value);
}

/** The status of each non-finite number of an object: under `status`, or `<key>Status` where that is taken. */
function statusesOf(entries: readonly (readonly [string, unknown])[]): (readonly [string, Json])[] {
  const bad = entries.filter((entry): entry is readonly [string, number] => isBadNumber(entry[1]));
  const taken = new Set(entries.map(([key]) => key));
  const single = bad.length === 1 && !taken.has("status");
  return bad
    .map(([key, value]) => [single ? "status" : `${key}Status`, statusOf(value)] as const)
    .filter(([key]) => !taken.has(key));
}

/**
 * Plain JSON data of a result; undefined fields are left out.
 * @example toJson({ xi: Infinity }) // { xi: null, status: "infinite" }
 */
export function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number | bigint>, toJson);
  if (typeof value !== "object") return null;
  const entries = Object.entries(value).filter(
    ([, field]) => field !== undefined && typeof field !== "function",
  );
  const fields = entries.map(([key, field]) => [key, toJson(field)] as const);
  return Object.fromEntries([...fields, ...statusesOf(entries)]);
}

function isScalar(value: Json): boolean {
  return value === null || typeof value !== "object";
}

/**
 * JSON text: indented, but lists of plain values on one line, so that grids stay readable.
 * @example printJson({ grid: [[1, 2], [3, 4]] })
 */
export function printJson(value: Json, indent = ""): string {
  if (isScalar(value)) return JSON.stringify(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0 || value.every(isScalar))
      return `[${value.map((item) => printJson(item)).join(", ")}]`;
    return `[\n${value.map((item) => deeper + printJson(item, deeper)).join(",\n")}\n${indent}]`;
  }
  const fields = Object.entries(value as Record<string, Json>);
  if (fields.length === 0) return "{}";
  const lines = fields.map(([key, field]) => `${deeper}${JSON.stringify(key)}: ${printJson(field, deeper)}`);
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

/** @file Evaluations as lines of metrics hold them. */
import type { Evaluation } from "./evaluate.ts";
import type { JsonObject } from "./run-folder.ts";

/** Never NaN or Infinity in JSON: null, with a status (conventions.md). */
export function evaluationJson({ loss, error, count, metrics }: Evaluation): JsonObject {
  const rest = { error: finite(error), count, metrics: mapped(metrics, finite) };
  if (Number.isFinite(loss)) return { loss, ...rest };
  return { loss: null, status: Number.isNaN(loss) ? "undefined" : "infinite", ...rest };
}

/** The evaluation of a line of metrics. */
export function evaluationOf({ loss, status, error, count, metrics = {} }: JsonObject): Evaluation {
  const value = loss ?? (status === "infinite" ? Number.POSITIVE_INFINITY : Number.NaN);
  const known = mapped(metrics as JsonObject, (metric) => Number(metric ?? Number.NaN));
  return { loss: Number(value), error: Number(error ?? Number.NaN), metrics: known, count: Number(count) };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function mapped<A, B>(values: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

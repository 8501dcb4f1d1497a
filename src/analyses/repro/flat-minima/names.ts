/** @file What cases and methods are called in tables and sentences. */
import type { Estimate } from "../../../theory/index.ts";
import type { Method } from "../../flat/solutions.ts";
import { signed, significant } from "../../words.ts";
import type { Case } from "./cases.ts";
import type { Arm } from "./summary.ts";

const methodNames: Readonly<Record<Exclude<Method, "base">, string>> = {
  swa: "SWA",
  sam: "SAM",
  wasam: "WASAM",
};

/** `SGD`, `Adam`, `SWA`, `SAM`, `WASAM`. */
export function methodName(method: Method, { optimizer }: Pick<Case, "optimizer">): string {
  if (method !== "base") return methodNames[method];
  return optimizer.kind === "sgd" ? "SGD" : optimizer.kind === "adam" ? "Adam" : "AdamW";
}

/** `SAM, ρ = 0.2`. */
export function armName({ method, rho }: Pick<Arm, "method" | "rho">, one: Pick<Case, "optimizer">): string {
  const name = methodName(method, one);
  return rho === 0 ? name : `${name}, ρ = ${rho}`;
}

/** In points of error: `−1.13 (−2.10 to −0.16)`. */
export function pointsText({ value, ci }: Estimate): string {
  const points = (x: number) => signed(100 * x, 2);
  return ci === undefined ? points(value) : `${points(value)} (${points(ci[0])} to ${points(ci[1])})`;
}

/** Two digits of an error in percent. */
export function errorText({ value, se }: Estimate): string {
  return se === undefined
    ? (100 * value).toFixed(2)
    : `${(100 * value).toFixed(2)} ± ${(100 * se).toFixed(2)}`;
}

/** A measured number, or a dash. */
export function numberText(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? "–" : significant(value, 3);
}

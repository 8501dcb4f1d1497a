/** @file What is added to the diagonal of a kernel before it is inverted: the variance of noise on the targets. */
import { badInput } from "./checks.ts";
import type { Float64 } from "./dense.ts";

/** How much is added to the diagonal. */
export interface RegularisationOptions {
  /** 0 unless said; in units of the mean of the kernel's diagonal, or as it is with `diagRegScale: "absolute"`. */
  readonly diagReg?: number;
  readonly diagRegScale?: "relative" | "absolute";
}

/**
 * The number to add to the diagonal.
 * @throws FathomError bad-input unless it is finite and 0 or more.
 * @example regularisation(kernel, { diagReg: 1e-4 }) // 1e-4 · trace/N
 */
export function regularisation(
  kernel: Float64,
  { diagReg = 0, diagRegScale = "relative" }: RegularisationOptions,
): number {
  checkDiagReg(diagReg);
  if (diagRegScale === "absolute") return diagReg;
  const n = kernel.shape[0]!;
  if (n === 0) return 0;
  let trace = 0;
  for (let i = 0; i < n; i++) trace += kernel.data[i * n + i]!;
  return (diagReg * trace) / n;
}

/** @throws FathomError bad-input unless it is finite and 0 or more. */
export function checkDiagReg(diagReg: number): void {
  if (diagReg >= 0 && Number.isFinite(diagReg)) return;
  throw badInput("diagReg", `The regularisation is ${diagReg}.`, "Give a finite number of 0 or more.");
}

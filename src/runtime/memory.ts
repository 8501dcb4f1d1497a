/**
 * @file How much memory a graph needs: its constants plus the largest sum of tensors alive at once, in the order of
 * execution. An upper estimate (in-place kernels and views are counted as copies), made before any session exists.
 */
import { type Tensor, topologicalOrder } from "../expr/index.ts";
import { bytesOf, FathomError } from "../tensor/index.ts";
import { byteSize } from "./builder.ts";

/** Peak bytes of computing `outputs`: constants and inputs stay alive throughout, other tensors until their last use. */
export function peakBytes(outputs: readonly Tensor[]): number {
  const order = topologicalOrder(outputs);
  const lastUse = new Map<Tensor, number>();
  order.forEach((node, i) => {
    for (const operand of node.inputs) lastUse.set(operand, i);
  });
  for (const output of outputs) lastUse.set(output, order.length);
  let alive = 0;
  let peak = 0;
  order.forEach((node, i) => {
    alive += byteSize(node);
    peak = Math.max(peak, alive + (node.op.scratch?.(node) ?? 0) * bytesOf[node.dtype]);
    for (const operand of new Set(node.inputs)) {
      const permanent = operand.op.name === "input" || operand.op.name === "constant";
      if (lastUse.get(operand) === i && !permanent) alive -= byteSize(operand);
    }
  });
  return peak;
}

/** Physical memory of this machine; infinite where it cannot be asked (a page). */
export function physicalMemory(): number {
  const os = globalThis.process?.getBuiltinModule?.("node:os");
  return os?.totalmem() ?? Number.POSITIVE_INFINITY;
}

/** @throws FathomError too-large when the estimate exceeds the bound (by default the machine's memory). */
export function checkMemory(needed: number, bound = physicalMemory()): void {
  if (needed <= bound) return;
  throw new FathomError({
    code: "too-large",
    message: `The computation needs about ${showBytes(needed)} of memory; the bound is ${showBytes(bound)}.`,
    where: "memory",
    hint: "Use a smaller batch, width or depth, or raise the memory bound.",
  });
}

export function showBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

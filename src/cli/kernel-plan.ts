/** @file What a job of kernels will take, said before it begins; and what is kept of one that was stopped. */
import type { KernelPlan } from "../kernels/index.ts";
import { showBytes } from "../runtime/index.ts";
import { FathomError } from "../tensor/index.ts";
import type { Context } from "./context.ts";

/** Seconds from which a job is announced. */
const long = 2;

/** `2 h 50 min` */
function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1 pair`, `4,950 pairs (600 are there already)` */
function pairsText({ pairs, finished }: KernelPlan): string {
  const before = finished === 0 ? "" : ` (${finished.toLocaleString("en")} are there already)`;
  return `${pairs.toLocaleString("en")} pair${pairs === 1 ? "" : "s"}${before}`;
}

function timeText({ seconds, threads }: KernelPlan): string {
  return `about ${durationText(seconds)} on ${threads} thread${threads === 1 ? "" : "s"}`;
}

/** A long kernel matrix, in the folder of its store or in memory. */
export function announceKernel(plan: KernelPlan, { io, globals, folder }: Context): void {
  if (globals.quiet || plan.seconds < long) return;
  const where = folder === undefined ? "in memory" : `in ${folder}`;
  io.stderr.write(`${pairsText(plan)}, ${showBytes(plan.bytes)} ${where}, ${timeText(plan)}.\n`);
}

/**
 * The kernels of a long prediction.
 * @param kept Where the kernel of the training rows is kept, if anywhere.
 */
export function announcePrediction(
  plan: KernelPlan,
  kept: string | undefined,
  { io, globals }: Context,
): void {
  if (globals.quiet || plan.seconds < long) return;
  const going = kept === undefined ? "not kept: add --out to go on after an interruption" : `kept in ${kept}`;
  io.stderr.write(`${pairsText(plan)}, ${timeText(plan)}; ${going}.\n`);
}

/**
 * What was stopped, with the way to go on; other errors as they are.
 * @param kept Where finished chunks are, if anywhere.
 * @example throw sayingHow(error, context.folder)
 */
export function sayingHow(error: unknown, kept: string | undefined): unknown {
  if (!(error instanceof FathomError) || error.code !== "cancelled") return error;
  const hint =
    kept === undefined
      ? "Nothing was kept: with --out the same command goes on where it was stopped."
      : `Finished chunks are kept in ${kept}: run the same command again to go on.`;
  return new FathomError({ code: error.code, message: error.message, hint, cause: error });
}

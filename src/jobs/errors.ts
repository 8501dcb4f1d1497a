/** @file Errors on their way from a worker: what they are as plain data, and again as an error. */
import { type ErrorCode, FathomError } from "../tensor/index.ts";

/** A FathomError, or what another error says, as it can be posted. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where?: string;
  readonly hint?: string;
  /** The stack in the worker. */
  readonly stack?: string;
}

/** An error as plain data. An error of another kind is a failure of the computation. */
export function plainError(error: unknown): PlainError {
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  if (!(error instanceof FathomError)) return { code: "failed", message: messageOf(error), ...stack };
  const { code, message, where, hint } = error;
  return {
    code,
    message,
    ...(where !== undefined && { where }),
    ...(hint !== undefined && { hint }),
    ...stack,
  };
}

/** The error that was made plain, with its stack in the worker as the cause. */
export function revivedError({ stack, ...details }: PlainError): FathomError {
  return new FathomError({ ...details, ...(stack !== undefined && { cause: stack }) });
}

/** The end of a worker that said nothing of its own: out of memory, `process.exit`, a module that does not load. */
export function deathOf(cause: unknown): FathomError {
  const outOfMemory = (cause as { code?: unknown }).code === "ERR_WORKER_OUT_OF_MEMORY";
  return new FathomError({
    code: outOfMemory ? "too-large" : "failed",
    message: outOfMemory ? "A worker ran out of memory." : `A worker died: ${messageOf(cause)}.`,
    where: "worker thread",
    hint: outOfMemory
      ? "Use fewer threads or smaller inputs."
      : "Run it again; with one thread it runs without workers.",
    cause,
  });
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
}

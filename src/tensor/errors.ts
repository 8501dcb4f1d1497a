/**
 * @file The one error type of Fathom. It lives on the ground floor so that every room can throw it.
 * Bad input is reported with what is wrong, where it is, and how to mend it (conventions.md, Errors).
 */

/** What kind of failure it is: the command line maps `input`-like codes to exit 2, the others to exit 1. */
export type ErrorCode =
  | "bad-input" // a value, option, field or flag that cannot be used
  | "bad-shape" // shapes that do not meet
  | "bad-file" // a file that is malformed, truncated or of another kind
  | "not-found" // a file, data set, layer or name that does not exist
  | "too-large" // refused because of a bound on size or memory
  | "unsupported" // a combination that Fathom does not (or a backend cannot) compute
  | "offline" // the network is not reachable
  | "io" // reading or writing failed
  | "cancelled" // stopped by the user
  | "failed"; // a computation failed: divergence, no convergence, a runtime error

export interface ErrorDetails {
  readonly code: ErrorCode;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** The layer path, field, file, flag or row at fault: `layers[3].width`, `weights.npz`. */
  readonly where?: string;
  /** What would mend it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A failure with a code, the place at fault and the mend. */
export class FathomError extends Error {
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly hint: string | undefined;

  constructor({ code, message, where, hint, cause }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "FathomError";
    this.code = code;
    this.where = where;
    this.hint = hint;
  }
}

/**
 * An error as it is seen from outside of where it was thrown: with another place, or a name in front of its message.
 * @example throw relocated(error, { where: `graph.${error.where}` });
 */
export function relocated(
  error: FathomError,
  change: Partial<Pick<ErrorDetails, "message" | "where">>,
): FathomError {
  const { code, message, where, hint } = error;
  return new FathomError({
    code,
    message,
    ...(where !== undefined && { where }),
    ...(hint !== undefined && { hint }),
    ...change,
    cause: error,
  });
}

/**
 * True for the codes that mean "the caller can mend the input" (exit code 2 of the command line).
 * @example try { parseNetText(text); } catch (error) { if (!isInputError(error)) throw error; }
 */
export function isInputError(error: unknown): error is FathomError {
  return error instanceof FathomError && !["failed", "io", "cancelled", "offline"].includes(error.code);
}

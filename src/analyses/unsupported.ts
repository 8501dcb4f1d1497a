/** @file What theory cannot compute for a network is a reason to leave something out, not a failure. */
import { FathomError } from "../tensor/index.ts";

export function isUnsupported(error: unknown): error is FathomError {
  return error instanceof FathomError && error.code === "unsupported";
}

/** @file What a question cannot be asked with. */
import { FathomError } from "../tensor/index.ts";

/** A value that cannot be used, by the name that it has in the question. */
export function refused(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", where, message, hint });
}

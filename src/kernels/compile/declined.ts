/** @file What the float32 engine leaves to the float64 engine. */
import { FathomError } from "../../tensor/index.ts";

/** The refusal that makes `createEngine` take float64. */
export function declined(what: string): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `The float32 kernel engine does not compute ${what}.`,
    where: "kernel engine",
    hint: "Use precision float64.",
  });
}

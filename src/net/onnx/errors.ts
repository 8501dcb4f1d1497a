/** @file The errors of reading ONNX models. */
import { type ErrorCode, FathomError } from "../../tensor/index.ts";

/** A name of the model as messages show it: short, whatever the file says. */
export function quoted(name: string): string {
  return name.length > 80 ? `"${name.slice(0, 77)}…"` : `"${name}"`;
}

interface Fault {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly where?: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A fault of the model, `bad-file` unless said. */
export function modelError({ code = "bad-file", where = "onnx", hint, ...rest }: Fault): FathomError {
  const mend = hint ?? "The file may be truncated, damaged, or of another kind; export or download it again.";
  return new FathomError({ code, where, hint: mend, ...rest });
}

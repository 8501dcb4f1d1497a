/** @file The streams and settings of the process that the command line touches; tests give their own. */

export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Io {
  /** Results only: with --json one JSON document and nothing else. */
  readonly stdout: OutputStream;
  /** Progress, warnings, errors. */
  readonly stderr: OutputStream;
  readonly stdin: AsyncIterable<string | Uint8Array> & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** True where colours are wanted: a terminal, unless NO_COLOR (no-color.org) or a dumb terminal says otherwise. */
export function wantsColour(stream: OutputStream, env: Io["env"]): boolean {
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return false;
  if (env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "" && env["FORCE_COLOR"] !== "0")
    return true;
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

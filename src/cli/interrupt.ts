/** @file Ctrl-C: the first one asks the work to stop at the next good place, the second one ends the process. */
import { FathomError } from "../tensor/index.ts";
import { exitCodes } from "./errors.ts";
import type { OutputStream } from "./io.ts";

/** Where signals come from; the process, or a stand-in in tests. */
export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  exit(code: number): void;
}

export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Listens until disposed.
 * @example using interrupt = listenForInterrupt(process, process.stderr);
 */
export function listenForInterrupt(source: SignalSource, stderr: OutputStream): Interrupt {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) return source.exit(exitCodes.interrupted);
    stderr.write("\nStopping at the next good place; Ctrl-C again ends at once.\n");
    controller.abort(
      new FathomError({
        code: "cancelled",
        message: "Stopped.",
        hint: "Run the same command again.",
      }),
    );
  };
  source.on("SIGINT", stop);
  source.on("SIGTERM", stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      source.off("SIGINT", stop);
      source.off("SIGTERM", stop);
    },
  };
}

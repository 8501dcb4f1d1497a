/** @file Progress on stderr: a bar with the time left on a terminal, plain lines otherwise, nothing when quiet. */
import type { Progress } from "../analyses/index.ts";
import { safeText } from "./errors.ts";
import type { OutputStream } from "./io.ts";

export interface ProgressReporter {
  report(progress: Progress): void;
  /** Clears what a bar left on the line; reporting may go on afterwards. */
  stop(): void;
}

const silent: ProgressReporter = { report: () => {}, stop: () => {} };

/** Milliseconds between two plain lines of one stage. */
const lineInterval = 5000;

/** Time left from the pace of this stage so far, in words; empty while it cannot be told. */
function timeLeft(elapsed: number, done: number, total: number): string {
  if (done <= 0 || done >= total || elapsed < 1000) return "";
  const seconds = Math.round((elapsed / 1000) * ((total - done) / done));
  return seconds < 90 ? `, about ${seconds} s left` : `, about ${Math.round(seconds / 60)} min left`;
}

function titleOf(label: string, detail: string | undefined): string {
  return detail === undefined ? label : `${label}, ${detail}`;
}

function plainReporter(stream: OutputStream): ProgressReporter {
  let stage = "";
  let began = 0;
  let written = 0;
  return {
    report({ label, detail, done, total }) {
      const now = performance.now();
      const isNew = label !== stage;
      if (isNew) [stage, began] = [label, now];
      if (!isNew && now - written < lineInterval) return;
      written = now;
      const share =
        total === null || done === 0 ? "" : ` ${done}/${total}${timeLeft(now - began, done, total)}`;
      stream.write(`${safeText(titleOf(label, detail))}${share}\n`);
    },
    stop() {},
  };
}

/** The part of cli-progress that is used here. */
interface Bar {
  start(total: number, value: number, payload: object): void;
  update(value: number, payload: object): void;
  setTotal(total: number): void;
  stop(): void;
}

async function barReporter(stream: OutputStream): Promise<ProgressReporter> {
  const { default: cliProgress } = await import("cli-progress");
  const options = {
    stream: stream as NodeJS.WriteStream,
    format: "{label} {bar} {percentage}%{left}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
  };
  const bar: Bar = new cliProgress.SingleBar(options);
  let stage: string | undefined;
  let began = 0;
  return {
    report({ label, detail, done, total }) {
      const now = performance.now();
      const whole = Math.max(total ?? 1, 1);
      if (stage === undefined) bar.start(whole, 0, { label: "", left: "" });
      if (label !== stage) {
        [stage, began] = [label, now];
        bar.setTotal(whole);
      }
      const left = total === null ? "" : timeLeft(now - began, done, whole);
      bar.update(total === null ? 0 : done, { label: safeText(titleOf(label, detail)).slice(0, 44), left });
    },
    stop() {
      if (stage !== undefined) bar.stop();
      stage = undefined;
    },
  };
}

/**
 * The reporter for a stream.
 * @example (await progressReporter(process.stderr, { quiet: false })).report({ label: "training", done: 3, total: 10 })
 */
export async function progressReporter(
  stream: OutputStream,
  { quiet }: { readonly quiet: boolean },
): Promise<ProgressReporter> {
  if (quiet) return silent;
  return stream.isTTY === true ? barReporter(stream) : plainReporter(stream);
}

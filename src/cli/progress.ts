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

/** Where a stage stood when it was first heard of: a resumed run does not begin at 0. */
interface Start {
  readonly time: number;
  readonly done: number;
}

/** Time left from the pace of this stage so far, in words; empty while it cannot be told. */
function timeLeft(start: Start, done: number, total: number): string {
  const elapsed = performance.now() - start.time;
  if (done <= start.done || done >= total || elapsed < 1000) return "";
  const seconds = Math.round((elapsed / 1000) * ((total - done) / (done - start.done)));
  return seconds < 90 ? `, about ${seconds} s left` : `, about ${Math.round(seconds / 60)} min left`;
}

function titleOf(label: string, detail: string | undefined): string {
  return detail === undefined || detail === "" ? label : `${label}, ${detail}`;
}

function plainReporter(stream: OutputStream): ProgressReporter {
  let stage = "";
  let start: Start = { time: 0, done: 0 };
  let written = 0;
  return {
    report({ label, detail, done, total }) {
      const now = performance.now();
      const isNew = label !== stage;
      if (isNew) [stage, start] = [label, { time: now, done }];
      if (!isNew && now - written < lineInterval) return;
      written = now;
      const share = total === null || done === 0 ? "" : ` ${done}/${total}${timeLeft(start, done, total)}`;
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
  let start: Start = { time: 0, done: 0 };
  return {
    report({ label, detail, done, total }) {
      const whole = Math.max(total ?? 1, 1);
      if (stage === undefined) bar.start(whole, 0, { label: "", left: "" });
      if (label !== stage) {
        [stage, start] = [label, { time: performance.now(), done }];
        bar.setTotal(whole);
      }
      const left = total === null ? "" : timeLeft(start, done, whole);
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

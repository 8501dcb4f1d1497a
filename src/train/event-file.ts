/**
 * @file The event file of a run, for TensorBoard. What it holds follows from the metrics, so on resuming it is written anew
 * from the lines that are kept, and cannot disagree with them.
 */
import { join } from "node:path";
import { append, ensureFolder, writeAtomically } from "../files.ts";
import type { MetricsLine } from "./run-folder.ts";
import { eventBytes, joined, versionRecord } from "./tensorboard.ts";

/** Adds lines of metrics to the event file. */
export type EventFile = (lines: readonly MetricsLine[]) => Promise<void>;

/**
 * Opens the event file of a run folder: `tensorboard/events.out.tfevents.0.fathom`.
 * @param lines - of metrics that there are already.
 * @throws FathomError when the folder cannot be written to.
 */
export async function openEventFile(runFolder: string, lines: readonly MetricsLine[]): Promise<EventFile> {
  const folder = join(runFolder, "tensorboard");
  await ensureFolder(folder);
  const path = join(folder, "events.out.tfevents.0.fathom");
  const now = () => Date.now() / 1000;
  await writeAtomically(path, joined([versionRecord(now()), eventBytes(lines, now())]));
  return (more) => append(path, eventBytes(more, now()));
}

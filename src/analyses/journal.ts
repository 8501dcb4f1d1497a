/**
 * @file A journal of finished pieces of long work: one JSON line a piece, flushed as soon as it is done. Work that is killed
 * at any moment reads it when it is started again and does only the rest; a line that was cut off counts as not done.
 */
import { createHash } from "node:crypto";
import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../make-folder.ts";
import { FathomError } from "../tensor/index.ts";

const fileName = "journal.jsonl";

/**
 * The name of a piece.
 * @param parts Everything that its result depends on, plain JSON.
 * @example pieceKey({ net, rate: 0.1, seed: 0 })
 */
export function pieceKey(parts: unknown): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** What has been done, by the key of the piece. Without a folder it forgets. */
export class Journal {
  readonly #path: string | undefined;
  readonly #done: Map<string, unknown>;

  private constructor(path: string | undefined, done: Map<string, unknown>) {
    this.#path = path;
    this.#done = done;
  }

  /**
   * The journal of a folder, begun where there is none.
   * @throws FathomError bad-input when the folder cannot be used.
   * @example const journal = await Journal.open("fathom-out/widths");
   */
  static async open(folder: string | undefined): Promise<Journal> {
    if (folder === undefined) return new Journal(undefined, new Map());
    const path = join(folder, fileName);
    return naming(path, async () => {
      await makeFolder(folder);
      const text = await readFile(path, "utf8").catch(emptyWhereMissing);
      return new Journal(path, new Map(linesOf(text)));
    });
  }

  /** How many pieces are done. */
  get size(): number {
    return this.#done.size;
  }

  /**
   * The result of a piece: what the journal holds, or else what `work` gives, written down. The key names everything that
   * the result depends on; the result is plain JSON.
   * @example await journal.piece("width=64,rate=0.1,seed=0", () => trainOnce({ width: 64, rate: 0.1, seed: 0 }))
   */
  async piece<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#done.has(key)) return this.#done.get(key) as T;
    const result = await work();
    this.#done.set(key, result);
    if (this.#path !== undefined) await appendLine(this.#path, JSON.stringify({ key, result }));
    return result;
  }

  /** The work is whole: the next one begins anew. */
  async close(): Promise<void> {
    const path = this.#path;
    if (path !== undefined) await naming(path, () => rm(path, { force: true }));
  }
}

/** Flushed, so that a kill loses no more than the line under way. A line that was cut off before is closed first. */
async function appendLine(path: string, line: string): Promise<void> {
  await naming(path, async () => {
    const file = await open(path, "a");
    try {
      await file.writeFile(`\n${line}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

function linesOf(text: string): [string, unknown][] {
  return text.split("\n").flatMap((line) => {
    const entry = parsed(line);
    return entry === undefined ? [] : [[entry.key, entry.result] as [string, unknown]];
  });
}

function parsed(line: string): { readonly key: string; readonly result: unknown } | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    const whole = typeof entry === "object" && entry !== null && "key" in entry && "result" in entry;
    return whole && typeof entry.key === "string" ? { key: entry.key, result: entry.result } : undefined;
  } catch {
    return undefined;
  }
}

function emptyWhereMissing(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
  throw error;
}

async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new FathomError({
      code: "bad-input",
      message: `The journal ${path} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`,
      where: path,
      hint: "Name a folder that you may write to, on a disk with free space.",
      cause,
    });
  }
}

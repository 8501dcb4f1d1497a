/**
 * @file One file from one address into a `.part` file beside its target, going on where an earlier transfer
 * stopped (HTTP Range). Whether the bytes are the right ones is for the caller's checksum to say (Node only).
 */
import fs from "node:fs/promises";
import { FathomError } from "../tensor/index.ts";
import { ioError, systemCode } from "./places.ts";

export interface Transfer {
  readonly url: string;
  /** The file that is written to and resumed. */
  readonly part: string;
  /** Largest size accepted, in bytes. */
  readonly limit: number;
  readonly fetch: typeof globalThis.fetch;
  readonly signal?: AbortSignal | undefined;
  /** A server that sends nothing for this many seconds is given up. */
  readonly patience: number;
  /** Bytes so far and in all, where the server tells. */
  readonly onBytes: (done: number, total: number | null) => void;
}

/**
 * Fetches into the part file.
 * @returns resumed: whether bytes of an earlier transfer were kept.
 * @throws FathomError offline when no connection can be made, not-found for 404 and 410, io for other refusals
 * and broken transfers, too-large, cancelled.
 */
export async function transfer(options: Transfer): Promise<{ resumed: boolean }> {
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(), 1000 * options.patience);
  const { signal } = options;
  const abort = signal === undefined ? stall.signal : AbortSignal.any([signal, stall.signal]);
  try {
    const have = await sizeOfFile(options.part);
    const response = await request(options, have, abort);
    if (response === "complete") return { resumed: true };
    const kept = response.status === 206 ? have : 0;
    await store(response, kept, options, () => timer.refresh());
    return { resumed: kept > 0 };
  } catch (error) {
    if (signal?.aborted) throw cancelled(options.url);
    if (error instanceof FathomError) throw error;
    throw stall.signal.aborted ? stalled(options) : networkError(error, options.url);
  } finally {
    clearTimeout(timer);
  }
}

/** A response whose body is the whole file (200) or goes on at byte `have` (206); "complete" if none is left. */
async function request(
  { url, fetch, part }: Transfer,
  have: number,
  signal: AbortSignal,
): Promise<Response | "complete"> {
  // Compressed transfer would change the bytes that a range counts.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (have > 0) headers["range"] = `bytes=${have}-`;
  const response = await fetch(url, { headers, signal });
  const range = response.headers.get("content-range") ?? "";
  if (response.status === 416 && range === `bytes */${have}`) return "complete";
  const misplaced = response.status === 206 && !range.startsWith(`bytes ${have}-`);
  if (have > 0 && (response.status === 416 || misplaced)) {
    await response.body?.cancel();
    await fs.rm(part);
    return await fetch(url, { headers: { "accept-encoding": "identity" }, signal }).then(accepted(url));
  }
  return accepted(url)(response);
}

function accepted(url: string): (response: Response) => Response {
  return (response) => {
    if (response.status === 200 || response.status === 206) return response;
    throw new FathomError({
      code: response.status === 404 || response.status === 410 ? "not-found" : "io",
      where: url,
      message: `The server answered ${[response.status, response.statusText].join(" ").trim()}.`,
      hint: "The address may have changed, or the server be busy: try again later.",
    });
  };
}

async function store(response: Response, kept: number, options: Transfer, alive: () => void): Promise<void> {
  const { part, limit, url, onBytes } = options;
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  const total = Number.isFinite(length) ? kept + length : null;
  const file = await fs.open(part, kept > 0 ? "a" : "w").catch((error) => {
    throw ioError(error, part, "write");
  });
  let done = kept;
  try {
    for await (const chunk of response.body ?? []) {
      alive();
      done += chunk.length;
      if (done > limit) throw tooLarge(url, limit);
      await file.appendFile(chunk).catch((error) => {
        throw ioError(error, part, "write");
      });
      onBytes(done, total);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (total !== null && done < total)
    throw new Error(`the connection closed after ${done} of ${total} bytes`);
}

async function sizeOfFile(file: string): Promise<number> {
  const found = await fs.stat(file).catch((error) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw ioError(error, file, "read");
  });
  return found?.size ?? 0;
}

/** Failures to connect at all, by the codes of Node's sockets and resolver. */
const OFFLINE = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function networkError(cause: unknown, url: string): FathomError {
  const root = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reasons = root instanceof AggregateError ? root.errors : [root];
  const offline = reasons.some((reason) => OFFLINE.has(systemCode(reason)));
  const told = root instanceof Error ? root.message || systemCode(root) : String(root);
  return new FathomError({
    code: offline ? "offline" : "io",
    where: url,
    message: `The transfer failed: ${told}.`,
    hint: "Run the same command again: it goes on where it stopped.",
    cause,
  });
}

function stalled({ url, patience }: Transfer): FathomError {
  return new FathomError({
    code: "io",
    where: url,
    message: `The server sent nothing for ${patience} s.`,
    hint: "Run the same command again: it goes on where it stopped.",
  });
}

function tooLarge(url: string, limit: number): FathomError {
  return new FathomError({
    code: "too-large",
    where: url,
    message: `The server sends more than the ${limit} bytes that this file can have.`,
    hint: "The address may hold another file now; put the right one in place by hand.",
  });
}

function cancelled(url: string): FathomError {
  return new FathomError({
    code: "cancelled",
    where: url,
    message: "The download was stopped.",
    hint: "Run the same command again: it goes on where it stopped.",
  });
}

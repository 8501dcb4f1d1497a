/** @file Downloads against a server on this machine: resumed, checked, told apart when they fail. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Checksum, type DownloadableEntry, download, downloadEntry } from "../../src/data/index.ts";
import { ioError } from "../../src/data/places.ts";
import { FathomError, Key, uniform } from "../../src/tensor/index.ts";

/** Random bytes, so that packing leaves them long enough to interrupt. */
const content = Uint8Array.from(uniform(Key.fromSeed(1), "float64", [300_000], { high: 256 }).data);
const packed = gzipSync(content);

let home: string;
let server: Server;
let base: string;
/** What each request asked for, and how the server answers. */
let requests: { url: string; range: string | undefined }[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

/** Answers with a whole or ranged file; after `limit` bytes of the body it falls silent. */
function serve(bytes: Uint8Array, { limit = Number.POSITIVE_INFINITY, ranges = true } = {}): typeof answer {
  return (request, response) => {
    const from = ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? -1) : -1;
    if (from >= bytes.length) {
      response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
      return;
    }
    const body = bytes.subarray(Math.max(0, from));
    response.writeHead(from < 0 ? 200 : 206, {
      "content-length": body.length,
      ...(from < 0 ? {} : { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    if (body.length <= limit) response.end(body);
    else response.write(body.subarray(0, limit));
  };
}

function entryOf(
  bytes: Uint8Array,
  { of = "file", mirrors = [base] }: { of?: Checksum["of"]; mirrors?: string[] } = {},
) {
  const hashed = of === "content" ? content : bytes;
  const entry: DownloadableEntry = {
    kind: "downloadable",
    name: "small",
    description: "",
    inputShape: [1],
    classes: 2,
    trainSize: 1,
    testSize: 1,
    files: [
      {
        name: "file.gz",
        bytes: bytes.length,
        checksum: { of, algorithm: "sha256", hex: createHash("sha256").update(hashed).digest("hex") },
      },
    ],
    mirrors,
  };
  return entry;
}

const get = (entry: DownloadableEntry, options: Parameters<typeof download>[1] = {}) =>
  downloadEntry(entry, { directory: home, ...options });
/** Cuts the connection once bytes have arrived: cut from the server's side alone, they might be lost on the way. */
const hangUp = () => server.closeAllConnections();
const target = () => path.join(home, "small", "file.gz");
/** Compared as a whole: element by element, an assertion on this many takes long. */
const isPacked = async () => Buffer.compare(await readFile(target()), packed) === 0;
const filesThere = () => readdir(path.join(home, "small"));

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "fathom-download-"));
  requests = [];
  answer = serve(packed);
  server = createServer((request, response) => {
    requests.push({ url: request.url!, range: request.headers.range });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/set/`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(home, { recursive: true, force: true });
});

describe("download", () => {
  it("fetches a file, checks it, and tells how far it is", async () => {
    const progress: number[] = [];
    const result = await get(entryOf(packed), {
      onProgress: ({ label, done, total }) => {
        expect(label).toBe("small: file.gz");
        expect(total).toBe(packed.length);
        progress.push(done);
      },
    });
    expect(result).toEqual({ name: "small", path: path.join(home, "small"), fetched: ["file.gz"] });
    expect(await isPacked()).toBe(true);
    expect(progress.at(-1)).toBe(packed.length);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(await filesThere()).toEqual(["file.gz"]);
    expect(requests).toEqual([{ url: "/set/file.gz", range: undefined }]);
  });

  it("does not fetch again what is there and whole, even when packed otherwise or unpacked", async () => {
    await mkdir(path.join(home, "small"));
    await writeFile(target(), gzipSync(content, { level: 1 }));
    expect((await get(entryOf(packed, { of: "content" }))).fetched).toEqual([]);
    await rm(target());
    await writeFile(target().replace(".gz", ""), content);
    expect((await get(entryOf(packed, { of: "content" }))).fetched).toEqual([]);
    expect(requests).toEqual([]);
  });

  it("replaces a file that is damaged", async () => {
    await mkdir(path.join(home, "small"));
    await writeFile(target(), packed.subarray(0, 1000));
    expect((await get(entryOf(packed, { of: "content" }))).fetched).toEqual(["file.gz"]);
    expect(await isPacked()).toBe(true);
  });

  it("goes on where an interrupted transfer stopped", async () => {
    answer = serve(packed, { limit: 100_000 });
    const error = await get(entryOf(packed), { onProgress: hangUp }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "io", hint: expect.stringMatching(/goes on where it stopped/) });
    expect(await filesThere()).toEqual(["file.gz.part"]);
    const kept = (await readFile(`${target()}.part`)).length;
    expect(kept).toBeGreaterThan(0);
    answer = serve(packed);
    await get(entryOf(packed));
    expect(requests.at(-1)!.range).toBe(`bytes=${kept}-`);
    expect(await isPacked()).toBe(true);
  });

  it("goes on from the next mirror when one breaks off", async () => {
    answer = (request, response) =>
      serve(packed, request.url!.startsWith("/one") ? { limit: 50_000 } : {})(request, response);
    const root = base.replace("set/", "");
    await get(entryOf(packed, { mirrors: [`${root}one/`, `${root}two/`] }), {
      onProgress: () => requests.length === 1 && hangUp(),
    });
    expect(requests.map(({ url }) => url)).toEqual(["/one/file.gz", "/two/file.gz"]);
    expect(requests[1]!.range).toMatch(/^bytes=\d+-$/);
  });

  it("starts again when the server knows no ranges", async () => {
    await mkdir(path.join(home, "small"));
    await writeFile(`${target()}.part`, packed.subarray(0, 5000));
    answer = serve(packed, { ranges: false });
    await get(entryOf(packed));
    expect(await isPacked()).toBe(true);
  });

  it("takes a part file that is already whole", async () => {
    await mkdir(path.join(home, "small"));
    await writeFile(`${target()}.part`, packed);
    await get(entryOf(packed));
    expect(requests.length).toBe(1);
    expect(await filesThere()).toEqual(["file.gz"]);
  });

  it("starts again when the part file is longer than the file, or is of another file", async () => {
    await mkdir(path.join(home, "small"));
    for (const stale of [new Uint8Array(packed.length + 9), new Uint8Array(5000)]) {
      await rm(target(), { force: true });
      await writeFile(`${target()}.part`, stale);
      await get(entryOf(packed));
      expect(await isPacked()).toBe(true);
    }
  });
});

describe("download tells", () => {
  it("a wrong checksum, and keeps nothing", async () => {
    answer = serve(packed.map((byte, i) => (i === 700 ? byte ^ 1 : byte)));
    for (const of of ["file", "content"] as const) {
      await expect(get(entryOf(packed, { of }))).rejects.toMatchObject({
        code: "bad-file",
        message: expect.stringMatching(/sha256 is not/),
      });
      expect(await filesThere()).toEqual([]);
    }
  });

  it("a page in place of the file", async () => {
    answer = (_, response) => response.end("<html>Sign in to this network</html>");
    await expect(get(entryOf(packed, { of: "content" }))).rejects.toMatchObject({ code: "bad-file" });
  });

  it("a file that is not at any mirror, with both answers", async () => {
    answer = (_, response) => response.writeHead(404).end();
    const error = await get(entryOf(packed, { mirrors: [base, `${base}other/`] })).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "not-found", hint: expect.stringMatching(/by hand/) });
    expect((error as FathomError).message.match(/404/g)).toHaveLength(2);
  });

  it("a server in trouble", async () => {
    answer = (_, response) => response.writeHead(503).end();
    await expect(get(entryOf(packed))).rejects.toMatchObject({
      code: "io",
      message: expect.stringMatching(/503/),
    });
  });

  it("a file of the wrong size, before it fills the disk", async () => {
    answer = (_, response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(new Uint8Array(65_536)));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    };
    await expect(get(entryOf(packed))).rejects.toMatchObject({ code: "too-large" });
  });

  it("that the machine is offline, and where to put the files by hand", async () => {
    await new Promise((resolve) => server.close(resolve));
    const error = await get(entryOf(packed)).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "offline", message: expect.stringMatching(/offline/) });
    expect((error as FathomError).hint).toContain(path.join(home, "small"));
    expect((error as FathomError).hint).toContain("file.gz");
    server = createServer();
  });

  it("a name that cannot be resolved as offline too", async () => {
    const unresolved = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
    const fetch = () => Promise.reject(new TypeError("fetch failed", { cause: unresolved }));
    await expect(get(entryOf(packed), { fetch })).rejects.toMatchObject({ code: "offline" });
  });

  it("that it was stopped, and keeps the part", async () => {
    const stop = new AbortController();
    answer = (_, response) => {
      response.writeHead(200, { "content-length": packed.length });
      response.write(packed.subarray(0, 20_000));
    };
    const stopped = get(entryOf(packed), { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    expect(await filesThere()).toEqual(["file.gz.part"]);
  });

  it("a server that falls silent, and keeps the part", async () => {
    answer = (_, response) => {
      response.writeHead(200, { "content-length": packed.length });
      response.write(packed.subarray(0, 20_000));
    };
    await expect(get(entryOf(packed), { patience: 0.5 })).rejects.toMatchObject({
      code: "io",
      message: expect.stringMatching(/sent nothing for 0.5 s/),
    });
    expect(await filesThere()).toEqual(["file.gz.part"]);
  });

  it("a folder that cannot be made", async () => {
    await writeFile(path.join(home, "small"), "in the way");
    await expect(get(entryOf(packed))).rejects.toMatchObject({
      code: "io",
      where: path.join(home, "small"),
      hint: expect.stringMatching(/another folder/),
    });
  });

  // Written as root, any folder may be written: the error of the system is made by hand.
  it("a folder that may not be written", () => {
    const denied = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    expect(ioError(denied, "/data/small", "write")).toMatchObject({
      code: "io",
      where: "/data/small",
      message: expect.stringMatching(/permission denied/),
      hint: expect.stringMatching(/may not write there/),
    });
  });

  it("a part file that may not be written, without trying other mirrors", async () => {
    await mkdir(`${target()}.part`, { recursive: true });
    const entry = entryOf(packed, { mirrors: [base, base] });
    await expect(get(entry)).rejects.toMatchObject({ code: "io", where: `${target()}.part` });
    expect(requests.length).toBeLessThanOrEqual(1);
  });

  it("unknown and generated names", async () => {
    await expect(download("mnits")).rejects.toMatchObject({
      code: "not-found",
      hint: expect.stringMatching(/mnist/),
    });
    await expect(download("digits")).rejects.toMatchObject({ code: "unsupported" });
    await expect(download("__proto__")).rejects.toThrow(FathomError);
  });
});

/** @file Names and paths: files by extension, companions called train and test, folders by what they hold, CIFAR-10. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listFormats, loadDataset } from "../../src/data/index.ts";
import { toNumbers } from "../../src/tensor/index.ts";
import { refused } from "./sources.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "fathom-paths-"));
  vi.stubEnv("FATHOM_DATA", path.join(home, "data"));
  vi.stubEnv("XDG_CACHE_HOME", path.join(home, "cache"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});
const put = async (name: string, content: Uint8Array | string) => {
  await mkdir(path.dirname(path.join(home, name)), { recursive: true });
  await writeFile(path.join(home, name), content);
  return path.join(home, name);
};
const table = "a,label\n1,0\n2,1\n3,0\n4,1\n5,0\n6,1\n";

describe("a file", () => {
  it("is read by its extension, whatever its case, packed or plain", async () => {
    const text = new TextEncoder().encode(table);
    for (const name of ["t.csv", "T.CSV", "t.tsv.gz"]) {
      const file = await put(name, name.endsWith(".gz") ? gzipSync(text) : table);
      expect(await loadDataset(file)).toMatchObject({ name, classes: 2 });
    }
  });

  it("takes test rows from a file that is named", async () => {
    const test = await put("other.csv", "a,label\n9,1\n");
    const dataset = await loadDataset(await put("t.csv", table), { test });
    expect(toNumbers(dataset.test.inputs)).toEqual([9]);
    expect((await refused(loadDataset(path.join(home, "t.csv"), { test, split: 0.5 }))).code).toBe(
      "bad-input",
    );
  });

  it.each(["mine_train.csv", "mine_test.csv", "mine"])("finds its companion from %s", async (name) => {
    await put("mine_train.csv", table);
    await put("mine_test.csv", "a,label\n9,1\n");
    const dataset = await loadDataset(path.join(home, name));
    expect([dataset.train.labels.data.length, toNumbers(dataset.test.inputs)]).toEqual([6, [9]]);
  });

  it("is split instead where a share is given", async () => {
    await put("mine_train.csv", table);
    await put("mine_test.csv", "a\n9\n");
    const dataset = await loadDataset(path.join(home, "mine_train.csv"), { split: 1 / 3 });
    expect([dataset.train.labels.data.length, dataset.test.labels.data.length]).toEqual([4, 2]);
  });

  it("is found by name in $FATHOM_DATA, as are pairs in folders there", async () => {
    await put("data/t.csv", table);
    await put("data/sub/b_train.libsvm", "1 1:1\n0 2:1\n");
    await put("data/sub/b_test.libsvm", "1 1:1\n");
    expect((await loadDataset("t.csv")).name).toBe("t.csv");
    expect((await loadDataset("sub/b")).train.labels.data.length).toBe(2);
  });

  it("of no known format, or under no name, is told with what is read", async () => {
    const error = await refused(loadDataset(await put("t.xlsx", "")));
    expect(error).toMatchObject({ code: "unsupported", hint: expect.stringMatching(/\.csv .*\.npz/) });
    expect((await refused(loadDataset(path.join(home, "none.csv")))).code).toBe("not-found");
    expect((await refused(loadDataset(path.join(home, "t.xlsx", "below.csv")))).code).toBe("not-found");
    expect((await refused(loadDataset("a\u0000b.csv"))).code).toBe("not-found");
  });

  it("can be given up", async () => {
    const stop = new AbortController();
    stop.abort();
    const file = await put("t.csv", table);
    expect((await refused(loadDataset(file, { signal: stop.signal }))).code).toBe("cancelled");
  });
});

describe("options", () => {
  it("that do not apply are refused, not ignored", async () => {
    const error = await refused(loadDataset("digits", { label: "x" }));
    expect(error).toMatchObject({ code: "bad-input", where: "digits, label" });
    const file = await put("t.csv", table);
    expect((await refused(loadDataset(file, { tokens: "bytes" }))).where).toBe("t.csv, tokens");
  });
});

describe("a folder", () => {
  it("of a training and a test file is one data set", async () => {
    await put("kaggle/train.csv", table);
    await put("kaggle/test.csv", "a,label\n9,1\n");
    await put("kaggle/notes.txt", "");
    expect(toNumbers((await loadDataset(path.join(home, "kaggle"))).test.inputs)).toEqual([9]);
  });
});

/** A batch of CIFAR-10: labels 0, 1, 2, …, every pixel its label. */
const batch = (count: number, shift = 0) => {
  const bytes = new Uint8Array(count * 3073);
  for (let i = 0; i < count; i++) bytes.fill((i + shift) % 10, i * 3073, (i + 1) * 3073);
  return bytes;
};
/** A tar archive by the format's definition; its headers may state another size than the files have. */
function tar(files: Record<string, Uint8Array>, stated?: string): Uint8Array {
  const parts = Object.entries(files).map(([name, bytes]) => {
    const header = new Uint8Array(512);
    const write = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
    write(0, name);
    write(124, `${stated ?? bytes.length.toString(8).padStart(11, "0")}\0`);
    write(156, "0");
    write(148, "        ");
    write(
      148,
      `${header
        .reduce((a, b) => a + b)
        .toString(8)
        .padStart(6, "0")}\0 `,
    );
    return Buffer.concat([header, bytes, new Uint8Array((512 - (bytes.length % 512)) % 512)]);
  });
  return new Uint8Array(Buffer.concat([...parts, new Uint8Array(1024)]));
}
const batches = Object.fromEntries([
  ...[1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, batch(2, i)]),
  ["test_batch.bin", batch(3)],
]) as Record<string, Uint8Array>;

describe("CIFAR-10", () => {
  const nested = Object.fromEntries(
    Object.entries(batches).map(([name, bytes]) => [`cifar-10-batches-bin/${name}`, bytes]),
  );

  it("is read from its files, the folder of them or the archive", async () => {
    for (const [name, bytes] of Object.entries(nested)) await put(`data/cifar10/${name}`, bytes);
    await put(
      "packed/cifar-10-binary.tar.gz",
      gzipSync(tar({ ...nested, "cifar-10-batches-bin/readme.html": batch(1) })),
    );
    for (const place of [
      "cifar10",
      path.join(home, "data", "cifar10", "cifar-10-batches-bin"),
      path.join(home, "packed"),
    ]) {
      const dataset = await loadDataset(place);
      expect(dataset.train.inputs.shape).toEqual([10, 3, 32, 32]);
      expect(toNumbers(dataset.train.labels)).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
      expect(dataset.train.inputs.data[3072]).toBe(2);
      expect(dataset.test.labels.data.length).toBe(3);
      expect(dataset.classNames![3]).toBe("cat");
    }
  });

  it("that is not here says how to get it", async () => {
    expect(await refused(loadDataset("cifar10"))).toMatchObject({
      code: "not-found",
      hint: expect.stringMatching(/fathom data get cifar10.*cifar-10-binary\.tar\.gz/),
    });
  });

  it.each<[string, Record<string, Uint8Array | undefined>, RegExp]>([
    ["a missing batch", { "data_batch_4.bin": undefined }, /no data_batch_4\.bin/],
    ["half a record", { "test_batch.bin": batch(2).subarray(0, -9) }, /inside a record/],
    ["a label of 200", { "test_batch.bin": batch(2).fill(200, 3073, 3074) }, /label 200/],
    ["an empty batch", { "data_batch_1.bin": new Uint8Array() }, /0 bytes/],
  ])("with %s is refused", async (_, changes, message) => {
    for (const [name, bytes] of Object.entries({ ...batches, ...changes })) {
      if (bytes !== undefined) await put(`c/${name}`, bytes);
    }
    expect((await refused(loadDataset(path.join(home, "c")))).message).toMatch(message);
  });

  it("in an archive that is cut short, damaged or swollen is refused", async () => {
    const whole = tar(nested);
    const swollen = tar({ ...nested, "test_batch.bin": new Uint8Array(31_000_000) });
    const damaged = whole.slice();
    damaged[600 + 512 * 13]! ^= 255;
    damaged[3]! ^= 1;
    for (const bytes of [
      gzipSync(whole.subarray(0, 9000)),
      gzipSync(whole).subarray(0, -30),
      gzipSync(swollen, { level: 1 }),
      gzipSync(damaged),
      gzipSync(tar(nested, "-0000000001")),
    ]) {
      await put("c/cifar-10-binary.tar.gz", bytes);
      expect((await refused(loadDataset(path.join(home, "c")))).code).toMatch(/bad-file|too-large/);
    }
  });
});

it("formats are listed with their extensions", () => {
  const formats = listFormats();
  expect(formats.find(({ name }) => name === "csv")?.extensions).toContain(".csv.gz");
  expect(formats.find(({ name }) => name === "npz")?.extensions).toEqual([".npz"]);
  expect(formats.map(({ name }) => name)).toContain("images");
});

/** @file Archives of arrays: NumPy's are read, ours are the same to the byte, bombs and damage cost neither memory nor time. */
import fc from "fast-check";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { decodeNpz, encodeNpy, encodeNpz, FathomError, ndarray, toNumbers } from "../../src/tensor/index.ts";
import { files } from "../oracles/npy.ts";
import { refusal } from "../refusal.ts";

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
const x = ndarray("float32", [2, 3], [0, 1, 2, 3, 4, 5]);

/** The archive with a field of its only directory entry overwritten: offsets 16 crc, 20 packed, 24 size, 42 offset. */
function withField(bytes: Uint8Array, field: number, value: number): Uint8Array {
  const changed = bytes.slice();
  const view = new DataView(changed.buffer);
  for (let at = 0; at < changed.length - 46; at++) {
    if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + field, value, true);
  }
  return changed;
}

/** An archive of one stored member whose directory is written in zip64 records, as for large files. */
function zip64(name: string, content: Uint8Array): Uint8Array {
  const plain = zipSync({ [name]: [content, { level: 0 }] });
  const view = new DataView(plain.buffer);
  const end = plain.length - 22;
  const directory = view.getUint32(end + 16, true);
  const entry = plain.slice(directory, end);
  const entryView = new DataView(entry.buffer);
  const sizes = [entryView.getUint32(24, true), entryView.getUint32(20, true), 0];
  for (const field of [24, 20, 42]) entryView.setUint32(field, 0xffffffff, true);
  entryView.setUint16(30, 28, true);
  const extra = new DataView(new ArrayBuffer(28));
  extra.setUint16(0, 1, true);
  extra.setUint16(2, 24, true);
  for (const [i, size] of sizes.entries()) extra.setBigUint64(4 + 8 * i, BigInt(size), true);
  const record = new DataView(new ArrayBuffer(56 + 20));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(4, 44n, true);
  record.setBigUint64(32, 1n, true);
  record.setBigUint64(48, BigInt(directory), true);
  record.setUint32(56, 0x07064b50, true);
  record.setBigUint64(64, BigInt(directory + entry.length + 28), true);
  const tail = plain.slice(end);
  new DataView(tail.buffer).setUint16(10, 0xffff, true);
  new DataView(tail.buffer).setUint32(16, 0xffffffff, true);
  const parts = [plain.slice(0, directory), entry, new Uint8Array(extra.buffer)];
  return new Uint8Array(Buffer.concat([...parts, new Uint8Array(record.buffer), tail]));
}

describe("reading", () => {
  it("what NumPy stored, by key, without touching what is not asked for", () => {
    const npz = decodeNpz(bytesOf(files["npz-stored"]), "d.npz");
    expect(npz.keys).toEqual(["x", "names", "meta"]);
    expect(npz.read("x")).toEqual(x);
    expect(npz.readText("names").data).toEqual(["a", "bc"]);
    expect(refusal(() => npz.read("meta"))).toMatchObject({ code: "unsupported", where: "d.npz: meta" });
    expect([npz.has("x"), npz.has("x.npy"), npz.has("__proto__")]).toEqual([true, false, false]);
  });

  it("what NumPy deflated, and what was written to a stream", () => {
    const deflated = decodeNpz(bytesOf(files["npz-deflated"]), "d").read("x");
    expect(toNumbers(deflated)).toEqual(Array.from({ length: 600 }, (_, i) => i % 7));
    expect(toNumbers(decodeNpz(bytesOf(files["npz-descriptor"]), "d").read("y"))).toEqual([0, 1, 2, 3, 4]);
  });

  it("zip64 records", () => {
    expect(decodeNpz(zip64("x.npy", encodeNpy(x)), "d").read("x")).toEqual(x);
  });

  it("names that lead nowhere: absolute, climbing, polluting", () => {
    const entry = encodeNpy(x);
    const names = ["/etc/passwd", "../../x.npy", "constructor.npy"];
    const npz = decodeNpz(zipSync(Object.fromEntries(names.map((name) => [name, entry]))), "d");
    expect(npz.keys).toEqual(["/etc/passwd", "../../x", "constructor"]);
    expect(npz.read("../../x")).toEqual(x);
    expect(npz.read("constructor")).toEqual(x);
  });

  it("the last of two members of one name", () => {
    const one = zipSync({ "a.npy": encodeNpy(x), "b.npy": encodeNpy(ndarray("float32", [1], [9])) });
    const renamed = Uint8Array.from(one, (byte) => (byte === 0x62 ? 0x61 : byte));
    expect(toNumbers(decodeNpz(renamed, "d").read("a"))).toEqual([9]);
  });

  it("says which keys there are", () => {
    const error = refusal(() => decodeNpz(encodeNpz({ x, y: x }), "d.npz").read("z"));
    expect(error).toMatchObject({ code: "not-found", where: "d.npz", hint: "The archive has x, y." });
  });
});

describe("writing", () => {
  it("gives equal bytes for equal arrays, and what is read back", () => {
    const arrays = { x, labels: ndarray("int32", [2], [0, 1]), "sub/pixels": ndarray("uint8", [1], [7]) };
    for (const compression of ["deflate", "none"] as const) {
      const bytes = encodeNpz(arrays, { compression });
      expect(encodeNpz(arrays, { compression })).toEqual(bytes);
      const npz = decodeNpz(bytes, "d");
      expect(Object.fromEntries(npz.keys.map((key) => [key, npz.read(key)]))).toEqual(arrays);
    }
  });

  it("needs keys", () => {
    expect(refusal(() => encodeNpz({ "": x })).code).toBe("bad-input");
  });
});

describe("hostile archives", () => {
  const deflated = encodeNpz({ x: ndarray("float32", [1000], new Float32Array(1000).fill(1)) });

  it("that claim 5 GB or a thousandfold are refused when opened", () => {
    const member = encodeNpz({ x });
    for (const claim of [0xfffffffe, 2 ** 28]) {
      const error = refusal(() => decodeNpz(withField(member, 24, claim), "bomb.npz"));
      expect(error.code).toBe("too-large");
      expect(error.message).toMatch(/bomb/);
    }
  });

  it("that hold many members of modest claims are refused for their sum", () => {
    const content = zipSync({ a: [new Uint8Array(2 ** 20), { level: 0 }] });
    const big = withField(withField(content, 24, 2 ** 29), 20, 2 ** 20);
    const view = new DataView(big.buffer);
    const end = big.length - 22;
    const directory = big.slice(view.getUint32(end + 16, true), end);
    const tail = big.slice(end);
    new DataView(tail.buffer).setUint16(10, 9, true);
    const bytes = new Uint8Array(Buffer.concat([big.slice(0, end), ...new Array(8).fill(directory), tail]));
    expect(refusal(() => decodeNpz(bytes, "bomb.npz")).code).toBe("too-large");
  });

  it("that unpack to more than they declare are given up after a slice", () => {
    const flood = zipSync({ "x.npy": new Uint8Array(2 ** 27) });
    const before = process.memoryUsage().arrayBuffers;
    const error = refusal(() => decodeNpz(withField(flood, 24, 1000), "f.npz").read("x"));
    expect(error).toMatchObject({ code: "bad-file", where: "f.npz: x" });
    expect(error.message).toMatch(/goes on after/);
    // One slice of 32 KiB unpacks to 34 MB at most; 2^27 are there.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 27);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(), /empty/],
    ["a single array", encodeNpy(x), /single \.npy/],
    ["text", new TextEncoder().encode("x,y\n1,2\n"), /no zip directory/],
    ["an archive without its end", deflated.subarray(0, -5), /no zip directory/],
    ["a member that is cut short", withField(deflated, 20, 20), /cut short|ends after/],
    ["a member shorter than declared", withField(deflated, 24, 5000), /ends after/],
    ["a wrong checksum", withField(deflated, 16, 1), /checksum/],
    ["a member outside of the archive", withField(deflated, 42, 2 ** 30), /no member/],
    ["a member that runs past the end", withField(deflated, 20, 2 ** 20), /before the end/],
  ])("%s is told", (_, bytes, message) => {
    const error = refusal(() => decodeNpz(bytes, "d.npz").read("x"));
    expect(error.code).toBe("bad-file");
    expect(error.message).toMatch(message);
    expect(error.where).toMatch(/^d\.npz/);
  });

  it("with any bytes changed, cut or made up give arrays or typed errors", () => {
    const originals = [deflated, zip64("x.npy", encodeNpy(x)), bytesOf(files["npz-stored"])];
    const told = (bytes: Uint8Array) => {
      try {
        const npz = decodeNpz(bytes, "fuzz");
        for (const key of npz.keys) npz.read(key);
      } catch (error) {
        if (!(error instanceof FathomError)) throw error;
      }
    };
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 });
    fc.assert(
      fc.property(fc.constantFrom(...originals), edits, fc.nat(), (original, changes, cut) => {
        const bytes = original.slice(cut % 3 === 0 ? cut % original.length : 0);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        told(bytes);
      }),
      { numRuns: 1000, seed: 3 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), told), { numRuns: 300, seed: 4 });
  });
});

/** @file Tables: whatever separates their cells, and every fault told with its line, column and mend. */
import fc from "fast-check";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { bytesSource, type ReadOptions, readCsv } from "../../src/data/index.ts";
import { toNumbers } from "../../src/tensor/index.ts";
import { floodSource, refused, textSource, told } from "./sources.ts";

const read = (text: string, options: ReadOptions = {}, test?: string) =>
  readCsv(
    {
      name: "t",
      train: textSource("t.csv", text),
      test: test === undefined ? undefined : textSource("t_test.csv", test),
    },
    options,
  );
/** Training rows of a table whose test rows are given apart, so that the order is that of the file. */
const rowsOf = async (text: string, options: ReadOptions = {}) => {
  const { train, ...rest } = await read(text, options, text);
  return { inputs: toNumbers(train.inputs), labels: toNumbers(train.labels), ...rest };
};

describe("a table", () => {
  it.each([
    ["commas", "a,b,label\n1,2,0\n3,4.5,1\n"],
    ["tabs", "a\tb\tlabel\n1\t2\t0\n3\t4.5\t1"],
    ["semicolons", "a;b;label\n1;2;0\n3;4.5;1\n"],
    ["a byte-order mark and CRLF", "\ufeffa,b,label\r\n1,2,0\r\n3,4.5,1\r\n"],
    ["empty lines", "\na,b,label\n\n1,2,0\n\n\n3,4.5,1\n\n"],
    ["lines of spaces behind quotes", 'a,b,label\n1,"2",0\n  \n3,4.5,1\n'],
    ["quotes", '"a","b","label"\n"1",2,"0"\n3,"4.5",1\n'],
    ["spaces around cells", "a, b, label\n 1, 2, 0\n 3, 4.5, 1\n"],
    ["no header", "1,2,0\n3,4.5,1\n"],
    ["exponents and signs", "a,b,label\n1e0,+2,0\n.3e1,45e-1,1\n"],
  ])("with %s gives the same rows", async (_, text) => {
    const { inputs, labels, kind, inputShape, classes } = await rowsOf(text);
    expect({ inputs, labels }).toEqual({ inputs: [1, 2, 3, 4.5], labels: [0, 1] });
    expect({ kind, inputShape, classes }).toEqual({ kind: "vector", inputShape: [2], classes: 2 });
  });

  it("takes the label by name, by number, by its usual names, else from the last column", async () => {
    const text = "y,a,b\n0,1,2\n1,3,0\n";
    expect((await rowsOf(text)).inputs).toEqual([1, 2, 3, 0]);
    expect((await rowsOf(text, { label: "a" })).labels).toEqual([0, 1]);
    expect((await rowsOf(text, { label: "3" })).inputs).toEqual([0, 1, 1, 3]);
    expect((await rowsOf("p,q\n1,0\n2,1\n")).inputs).toEqual([1, 2]);
  });

  it("knows a header of numbered columns from data, and obeys when told", async () => {
    expect((await rowsOf("0,1,2,3,name\n5,6,7,8,x\n9,9,9,9,z\n")).inputs.length).toBe(8);
    expect((await rowsOf("1,2,setosa\n4,3,virginica\n")).inputs.length).toBe(4);
    expect((await rowsOf("5.1,3.5,setosa\n4,3,virginica\n")).inputs.length).toBe(4);
    expect((await rowsOf("1,2,0\n3,4,0\n", { header: "present" })).inputs).toEqual([3, 4]);
    expect((await rowsOf("0,1,2,3\n5,6,7,0\n9,9,9,1\n")).labels).toEqual([0, 1]);
    expect((await rowsOf("0,1,2\n5,6,0\n9,9,1\n")).inputs.length).toBe(6);
    expect((await refused(read("id,1990,1991,kind\n1,2,3,x\n"))).hint).toMatch(/header is present/);
  });

  it("keeps text labels in order of first appearance, and other whole numbers in ascending order", async () => {
    const named = await rowsOf("x,c\n1,dog\n2,cat\n3,dog\n");
    expect(named).toMatchObject({ labels: [0, 1, 0], classNames: ["dog", "cat"] });
    const signed = await rowsOf("x,c\n1,1\n2,-1\n3,+1.0\n");
    expect(signed).toMatchObject({ labels: [1, 0, 1], classNames: ["-1", "1"] });
    expect((await rowsOf("x,c\n1,1\n2,0\n")).classNames).toBeUndefined();
  });

  it("keeps line feeds and delimiters in quotes, and counts lines past them", async () => {
    const text = 'x,c\n1,"a\n""b"", c"\n2,d\n';
    expect((await rowsOf(text)).classNames).toEqual(['a\n"b", c', "d"]);
    const error = await refused(read(`${text}oops,d\n`));
    expect(error.where).toMatch(/^t\.csv, line 5/);
  });

  it("is read as pictures or signals where told", async () => {
    const { kind, inputShape } = await rowsOf("1,2,3,4,0\n1,2,3,4,0\n", { shape: [1, 2, 2] });
    expect({ kind, inputShape }).toEqual({ kind: "image", inputShape: [1, 2, 2] });
    expect((await rowsOf("1,2,3,4,0\n1,2,3,4,0\n", { shape: [2, 2] })).kind).toBe("signal");
    expect((await refused(read("1,2,0\n", { shape: [1, 3, 3] }, "1,2,0\n"))).code).toBe("bad-shape");
  });

  it("packed with gzip gives the same rows, in several members too", async () => {
    const text = new TextEncoder().encode("a,label\n1,0\n2,1\n");
    const joined = new Uint8Array([...gzipSync(text.subarray(0, 5)), ...gzipSync(text.subarray(5))]);
    for (const bytes of [gzipSync(text), joined]) {
      const source = bytesSource("t.csv.gz", bytes);
      expect(toNumbers((await readCsv({ name: "t", train: source, test: source })).train.inputs)).toEqual([
        1, 2,
      ]);
    }
  });
});

describe("a faulty table is refused, with file, line and column:", () => {
  it.each<[string, string, RegExp, RegExp]>([
    ["a missing value", "a,b,y\n1,,0\n", /missing/, /^t\.csv, line 2, column "b"$/],
    ["NA", "a,b,y\n1,2,0\nNA,2,0\n", /missing \(NA\)/, /line 3, column "a"/],
    ["NaN", "1,2,0\n1,nan,0\n", /missing/, /line 2, column 2/],
    ["text", "a,b,y\n1,red,0\n", /"red" is no number/, /line 2, column "b"/],
    ["hexadecimal", "a,b,y\n1,0x10,0\n", /no number/, /line 2, column "b"/],
    ["Infinity", "a,b,y\n1,Infinity,0\n", /no finite/, /line 2, column "b"/],
    ["1e400", "a,b,y\n1,1e400,0\n", /no finite/, /line 2, column "b"/],
    ["1e39, beyond float32", "a,b,y\n1,1e39,0\n", /no finite/, /line 2, column "b"/],
    ["a short row", "a,b,y\n1,2,0\n1,0\n", /2 cells, the first line 3/, /line 3$/],
    ["a long row", "a,b,y\n1,2,3,0\n", /4 cells/, /line 2$/],
    ["a missing label", "a,b,y\n1,2,\n", /label in column "y" is missing/, /line 2$/],
    ["a label that is no class", "a,b,y\n1,2,0.5\n", /0\.5 in column "y" is no class/, /line 2$/],
    ["one column", "a\n1\n", /single column/, /line 1$/],
    ["quotes without an end", 'a,y\n1,"0\n2,1\n', /quotes/, /line [23]$/],
    ["quotes inside a cell", 'a,y\n1,x"y"z\n', /quotes/, /line 2$/],
    ["no rows", "a,b,y\n", /no rows/, /t\.csv/],
    ["nothing", "", /no rows/, /t\.csv/],
    ["one row, which no split has", "a,y\n1,0\n", /too few/, /t\.csv/],
    ["a class for every row", "a,y\n1,0\n2,1\n3,2\n4,3\n5,4\n", /classes: 5/, /t\.csv/],
  ])("%s", async (_, text, message, where) => {
    const error = await refused(read(text));
    expect(error.message).toMatch(message);
    expect(error.where).toMatch(where);
    expect(error.hint).toBeTruthy();
  });

  it("decimal commas", async () => {
    expect((await refused(read("a;b;y\n1,5;2;0\n"))).hint).toMatch(/decimals with a point/);
  });

  it("a label column that is not there, with those that are", async () => {
    const error = await refused(read("a,b,y\n1,2,0\n", { label: "species" }));
    expect(error).toMatchObject({ code: "bad-input", where: "t.csv, line 1" });
    expect(error.hint).toMatch(/a, b, y/);
    expect((await refused(read("1,2,0\n", { label: "9" }))).hint).toMatch(/1 to 3/);
  });

  it("a test part of other columns or classes", async () => {
    expect((await refused(read("1,2,0\n", {}, "1,0\n"))).code).toBe("bad-shape");
    const error = await refused(read("1,2,a\n3,4,b\n", {}, "5,6,a\n7,8,c\n"));
    expect(error).toMatchObject({ code: "bad-input", where: "t_test.csv, line 2" });
    expect(error.message).toMatch(/No training row has the label "c"/);
  });

  it("bytes that are no UTF-8", async () => {
    const latin = bytesSource("t.csv", new Uint8Array([0x61, 0x2c, 0xe9, 0x0a]));
    expect((await refused(readCsv({ name: "t", train: latin }))).message).toMatch(/UTF-8/);
  });

  it("gzip that is cut short or damaged", async () => {
    const packed = gzipSync(new TextEncoder().encode("a,y\n".concat("1.25,0\n2.5,1\n".repeat(2000))));
    const damaged = packed.slice();
    damaged[packed.length - 6]! ^= 1;
    for (const bytes of [packed.subarray(0, -1), packed.subarray(0, -9), packed.subarray(0, 40), damaged]) {
      const error = await refused(readCsv({ name: "t", train: bytesSource("t.csv.gz", bytes) }));
      expect(error).toMatchObject({ code: "bad-file", where: expect.stringMatching(/^t\.csv\.gz/) });
    }
  });
});

describe("a hostile table costs bounded memory:", () => {
  const chunk = new Uint8Array(65_536).fill(0x31);

  it.each([
    ["1 GiB without a line feed", chunk],
    ["1 GiB inside one pair of quotes", new TextEncoder().encode(`"${"1\n".repeat(32_767)}`)],
  ])("%s", async (_, bytes) => {
    const flood = floodSource("t.csv", bytes, 16_384);
    expect((await refused(readCsv({ name: "t", train: flood }))).code).toMatch(/too-large|bad-file/);
    // 16 Mi characters are 256 chunks.
    expect(flood.taken).toBeLessThan(520);
  });

  it("gzip of a single endless line", async () => {
    const bomb = bytesSource("t.csv.gz", gzipSync(new Uint8Array(2 ** 26).fill(0x31)));
    expect((await refused(readCsv({ name: "t", train: bomb }))).code).toBe("too-large");
  });
});

describe("a split", () => {
  const table = Array.from({ length: 50 }, (_, i) => `${i},${i < 40 ? "a" : "b"}`).join("\n");

  it("is 80 to 20 in each class, the same every time, another for another seed", async () => {
    const { train, test, source } = await read(table);
    expect([train.labels.data.length, test.labels.data.length]).toEqual([40, 10]);
    expect(toNumbers(test.labels).filter((label) => label === 1).length).toBe(2);
    const all = [...toNumbers(train.inputs), ...toNumbers(test.inputs)];
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(source).toMatch(/10 of 50/);
    expect((await read(table)).test).toEqual(test);
    expect((await read(table, { splitSeed: 1 })).test).not.toEqual(test);
    expect((await read(table, { split: 0.5 })).test.labels.data.length).toBe(25);
  });

  it("leaves every class a training row", async () => {
    const { train, test } = await read("1,a\n2,b\n3,b\n4,b\n", { split: 0.9 });
    expect(toNumbers(train.labels).toSorted()).toEqual([0, 1]);
    expect(toNumbers(test.labels)).toEqual([1, 1]);
  });

  it.each([0, 1, -0.5, Number.NaN])("cannot be %s", async (split) => {
    expect((await refused(read(table, { split }))).code).toBe("bad-input");
  });
});

it("any text gives a table or a typed error", async () => {
  const cell = fc.oneof(
    fc.constantFrom("", '"', '""', ",", "\n", "\r\n", "1", "-2.5", "a", "nan", "\u0000", "1e999", ";", "\t"),
    fc.string(),
  );
  const texts = fc.array(cell, { maxLength: 60 }).map((cells) => cells.join(""));
  await fc.assert(
    fc.asyncProperty(texts, (text) => told(read(text))),
    { numRuns: 500, seed: 1 },
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) =>
      told(readCsv({ name: "t", train: bytesSource("t.csv", bytes) })),
    ),
    { numRuns: 300, seed: 2 },
  );
});

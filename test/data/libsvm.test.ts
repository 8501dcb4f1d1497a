/** @file Sparse rows: either base, either order, and a bound before anything dense is made. */
import fc from "fast-check";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { bytesSource, readLibsvm } from "../../src/data/index.ts";
import { toNumbers } from "../../src/tensor/index.ts";
import { floodSource, refused, textSource, told } from "./sources.ts";

const read = (text: string, test = text) =>
  readLibsvm({ name: "t", train: textSource("t.libsvm", text), test: textSource("test.libsvm", test) });

describe("libsvm", () => {
  it("counts indices from 1, absent features are 0, and −1/+1 become classes with their names", async () => {
    const { train, classes, classNames, inputShape } = await read(
      "+1 1:0.5 3:2\n-1 2:-1e0 # a comment\r\n\n",
    );
    expect(toNumbers(train.inputs)).toEqual([0.5, 0, 2, 0, -1, 0]);
    expect(toNumbers(train.labels)).toEqual([1, 0]);
    expect({ classes, classNames, inputShape }).toEqual({
      classes: 2,
      classNames: ["-1", "1"],
      inputShape: [3],
    });
  });

  it("counts from 0 in both parts where a 0 occurs in one, and takes the widest part's features", async () => {
    const { train, test } = await read("0 1:1\n1 2:1\n", "1 0:7\n0 3:5\n");
    expect(train.inputs.shape).toEqual([2, 4]);
    expect(toNumbers(train.inputs)).toEqual([0, 1, 0, 0, 0, 0, 1, 0]);
    expect(toNumbers(test.inputs)).toEqual([7, 0, 0, 0, 0, 0, 0, 5]);
  });

  it("takes rows without features, indices in any order, and query ids", async () => {
    const { train } = await read("0 \n1\n1 qid:3 2:4 1:3\n");
    expect(toNumbers(train.inputs)).toEqual([0, 0, 0, 0, 3, 4]);
  });

  it.each<[string, string, RegExp, RegExp]>([
    ["an index twice", "1 1:1 2:3 1:2\n", /index 1 occurs twice/, /line 1$/],
    ["no colon", "1 1:1\n0 12\n", /"12" is no index:value/, /line 2$/],
    ["no value", "1 1:\n", /no index:value/, /line 1$/],
    ["a negative index", "1 -1:2\n", /no index:value/, /line 1$/],
    ["a value that is not finite", "1 1:nan\n", /no index:value/, /line 1$/],
    ["a value beyond float32", "1 1:1e400\n", /no index:value/, /line 1$/],
    ["an index beyond 2^31", "1 4294967296:1\n", /no index:value/, /line 1$/],
    ["text for a label", "cat 1:1\n", /no label/, /line 1$/],
    ["several labels", "1,2 1:1\n", /no label/, /line 1$/],
    ["a label that is no class", "0.5 1:1\n", /no class/, /line 1$/],
    ["no features at all", "1\n0\n", /No row has a feature/, /t\.libsvm/],
    ["nothing", "", /./, /t\.libsvm/],
  ])("refuses %s, naming the line", async (_, text, message, where) => {
    const error = await refused(read(text));
    expect(error.code).toBe("bad-input");
    expect(error.message).toMatch(message);
    expect(error.where).toMatch(where);
    expect(error.hint).toBeTruthy();
  });

  it("refuses rows × features beyond 2 GiB before they are allocated, naming the largest index", async () => {
    const error = await refused(read("1 1:1\n0 2147483647:1\n"));
    expect(error).toMatchObject({ code: "too-large", where: "t.libsvm, line 2" });
  });

  it("reads gzip, and tells when it is cut short", async () => {
    const packed = gzipSync(new TextEncoder().encode("1 1:1\n0 2:1\n".repeat(500)));
    const train = bytesSource("t.libsvm.gz", packed);
    expect((await readLibsvm({ name: "t", train })).train.inputs.shape).toEqual([800, 2]);
    const cut = bytesSource("t.libsvm.gz", packed.subarray(0, -3));
    expect((await refused(readLibsvm({ name: "t", train: cut }))).code).toBe("bad-file");
  });

  it("gives an endless line up within bounds", async () => {
    const flood = floodSource("t", new TextEncoder().encode("1:1 ".repeat(16_384)), 16_384);
    expect((await refused(readLibsvm({ name: "t", train: flood }))).code).toBe("too-large");
    expect(flood.taken).toBeLessThan(300);
  });

  it("gives a result or a typed error for any text", async () => {
    const part = fc.constantFrom(
      "1",
      "0",
      "-1",
      " ",
      "\n",
      ":",
      "1:2",
      "2:1",
      "#",
      "x",
      "qid:1",
      "9999999999:1",
      "\t",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 40 }), (parts) => told(read(parts.join("")))),
      { numRuns: 500, seed: 1 },
    );
  });
});

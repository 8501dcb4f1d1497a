/** @file The journal: what is done is done, whatever happens to the rest. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal } from "../../src/analyses/journal.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fathom-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, "journal.jsonl");
const never = () => Promise.reject(new Error("this piece is done already"));

describe("a journal", () => {
  it("gives back what was done before it was opened again", async () => {
    const first = await Journal.open(folder);
    await first.piece("a", async () => ({ loss: 0.1 + 0.2 }));
    const second = await Journal.open(folder);
    expect(await second.piece("a", never)).toEqual({ loss: 0.1 + 0.2 });
  });

  it("takes a line that was cut off anywhere as not done, and goes on behind it", async () => {
    const first = await Journal.open(folder);
    await first.piece("a", async () => [1, 2]);
    await first.piece("b", async () => [3, 4]);
    const whole = readFileSync(file(), "utf8");
    const from = whole.indexOf('{"key":"b"');
    for (let cut = from; cut < whole.trimEnd().length; cut++) {
      writeFileSync(file(), whole.slice(0, cut));
      const journal = await Journal.open(folder);
      expect(await journal.piece("a", never)).toEqual([1, 2]);
      expect(await journal.piece("b", async () => "again")).toBe("again");
      expect(await (await Journal.open(folder)).piece("b", never)).toBe("again");
    }
  });

  it("leaves out lines that are not its own", async () => {
    appendFileSync(file(), 'null\n[]\n{"key":1,"result":2}\n{"result":2}\n{"key":"c","result":null}\n');
    const journal = await Journal.open(folder);
    expect(journal.size).toBe(1);
    expect(await journal.piece("c", never)).toBeNull();
  });

  it("begins anew once the work is whole", async () => {
    const journal = await Journal.open(folder);
    await journal.piece("a", async () => 1);
    await journal.close();
    expect((await Journal.open(folder)).size).toBe(0);
  });

  it("names a folder that cannot be used", async () => {
    writeFileSync(join(folder, "taken"), "");
    await expect(Journal.open(join(folder, "taken"))).rejects.toMatchObject({
      code: "bad-input",
      where: expect.stringContaining("taken"),
    });
  });
});

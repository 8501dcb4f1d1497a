import { describe, expect, it } from "vitest";
import { progressReporter } from "../../src/cli/progress.ts";

function sink(isTTY: boolean) {
  const written: string[] = [];
  const stream = {
    isTTY,
    columns: 80,
    write: (text: string) => written.push(text),
    cursorTo() {},
    clearLine() {},
    moveCursor() {},
    on() {},
    off() {},
    removeListener() {},
  };
  return { stream, written };
}

describe("progress", () => {
  it("writes a plain line for each stage where there is no terminal", async () => {
    const { stream, written } = sink(false);
    const reporter = await progressReporter(stream, { quiet: false });
    reporter.report({ label: "training", done: 1, total: 10 });
    reporter.report({ label: "training", done: 2, total: 10 });
    reporter.report({ label: "measuring\u001b[2J", done: 0, total: null });
    expect(written).toEqual(["training 1/10\n", "measuring[2J\n"]);
  });

  it("writes nothing when quiet", async () => {
    const { stream, written } = sink(true);
    const reporter = await progressReporter(stream, { quiet: true });
    reporter.report({ label: "training", done: 1, total: 10 });
    reporter.stop();
    expect(written).toEqual([]);
  });

  it("draws a bar on a terminal and clears it at the end", async () => {
    const { stream, written } = sink(true);
    const reporter = await progressReporter(stream, { quiet: false });
    reporter.report({ label: "training", done: 5, total: 10 });
    reporter.stop();
    reporter.report({ label: "again", done: 5, total: 10 });
    reporter.stop();
    expect(written.join("")).toContain("training");
  });
});

import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { criticality } from "../../src/analyses/index.ts";
import { listenForInterrupt } from "../../src/cli/interrupt.ts";
import { parseNetText } from "../../src/net/index.ts";

class Process extends EventEmitter {
  exitCode: number | undefined;
  exit(code: number): void {
    this.exitCode = code;
  }
}

describe("Ctrl-C", () => {
  it("asks the work to stop first, and ends the process with 130 the second time", () => {
    const source = new Process();
    const written: string[] = [];
    const interrupt = listenForInterrupt(source, { write: (text) => written.push(text) });
    source.emit("SIGINT");
    expect(interrupt.signal.aborted).toBe(true);
    expect(interrupt.signal.reason).toMatchObject({ code: "cancelled" });
    expect(written.join("")).toContain("again");
    expect(source.exitCode).toBeUndefined();
    source.emit("SIGINT");
    expect(source.exitCode).toBe(130);
  });

  it("stops listening when the command is over", () => {
    const source = new Process();
    {
      using _ = listenForInterrupt(source, { write: () => {} });
      expect(source.listenerCount("SIGINT")).toBe(1);
    }
    expect(source.listenerCount("SIGINT")).toBe(0);
  });

  it.each([
    "sampling networks",
    "tangent kernel by layer",
    "learning rate, curvature",
    "learning rate, trials of descent",
    "learning rate, layer by layer",
  ])("is heard between two seeds while `criticality --measure` is at: %s", async (stage) => {
    const source = new Process();
    using interrupt = listenForInterrupt(source, { write: () => {} });
    const heard: string[] = [];
    const asked = criticality({
      net: parseNetText("mlp:depth=4,width=16,activation=tanh,in=16,out=4"),
      seed: 0,
      command: "fathom criticality",
      measure: { seeds: 3 },
      signal: interrupt.signal,
      onProgress: ({ label }) => {
        heard.push(label);
        // A timer is what a signal of the process is: it waits for a turn of the event loop.
        if (label === stage) setTimeout(() => source.emit("SIGINT"), 0);
      },
    });
    await expect(asked).rejects.toMatchObject({ code: "cancelled" });
    expect(heard.filter((label) => label === stage).length).toBeLessThan(3);
    expect(heard.at(-1)).toBe(stage);
  });
});

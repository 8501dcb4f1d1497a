import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { listenForInterrupt } from "../../src/cli/interrupt.ts";

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
});

/** @file Where windows stand (kernels.md §2.1, padding geometry). */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Padding, type WindowAxis, windowAxis } from "../../src/net/geometry.ts";

/** The inputs that window i sees, relative to stride·i. */
function offsets({ kernel, dilation, lo }: WindowAxis): number[] {
  return Array.from({ length: kernel }, (_, j) => dilation * j - lo);
}

describe("padding", () => {
  it("places 3 taps with stride 2 at 0, 1, 2 under XLA's same and at -1, 0, 1 under torch-same", () => {
    const axis = { size: 28, kernel: 3, stride: 2 };
    expect(offsets(windowAxis({ ...axis, padding: "same" }))).toEqual([0, 1, 2]);
    expect(offsets(windowAxis({ ...axis, padding: "torch-same" }))).toEqual([-1, 0, 1]);
  });

  it("places 4 taps at -1 … 2 under both", () => {
    for (const padding of ["same", "torch-same"] as const) {
      expect(offsets(windowAxis({ size: 28, kernel: 4, stride: 1, padding }))).toEqual([-1, 0, 1, 2]);
    }
  });

  it("agrees between same and torch-same at stride 1", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (kernel, size) => {
        const axis = { size, kernel, stride: 1 };
        expect(windowAxis({ ...axis, padding: "torch-same" })).toEqual(
          windowAxis({ ...axis, padding: "same" }),
        );
      }),
    );
  });

  it("gives ⌈n/s⌉ windows under same, circular and torch-same, and the formula of valid and numbers", () => {
    const count = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(count, count, count, count, (size, kernel, stride, dilation) => {
        const out = (padding: Padding) => windowAxis({ size, kernel, stride, dilation, padding }).out;
        const span = (kernel - 1) * dilation + 1;
        for (const padding of ["same", "circular", "torch-same"] as const) {
          expect(out(padding)).toBe(Math.ceil(size / stride));
        }
        expect(out("valid")).toBe(Math.floor((size - span) / stride) + 1);
        expect(out(2)).toBe(Math.floor((size + 4 - span) / stride) + 1);
      }),
    );
  });
});

/** @file Without the native binding, the device cpu runs on Wasm; without either, the error says what to do. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { type FathomError, ndarray, toNumbers } from "../../src/tensor/index.ts";

const missing = () => {
  throw new Error("no binding for this platform");
};

async function doubled() {
  const { input, mul } = await import("../../src/expr/index.ts");
  const { compile } = await import("../../src/runtime/index.ts");
  const x = input("x", [2]);
  await using executable = await compile({ inputs: [x], outputs: { y: mul(x, 2) } });
  return toNumbers((await executable.run({ x: ndarray("float32", [2], [1, 2]) }))["y"]!);
}

describe("the device cpu", () => {
  afterEach(() => {
    vi.doUnmock("onnxruntime-node");
    vi.doUnmock("onnxruntime-web");
    vi.resetModules();
  });

  it("falls back to Wasm", async () => {
    vi.resetModules();
    vi.doMock("onnxruntime-node", missing);
    expect(await doubled()).toEqual([2, 4]);
    const { doctor } = await import("../../src/runtime/index.ts");
    const checks = await doctor();
    expect(checks.find(({ name }) => name === "onnxruntime-node")).toMatchObject({ ok: false });
    expect(checks.find(({ name }) => name === "float64")).toMatchObject({ ok: true });
  });

  it("is refused when neither is there", async () => {
    vi.resetModules();
    vi.doMock("onnxruntime-node", missing);
    vi.doMock("onnxruntime-web", missing);
    const error = await doubled().catch((failure: unknown) => failure as FathomError);
    expect(error).toMatchObject({ name: "FathomError", code: "unsupported", where: "device" });
    expect((error as FathomError).hint).toContain("interpreter");
  });
});

/** @file Equal graphs share one program; programs are freed when nobody uses them. */
import { beforeEach, describe, expect, it } from "vitest";
import { add, constant, input, mul, Scope, type Tensor, tanh, withScope } from "../../src/expr/index.ts";
import { ProgramCache } from "../../src/runtime/cache.ts";
import { graphHash } from "../../src/runtime/graph-hash.ts";
import { type CompileOptions, compile, compileLoop, executableCache } from "../../src/runtime/index.ts";
import { Key, ndarray, normal, toNumbers } from "../../src/tensor/index.ts";

function hash(build: () => Tensor, options = ""): string {
  return withScope(new Scope(), () => graphHash({ outputs: [["y", build()]] }, options));
}

describe("the hash of a graph", () => {
  const x = () => input("x", [2, 3]);
  const base = () => add(tanh(x()), 1);

  it("does not depend on the scope", () => {
    expect(hash(base)).toBe(hash(base));
    expect(hash(base)).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each<[string, () => Tensor, string?]>([
    ["a primitive", () => mul(tanh(x()), 3)],
    ["a constant", () => add(tanh(x()), 2)],
    ["the sign of zero", () => mul(x(), constant([[-0]]))],
    ["a shape", () => add(tanh(input("x", [3, 2])), 1)],
    ["a dtype", () => add(tanh(input("x", [2, 3], "float64")), 1)],
    ["the name of an input", () => add(tanh(input("z", [2, 3])), 1)],
    ["an option", base, "threads 2"],
  ])("depends on %s", (_, build, options) => {
    expect(hash(build, options)).not.toBe(hash(base));
  });

  it("tells large constants apart by their content", () => {
    const large = (seed: number) => () =>
      mul(x(), constant(normal(Key.fromSeed(seed), "float32", [100, 1, 1])));
    expect(hash(large(1))).toBe(hash(large(1)));
    expect(hash(large(1))).not.toBe(hash(large(2)));
    expect(hash(() => mul(x(), constant([[0]])))).not.toBe(hash(() => mul(x(), constant([[-0]]))));
  });
});

describe("the cache of executables", () => {
  beforeEach(() => executableCache.clear());

  async function doubled(options: CompileOptions = {}) {
    return withScope(new Scope(), () => {
      const x = input("x", [2]);
      return compile({ inputs: [x], outputs: { y: mul(x, 2) }, options });
    });
  }

  it("makes one program for equal graphs, also when asked at once", async () => {
    const [first, second] = await Promise.all([doubled(), doubled()]);
    const third = await doubled();
    expect(executableCache.size).toEqual({ programs: 1, used: 1 });
    await first.dispose();
    await first.dispose();
    await second.dispose();
    const { y } = await third.run({ x: ndarray("float32", [2], [1, 2]) });
    expect(toNumbers(y!)).toEqual([2, 4]);
    await third.dispose();
    expect(executableCache.size).toEqual({ programs: 1, used: 0 });
  });

  it("makes another program for other options", async () => {
    const handles = [
      await doubled({ threads: 1 }),
      await doubled({ threads: 2 }),
      await doubled({ portable: true }),
    ];
    expect(executableCache.size.programs).toBe(3);
    for (const handle of handles) await handle.dispose();
  });

  it("keeps loops apart from graphs", async () => {
    const x = input("x", [2]);
    await using _graph = await compile({ inputs: [x], outputs: { x: mul(x, 2) } });
    await using _loop = await compileLoop({ carry: [x], next: [mul(x, 2)] });
    expect(executableCache.size.programs).toBe(2);
  });

  it("keeps the most recently used of those that nobody uses, and forgets failures", async () => {
    const cache = new ProgramCache({ idle: 2 });
    const freed: string[] = [];
    const make = (name: string) => async () => ({ name, dispose: async () => void freed.push(name) });
    for (const name of ["a", "b"]) await (await cache.lease(name, make(name))).release();
    await (await cache.lease("a", make("another a"))).release();
    const used = await cache.lease("c", make("c"));
    await (await cache.lease("d", make("d"))).release();
    expect(freed).toEqual(["b"]);
    await used.release();
    expect(freed).toEqual(["b", "a"]);
    await expect(cache.lease("e", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect((await cache.lease("e", make("e"))).program).toMatchObject({ name: "e" });
  });
});

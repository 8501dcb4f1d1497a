/** @file Choices inside compiled loops: the values of `where`, but each step computes only the side that it takes. */
import { describe, expect, it } from "vitest";
import {
  add,
  cast,
  choose,
  div,
  input,
  lessEqual,
  matmul,
  mul,
  reduceSum,
  sqrt,
  square,
  sub,
  type Tensor,
  tanh,
} from "../../src/expr/index.ts";
import { compileLoop } from "../../src/runtime/index.ts";
import { lowerLoop } from "../../src/runtime/loop-graph.ts";
import { allNodes, type OnnxGraph } from "../../src/runtime/model.ts";
import { ndarray, toNumbers } from "../../src/tensor/index.ts";

const w = input("w", [4, 4], "float64");
const v = input("v", [4], "float64");
const far = input("far", [], "bool");
const x = input("x", [4, 4], "float64");

/** A step that looks further where it is told to, and stops moving where it would go too far. */
function step() {
  const near = tanh(matmul(x, w));
  const further = tanh(matmul(near, w));
  const seen = choose(far, further, near);
  const sums = choose(far, reduceSum(further, { axes: [0] }), 0);
  const norm = sqrt(reduceSum(square(seen)));
  const sound = lessEqual(norm, 3);
  return {
    carry: [w, v],
    next: [choose(sound, sub(w, mul(div(seen, norm), 0.1)), w), choose(sound, add(mul(v, 0.9), sums), v)],
    perStep: [x, far],
    collect: { norm, sound: cast(sound, "float64") },
  };
}

const steps = 12;
const feeds = {
  carry: {
    w: ndarray(
      "float64",
      [4, 4],
      Array.from({ length: 16 }, (_, i) => Math.sin(i)),
    ),
    v: ndarray("float64", [4], [1, 2, 3, 4]),
  },
  perStep: {
    x: ndarray(
      "float64",
      [steps, 4, 4],
      Array.from({ length: 16 * steps }, (_, i) => 2 * Math.cos(i * i)),
    ),
    far: ndarray(
      "bool",
      [steps],
      Array.from({ length: steps }, (_, i) => Number(i % 3 === 0)),
    ),
  },
};

async function run(options: { device: "cpu" | "interpreter" }) {
  await using loop = await compileLoop({ ...step(), options: { ...options, threads: 1 } });
  const { carry, collected } = await loop.run({ ...feeds, steps });
  return [carry["w"]!, carry["v"]!, collected["norm"]!, collected["sound"]!].map((array) => toNumbers(array));
}

/** The operators of a graph by the side of a choice that they stand on. */
function operatorsInside(graph: OnnxGraph): string[][] {
  return allNodes(graph).flatMap(({ attributes }) =>
    ["then_branch", "else_branch"].flatMap((side) => {
      const attribute = attributes[side];
      return attribute === undefined || !("graph" in attribute)
        ? []
        : [attribute.graph.nodes.map(({ op }) => op)];
    }),
  );
}

describe("choices in a loop", () => {
  it("give the values of both devices, also where sides and skips alternate", async () => {
    const [compiled, interpreted] = [await run({ device: "cpu" }), await run({ device: "interpreter" })];
    compiled.forEach((values, i) => {
      values.forEach((value, j) => {
        // Both are float64; the sums of 12 contracting steps differ by their order alone.
        expect(Math.abs(value - interpreted[i]![j]!)).toBeLessThan(1e-12);
      });
    });
    expect(new Set(compiled[3])).toEqual(new Set([0, 1]));
  });

  it("put what only one side needs inside it, and what both need before it", () => {
    const { carry, next, perStep, collect } = step();
    const { graph } = lowerLoop({
      carried: carry.map((value, i) => ({ input: value, next: next[i]! })),
      perStep,
      shared: [],
      collected: Object.values(collect) as Tensor[],
    });
    const inside = operatorsInside(graph);
    expect(inside.filter((ops) => ops.some((op) => /MatMul|Gemm/.test(op)))).toHaveLength(1);
    expect(allNodes(graph).filter(({ op }) => /MatMul|Gemm/.test(op))).toHaveLength(2);
    expect(allNodes(graph).filter(({ op }) => op === "If")).toHaveLength(2);
    expect(allNodes(graph).some(({ op }) => op === "Where")).toBe(false);
  });
});

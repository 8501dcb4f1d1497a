/**
 * @file Any well-typed composition of normalisations, branches, gates, dropout, slices and gains runs, differentiates and
 * is read back; any ill-typed one names its layer.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { z } from "zod";
import { constant, evaluate, input, mul, orZeros, reduceSum, vjp } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  covarianceProgram,
  importOnnx,
  initialise,
  type Model,
  netSchema,
  noiseInputs,
  parameterInputs,
  parseNet,
  parseNetText,
  printNet,
  trainableParameters,
} from "../../src/net/index.ts";
import { compile, lower } from "../../src/runtime/index.ts";
import {
  FathomError,
  Key,
  type NdArray,
  ndarray,
  normal,
  sizeOf,
  toNumbers,
  uniform,
} from "../../src/tensor/index.ts";
import { refusal } from "../refusal.ts";
import { type CoreNet, coreNets } from "./arbitrary-core.ts";
import { runPlain } from "./plain-network.ts";

const schema = z.fromJSONSchema(netSchema() as Parameters<typeof z.fromJSONSchema>[0]);
const key = Key.fromSeed(4);
const batch = 3;

function modelOf({ json }: CoreNet): Model {
  return buildModel(parseNet(json));
}

/** Drawn values, with running statistics that are not those of the start. */
function valuesOf(model: Model): Record<string, NdArray> {
  const drawn = initialise(model, key, { dtype: "float64" });
  const moved = model.parameters
    .filter(({ role }) => role === "buffer")
    .map(({ name, shape }) => [name, uniform(key.split(name), "float64", shape, { low: 0.5, high: 2 })]);
  return { ...drawn, ...Object.fromEntries(moved) };
}

function expectClose(actual: number, reference: number, tolerance: number): void {
  expect(Math.abs(actual - reference)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(reference)));
}

it("makes the shape that its options say and computes what plain loops compute", () => {
  fc.assert(
    fc.property(coreNets, (net) => {
      const model = modelOf(net);
      expect(model.layers.at(-1)!.output).toEqual(net.output);
      const values = valuesOf(model);
      const x = normal(key.split("x"), "float64", [2, ...model.inputShape]);
      const { output } = applyModel(model, parameterInputs(model, "float64"), input("x", x.shape, "float64"));
      const found = toNumbers(evaluate([output], { ...values, x })[0]!);
      const plain = Object.fromEntries(
        Object.entries(values).map(([name, array]) => [name, toNumbers(array)]),
      );
      const size = sizeOf(model.inputShape);
      const reference = [0, 1].flatMap(
        (n) => runPlain(model.layers, toNumbers(x).slice(n * size, (n + 1) * size), plain).at(-1)!,
      );
      // Float64, sums in another order; products of branches raise sizes.
      for (const [i, value] of found.entries()) expectClose(value, reference[i]!, 1e-9);
    }),
    { numRuns: 150 },
  );
});

/** A pass in training mode as expressions and numbers: a weighted sum of the output, its gradients, running statistics. */
function trainingPass(model: Model) {
  const params = parameterInputs(model, "float64");
  const x = input("x", [batch, ...model.inputShape], "float64");
  const noise = noiseInputs(model, batch, "float64");
  const { output, updates } = applyModel(model, params, x, { mode: "training", noise });
  const weights = normal(key.split("weights"), "float64", output.shape);
  const total = reduceSum(mul(output, constant(weights)));
  const leaves = [x, ...trainableParameters(model).map(({ name }) => params[name]!)];
  const gradients = vjp([total], leaves).map((g, i) => orZeros(g, leaves[i]!));
  const drawn = model.noise.map(({ name, shape }) => [
    name,
    uniform(key.split(name), "float64", [batch, ...shape]),
  ]);
  const feeds: Record<string, NdArray> = {
    ...valuesOf(model),
    ...Object.fromEntries(drawn),
    x: normal(key.split("x"), "float64", x.shape),
  };
  const inputs = [x, ...Object.values(params), ...Object.values(noise)];
  return { inputs, feeds, total, output, updates: Object.values(updates), leaves, gradients };
}

it("differentiates in training mode: gradients are the slopes of the output", () => {
  fc.assert(
    fc.property(coreNets, (net) => {
      const { feeds, total, updates, leaves, gradients } = trainingPass(modelOf(net));
      const numbers = evaluate([...gradients, ...updates], feeds).map(toNumbers);
      expect(numbers.flat().every(Number.isFinite)).toBe(true);
      const names = leaves.map(({ attrs }) => attrs["name"] as string);
      const along = leaves.map(({ shape }, i) => normal(key.split(names[i]!), "float64", shape).data);
      const slope = along.reduce(
        (sum, direction, i) => direction.reduce((inner, d, j) => inner + d * numbers[i]![j]!, sum),
        0,
      );
      const at = (step: number) => {
        const moved = leaves.map(({ shape }, i) => {
          const values = toNumbers(feeds[names[i]!]!).map((value, j) => value + step * along[i]![j]!);
          return [names[i]!, ndarray("float64", shape, values)] as const;
        });
        return toNumbers(evaluate([total], { ...feeds, ...Object.fromEntries(moved) })[0]!)[0]!;
      };
      const difference = (h: number) => (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      const [coarse, fine] = [difference(1e-5), difference(5e-6)];
      // Normalisations of nearly equal examples, one on another, bend on lengths that differences do not resolve.
      fc.pre(Math.abs(coarse - fine) <= 1e-6 * Math.max(1, Math.abs(fine)));
      expectClose(slope, fine, 1e-5);
    }),
    { numRuns: 100 },
  );
});

it("runs compiled, and through an ONNX file and back, as it is interpreted, gradients and statistics included", async () => {
  await fc.assert(
    fc.asyncProperty(coreNets, async (net) => {
      const { inputs, feeds, output, updates, gradients } = trainingPass(modelOf(net));
      const results = [output, ...updates, ...gradients];
      const outputs = Object.fromEntries(results.map((tensor, i) => [`result.${i}`, tensor]));
      const expected = evaluate(Object.values(outputs), feeds);
      await using executable = await compile({ inputs, outputs, options: { threads: 1 } });
      const compiled = await executable.run(feeds);
      const read = importOnnx(lower({ inputs, outputs, portable: true }));
      const names = Object.keys(outputs);
      const again = evaluate(
        names.map((name) => read.outputs[name]!),
        { ...read.parameters, ...feeds },
      );
      for (const found of [names.map((name) => compiled[name]!), again]) {
        for (const [which, array] of found.entries()) {
          const reference = toNumbers(expected[which]!);
          const largest = Math.max(1, ...reference.map(Math.abs));
          // Float64 through fused and rewritten operators, relative to the largest entry.
          for (const [i, value] of toNumbers(array).entries())
            expect(Math.abs(value - reference[i]!)).toBeLessThanOrEqual(1e-9 * largest);
        }
      }
    }),
    { numRuns: 30 },
  );
});

it("is read back from its printed form and fits the JSON Schema, and its covariance program has one rule a layer or names who has none", () => {
  fc.assert(
    fc.property(coreNets, ({ json }) => {
      const net = parseNet(json);
      expect(parseNetText(printNet(net))).toEqual(net);
      expect(schema.safeParse(json).success).toBe(true);
      expect(schema.safeParse(net).success).toBe(true);
      try {
        expect(covarianceProgram(buildModel(net))).toHaveLength(net.layers.length);
      } catch (error) {
        if (!(error instanceof FathomError)) throw error;
        expect(error).toMatchObject({ code: "unsupported", where: expect.stringMatching(/^layers\[/) });
      }
    }),
    { numRuns: 100 },
  );
});

/** Layers that meet no shape of the given kind, or not these sizes, and where inside the layer the fault is told. */
const wrongLayers: readonly { layer: object; at: string }[] = [
  { layer: { kind: "slice", axis: 9 }, at: ".axis" },
  { layer: { kind: "slice", axis: 0, start: 1000 }, at: "" },
  { layer: { kind: "slice", axis: 0, start: -1, end: -1 }, at: "" },
  {
    layer: { kind: "residual", branch: [{ kind: "flatten" }, { kind: "dense", width: 97 }] },
    at: ".branch[1]",
  },
  {
    layer: { kind: "sum", branches: [[], [{ kind: "flatten" }, { kind: "dense", width: 97 }]] },
    at: ".branches[1][1]",
  },
  {
    layer: { kind: "product", branches: [[{ kind: "flatten" }, { kind: "dense", width: 97 }], []] },
    at: ".branches[1]",
  },
  {
    layer: {
      kind: "concat",
      branches: [
        [{ kind: "flatten" }],
        [{ kind: "scale", factor: 2 }],
        [{ kind: "embedding", vocabulary: 3, width: 2 }],
      ],
    },
    at: ".branches[2][0]",
  },
];

it("names the layer that does not fit, at the top and inside branches", () => {
  fc.assert(
    fc.property(coreNets, fc.constantFrom(...wrongLayers), fc.boolean(), (net, { layer, at }, inside) => {
      const { layers, ...head } = net.json;
      const place = inside ? `layers[${layers.length}].branches[1][0]` : `layers[${layers.length}]`;
      const wrong = inside ? { kind: "concat", branches: [[], [layer]] } : layer;
      const error = refusal(() => parseNet({ ...head, layers: [...layers, wrong] }));
      expect(error.code).toBe("bad-shape");
      expect(error.where).toBe(place + at);
      expect(error.message).toContain("layers[");
      expect(error.hint).toBeTruthy();
    }),
    { numRuns: 150 },
  );
});

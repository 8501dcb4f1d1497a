/**
 * @file Kernels of finite networks by sampling: K̂ = ⟨f(x) f(x')⟩ over units and positions, and Θ̂ = Σ_θ ∂f(x)/∂θ ∂f(x')/∂θ, over
 * independent networks from one description.
 */
import { add, constant, input, mul, orZeros, reduceSum, type Tensor, vjp } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  initialise,
  type Mode,
  type Model,
  type Net,
  noiseInputs,
  parameterInputs,
  trainableParameters,
} from "../../src/net/index.ts";
import { compile } from "../../src/runtime/index.ts";
import {
  Key,
  type NdArray,
  ndarray,
  normal,
  rademacher,
  sizeOf,
  toNumbers,
  uniform,
} from "../../src/tensor/index.ts";
import { type Estimate, meanEstimate } from "../../src/theory/index.ts";

/** Items of a network, [count, ...input]. */
export interface Items {
  readonly count: number;
  readonly data: Float64Array;
}

/** Numbers of order 1, or ids below 3, so that items share some of them. */
export function randomItems(net: Net, count: number): Items {
  const { kind, shape } = net.input!;
  const key = Key.fromSeed(11);
  const size = count * sizeOf(shape);
  if (kind !== "ids") return { count, data: Float64Array.from(normal(key, "float64", [size]).data) };
  return { count, data: Float64Array.from(uniform(key, "float64", [size], { high: 3 }).data, Math.floor) };
}

function batchOf(model: Model, { data, count }: Items): NdArray {
  const dtype = model.net.input!.kind === "ids" ? "int32" : "float32";
  return ndarray(dtype, [count, ...model.inputShape], data);
}

interface Sampling {
  readonly seeds: number;
  readonly mode?: Mode;
}

/** Random numbers of a network: its parameters, and in training mode its noise. */
function drawn(model: Model, key: Key, count: number, mode: Mode): Record<string, NdArray> {
  const noise = mode === "training" ? model.noise : [];
  return {
    ...initialise(model, key),
    ...Object.fromEntries(
      noise.map(({ name, shape }) => [name, uniform(key.split(name), "float32", [count, ...shape])]),
    ),
  };
}

/** The pairs (i, j ≤ i) of items. */
export function pairsOf(count: number): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: i + 1 }, (_, j) => [i, j] as const),
  ).flat();
}

/** K̂ of every pair: f as the last layer gives it. */
export async function sampledNngp(
  net: Net,
  items: Items,
  { seeds, mode = "inference" }: Sampling,
): Promise<Estimate[]> {
  const model = buildModel(net);
  const parameters = parameterInputs(model);
  const noise = mode === "training" ? noiseInputs(model, items.count) : {};
  const { output } = applyModel(model, parameters, constant(batchOf(model, items)), { mode, noise });
  const inputs = [...Object.values(parameters), ...Object.values(noise)];
  await using run = await compile({ inputs, outputs: { output } });
  const size = sizeOf(model.outputShape);
  const samples = pairsOf(items.count).map(() => [] as number[]);
  for (let seed = 0; seed < seeds; seed++) {
    const feeds = drawn(model, Key.fromSeed(5).split(seed), items.count, mode);
    const { data } = (await run.run(feeds))["output"]!;
    for (const [k, [i, j]] of pairsOf(items.count).entries()) {
      let sum = 0;
      for (let u = 0; u < size; u++) sum += Number(data[i * size + u]!) * Number(data[j * size + u]!);
      samples[k]!.push(sum / size);
    }
  }
  return samples.map((list) => meanEstimate(list));
}

/** ∂(v·f(x_i))/∂θ of every item, one graph for each. */
function gradients(model: Model, parameters: Record<string, Tensor>, items: Items): Tensor[][] {
  const trained = trainableParameters(model).map(({ name }) => parameters[name]!);
  const direction = input("direction", [1, ...model.outputShape]);
  const size = sizeOf(model.inputShape);
  return Array.from({ length: items.count }, (_, i) => {
    const x = { count: 1, data: items.data.slice(i * size, (i + 1) * size) };
    const { output } = applyModel(model, parameters, constant(batchOf(model, x)));
    const pulled = vjp([reduceSum(mul(output, direction))], trained);
    return trained.map((parameter, p) => orZeros(pulled[p], parameter));
  });
}

/** Θ̂ of every pair, averaged over the outputs by a random direction of signs. */
export async function sampledNtk(net: Net, items: Items, { seeds }: Sampling): Promise<Estimate[]> {
  const model = buildModel(net);
  const parameters = parameterInputs(model);
  const lists = gradients(model, parameters, items);
  const products = pairsOf(items.count).map(([i, j]) =>
    lists[i]!.map((g, p) => reduceSum(mul(g, lists[j]![p]!))).reduce((sum, term) => add(sum, term)),
  );
  const shape = [1, ...model.outputShape];
  await using run = await compile({
    inputs: [...Object.values(parameters), input("direction", shape)],
    outputs: Object.fromEntries(products.map((product, k) => [`pair${k}`, product])),
  });
  const samples = products.map(() => [] as number[]);
  for (let seed = 0; seed < seeds; seed++) {
    const key = Key.fromSeed(6).split(seed);
    const direction = rademacher(key.split("direction"), "float32", shape);
    const found = await run.run({ ...initialise(model, key), direction });
    for (const [k, list] of samples.entries()) {
      list.push(toNumbers(found[`pair${k}`]!)[0]! / sizeOf(model.outputShape));
    }
  }
  return samples.map((list) => meanEstimate(list));
}

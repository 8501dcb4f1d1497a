/**
 * @file The largest eigenvalue of the Hessian of a 784-112-112-10 ReLU network (101,706 parameters) on 1,024 examples: 30 Lanczos
 * products with full reorthogonalisation, everything included but the compilation.
 */
import { buildModel, initialise, parseNetText } from "../src/net/index.ts";
import { hessianEigenvalues, modelSurface } from "../src/probes/index.ts";
import { Key, ndarray, uniform } from "../src/tensor/index.ts";
import { type Bench, timed } from "./bench.ts";

const [examples, steps] = [1024, 30];
const model = buildModel(parseNetText("mlp:depth=2,width=112,activation=relu,sw2=2,sb2=0,in=784,out=10"));

function randomData(key: Key) {
  const labels = Int32Array.from({ length: examples }, (_, i) => (7 * i + (i >> 3)) % 10);
  const split = {
    inputs: uniform(key.split("inputs"), "float32", [examples, 784]),
    labels: ndarray("int32", [examples], labels),
  };
  const form = { name: "random", kind: "vector" as const, inputShape: [784], classes: 10, scale: 1 };
  return { ...form, train: split, test: split, source: "generated" };
}

export const bench: Bench = {
  title: "Hessian top eigenvalue: 784-112-112-10 on 1,024 examples, 30 Lanczos products",
  bar: "at most 0.8 times a torch.func Lanczos",
  measure: async ({ threads, runs }) => {
    const key = Key.fromSeed(1);
    const weights = initialise(model, key.split("weights"));
    await using surface = modelSurface({ model, dataset: randomData(key), options: { threads } });
    let [largest, products] = [0, 0];
    const work = async () => {
      const found = await hessianEigenvalues(surface, weights, { key, steps, tolerance: 0 });
      largest = found.largest[0]!.value;
      products = found.products;
    };
    const times = await timed(work, runs);
    return { times, notes: { λ_max: largest, products, parameters: surface.dimension } };
  },
};

/** @file The training step that the MLP benchmarks share, with its data. */
import {
  add,
  input,
  matmul,
  mul,
  reduceMean,
  relu,
  softmaxCrossEntropy,
  sub,
  type Tensor,
  vjp,
} from "../src/expr/index.ts";
import { Key, type NdArray, ndarray, normal, uniform, zeros } from "../src/tensor/index.ts";

const batch = 128;
const widths = [784, 512, 512, 10] as const;

/** Multiplications and additions of forward, weight gradients, and gradients of the hidden layers. */
export const mlpFlops = 2 * batch * (2 * (784 * 512 + 512 * 512 + 512 * 10) + 512 * 512 + 512 * 10);

/** Parameters, inputs and the loss as a function of the parameters. */
export function mlpLoss() {
  const x = input("x", [batch, widths[0]]);
  const labels = input("labels", [batch], "int32");
  const parameters = widths
    .slice(1)
    .flatMap((width, i) => [input(`w${i}`, [width, widths[i]!]), input(`b${i}`, [width])]);
  const loss = (values: readonly Tensor[]) => {
    let h = x;
    for (let i = 0; i < values.length; i += 2) {
      const z = add(matmul(h, values[i]!, { transposeB: true }), values[i + 1]!);
      h = i + 2 === values.length ? z : relu(z);
    }
    return reduceMean(softmaxCrossEntropy(h, labels));
  };
  return { inputs: [x, labels], parameters, loss };
}

/** SGD (rate 0.01) with momentum 0.9 from gradients. */
export function momentum(parameters: readonly Tensor[], gradients: readonly Tensor[]) {
  const velocities = parameters.map((p) => input(`${p.attrs["name"]}.velocity`, p.shape));
  const moved = velocities.map((v, i) => add(mul(v, 0.9), gradients[i]!));
  const next = parameters.map((p, i) => sub(p, mul(moved[i]!, 0.01)));
  return { carry: [...parameters, ...velocities], next: [...next, ...moved] };
}

export function mlpTraining() {
  const { inputs, parameters, loss } = mlpLoss();
  const value = loss(parameters);
  return { inputs, loss: value, ...momentum(parameters, vjp([value], parameters) as Tensor[]) };
}

/** Initial values and batches for so many steps. */
export function trainingFeeds(carry: readonly Tensor[], steps: number) {
  const key = Key.fromSeed(1);
  const start = carry.map(({ attrs, shape }): [string, NdArray] => {
    const name = String(attrs["name"]);
    const weight = shape.length === 2 && !name.endsWith(".velocity");
    const std = 1 / Math.sqrt(shape.at(-1)!);
    return [name, weight ? normal(key.split(name), "float32", shape, { std }) : zeros("float32", shape)];
  });
  const labels = Array.from({ length: steps * batch }, (_, i) => (i * 7) % 10);
  return {
    carry: Object.fromEntries(start) as Record<string, NdArray>,
    perStep: {
      x: uniform(key.split("x"), "float32", [steps, batch, widths[0]]),
      labels: ndarray("int32", [steps, batch], labels),
    },
    steps,
  };
}

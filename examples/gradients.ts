/**
 * @file Derivatives are expressions too, so they nest: the slope of a loss along a direction, a product with its Hessian,
 * and the gradient of every example on its own, compiled together and checked against differences of the loss.
 * Run it with `npx node examples/gradients.ts`.
 */
import {
  compile,
  input,
  jvp,
  Key,
  matmul,
  mul,
  type NdArray,
  ndarray,
  normal,
  reduceMean,
  reduceSum,
  reshaped,
  softmaxCrossEntropy,
  sqrt,
  square,
  sub,
  type Tensor,
  tanh,
  toNumbers,
  vjp,
  vmap,
} from "../src/index.ts";

const examples = 30;
const [features, hidden, classes] = [8, 16, 3];
const w1 = input("w1", [hidden, features], "float64");
const w2 = input("w2", [classes, hidden], "float64");

/** Mean cross entropy of a network with one hidden layer. */
function lossOf(x: Tensor, labels: Tensor): Tensor {
  const h = tanh(matmul(x, w1, { transposeB: true }));
  return reduceMean(softmaxCrossEntropy(matmul(h, w2, { transposeB: true }), labels));
}

// Gradient g, slope g·v along a direction v, and H v as the derivative of g along v.
const x = input("x", [examples, features], "float64");
const labels = input("labels", [examples], "int32");
const v = input("v", [hidden, features], "float64");
const loss = lossOf(x, labels);
const [g] = vjp([loss], [w1]) as [Tensor];
const [slope] = jvp([loss], [w1], [v]) as [Tensor];
const [Hv] = jvp([g], [w1], [v]) as [Tensor];

// One example, vectorised over all: 32 gradients at once, whose mean must be g.
const row = input("row", [1, features], "float64");
const label = input("label", [1], "int32");
const [gradients] = vmap(vjp([lossOf(row, label)], [w1]) as [Tensor], { over: [row, label], size: examples });
const norms = sqrt(reduceSum(square(gradients!), { axes: [1, 2] }));
const gap = sqrt(reduceSum(square(sub(reduceMean(gradients!, { axes: [0] }), g))));

const rows = input("row", [examples, 1, features], "float64");
const rowLabels = input("label", [examples, 1], "int32");
await using derivatives = await compile({
  inputs: [x, labels, v, w1, w2, rows, rowLabels],
  outputs: { loss, slope, vHv: reduceSum(mul(Hv, v)), norms, gap },
});
await using lossAlone = await compile({ inputs: [x, labels, w1, w2], outputs: { loss } });

const key = Key.fromSeed(0);
const inputs = normal(key.split("x"), "float64", [examples, features]);
const targets = ndarray(
  "int32",
  [examples],
  Array.from({ length: examples }, (_, i) => i % classes),
);
const weights = normal(key.split("w1"), "float64", [hidden, features], { std: 0.35 });
const direction = normal(key.split("v"), "float64", [hidden, features]);
const shared = {
  x: inputs,
  labels: targets,
  w2: normal(key.split("w2"), "float64", [classes, hidden], { std: 0.25 }),
};

const found = await derivatives.run({
  ...shared,
  w1: weights,
  v: direction,
  row: reshaped(inputs, [examples, 1, features]),
  label: reshaped(targets, [examples, 1]),
});

/** The loss at w1 + step v. */
async function lossAt(step: number): Promise<number> {
  const moved: NdArray = { ...weights, data: weights.data.map((w, i) => w + step * direction.data[i]!) };
  return toNumbers((await lossAlone.run({ ...shared, w1: moved }))["loss"]!)[0]!;
}

const h = 1e-4;
const [before, here, after] = [await lossAt(-h), await lossAt(0), await lossAt(h)];
const value = (name: string) => toNumbers(found[name]!)[0]!;
const sizes = toNumbers(found["norms"]!);
const rowOf = (name: string, expression: number, differences: number) =>
  console.log(
    `${name.padEnd(16)}${expression.toFixed(8).padStart(14)}${differences.toFixed(8).padStart(14)}`,
  );
console.log(`${"".padEnd(16)}${"expression".padStart(14)}${"differences".padStart(14)}`);
rowOf("loss", value("loss"), here);
rowOf("slope along v", value("slope"), (after - before) / (2 * h));
rowOf("vᵀ H v", value("vHv"), (after - 2 * here + before) / h ** 2);
console.log(
  `\n${examples} gradients of single examples, norms ${Math.min(...sizes).toFixed(3)} to ${Math.max(...sizes).toFixed(3)};`,
);
console.log(`their mean differs from the gradient of the batch by ${value("gap").toExponential(1)}.`);
console.log(`${derivatives.info.nodes} ONNX nodes, one session.`);

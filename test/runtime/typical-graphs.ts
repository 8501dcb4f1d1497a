/** @file Graphs of the kinds that Fathom lowers all day: what the golden test counts the nodes of. */
import {
  add,
  avgPool,
  conv,
  div,
  gelu,
  input,
  jvp,
  layerNorm,
  matmul,
  mul,
  reduceMean,
  relu,
  reshape,
  softmax,
  softmaxCrossEntropy,
  square,
  sub,
  type Tensor,
  tanh,
  vjp,
  vmap,
} from "../../src/expr/index.ts";
import { mlp, momentumStep } from "./networks.ts";

export interface TypicalGraph {
  readonly inputs: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
}

function numbered(tensors: readonly (Tensor | undefined)[]): Record<string, Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [`y${i}`, tensor!]));
}

const net = mlp([20, 16, 16, 10]);
const x = input("x", [8, 20]);
const labels = input("labels", [8], "int32");
const loss = reduceMean(softmaxCrossEntropy(net.apply(x), labels));
const gradients = vjp([loss], net.parameters) as Tensor[];

function momentum(): TypicalGraph {
  const { carry, next } = momentumStep(loss, net.parameters, 0.1);
  return { inputs: [...carry, x, labels], outputs: numbered(next) };
}

function probes(): TypicalGraph {
  const deep = mlp([12, 12, 12, 12], tanh);
  const start = input("start", [1, 12]);
  const probe = input("probe", [1, 12]);
  const tangents = vmap([jvp([deep.apply(start)], [start], [probe])[0]!], { over: [probe], size: 6 });
  return { inputs: [start, input("probe", [6, 1, 12]), ...deep.parameters], outputs: numbered(tangents) };
}

function hessianVector(): TypicalGraph {
  const directions = net.parameters.map(({ attrs, shape }) => input(`v.${attrs["name"]}`, shape));
  const products = jvp(gradients, net.parameters, directions);
  return { inputs: [x, labels, ...net.parameters, ...directions], outputs: numbered(products) };
}

function perExample(): TypicalGraph {
  const one = input("x", [20]);
  const label = input("label", []);
  const output = net.apply(reshape(one, [1, 20]));
  const error = reduceMean(square(add(output, mul(label, -1))));
  const mapped = vmap(vjp([error], net.parameters) as Tensor[], { over: [one, label], size: 8 });
  return {
    inputs: [input("x", [8, 20]), input("label", [8]), ...net.parameters],
    outputs: numbered(mapped),
  };
}

function normalised(): TypicalGraph {
  const layers = mlp([20, 16, 10], (h) => gelu(layerNorm(h, { epsilon: 1e-5 })));
  const error = reduceMean(softmaxCrossEntropy(layers.apply(x), labels));
  return { inputs: [x, labels, ...layers.parameters], outputs: numbered(vjp([error], layers.parameters)) };
}

function logistic(): TypicalGraph {
  const linear = mlp([20, 10]);
  const error = reduceMean(softmaxCrossEntropy(linear.apply(x), labels));
  return {
    inputs: [x, labels, ...linear.parameters],
    outputs: { error, ...numbered(vjp([error], linear.parameters)) },
  };
}

function attention(): TypicalGraph {
  const tokens = input("tokens", [2, 5, 12]);
  const weights = ["q", "k", "v"].map((name) => input(name, [12, 12]));
  const [q, k, v] = weights.map((w) => matmul(tokens, w, { transposeB: true })) as [Tensor, Tensor, Tensor];
  const mixed = matmul(softmax(div(matmul(q, k, { transposeB: true }), Math.sqrt(12))), v);
  return { inputs: [tokens, ...weights], outputs: numbered(vjp([reduceMean(square(mixed))], weights)) };
}

function residual(): TypicalGraph {
  const inner = Array.from({ length: 3 }, (_, i) => ({
    w: input(`w${i}`, [16, 16]),
    b: input(`b${i}`, [16]),
  }));
  const start = input("start", [8, 16]);
  const h = inner.reduce(
    (state, { w, b }) => add(state, mul(tanh(add(matmul(state, w, { transposeB: true }), b)), 0.5)),
    start,
  );
  const parameters = inner.flatMap(({ w, b }) => [w, b]);
  return { inputs: [start, ...parameters], outputs: numbered(vjp([reduceMean(square(h))], parameters)) };
}

/** A network wide enough for its activations to be stored turned around. */
function wide(): TypicalGraph {
  const layers = mlp([784, 512, 512, 10], relu);
  const images = input("images", [128, 784]);
  const classes = input("classes", [128], "int32");
  const error = reduceMean(softmaxCrossEntropy(layers.apply(images), classes));
  return {
    inputs: [images, classes, ...layers.parameters],
    outputs: numbered(vjp([error], layers.parameters)),
  };
}

/** One SGD step of a small residual CNN: a convolution, a block with stride 2 and a projection, the mean over positions. */
function convolutional(): TypicalGraph {
  const images = input("images", [8, 3, 12, 12]);
  const classes = input("classes", [8], "int32");
  const parameters: Tensor[] = [];
  const layer = (h: Tensor, channels: number, kernel: number, stride: number) => {
    const name = `${parameters.length}`;
    const w = input(`w${name}`, [channels, h.shape[1]!, kernel, kernel]);
    const b = input(`b${name}`, [channels]);
    parameters.push(w, b);
    const border = [(kernel - 1) / 2, (kernel - 1) / 2] as const;
    const y = conv(h, w, { strides: [stride, stride], padding: [border, border] });
    return add(y, reshape(b, [channels, 1, 1]));
  };
  const stem = relu(layer(images, 16, 3, 1));
  const block = relu(add(layer(stem, 32, 1, 2), layer(relu(layer(stem, 32, 3, 2)), 32, 3, 1)));
  const features = reshape(avgPool(block, { window: block.shape.slice(2) }), [8, 32]);
  const readout = input("readout", [10, 32]);
  const logits = matmul(features, readout, { transposeB: true });
  const error = reduceMean(softmaxCrossEntropy(logits, classes));
  const weights = [...parameters, readout];
  const steps = (vjp([error], weights) as Tensor[]).map((g, i) => sub(weights[i]!, mul(g, 0.1)));
  return { inputs: [images, classes, ...weights], outputs: numbered(steps) };
}

export const typicalGraphs: Readonly<Record<string, TypicalGraph>> = {
  "MLP, forward": { inputs: [x, ...net.parameters], outputs: { y: net.apply(x) } },
  "MLP, gradient": { inputs: [x, labels, ...net.parameters], outputs: numbered(gradients) },
  "MLP, SGD + momentum": momentum(),
  "tanh MLP, 6 jvp probes": probes(),
  "MLP, Hessian-vector product": hessianVector(),
  "MLP, per-example gradients": perExample(),
  "layer norm + GELU MLP, gradient": normalised(),
  "softmax regression, loss and gradient": logistic(),
  "attention, gradient": attention(),
  "residual network, gradient": residual(),
  "wide MLP, gradient": wide(),
  "CNN, SGD": convolutional(),
};

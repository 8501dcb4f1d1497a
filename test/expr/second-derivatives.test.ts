/** @file Derivatives of derivatives (jvp of vjp, vjp of vjp, jvp of jvp) against central differences: engine.md §4. */
import { describe, expect, it } from "vitest";
import {
  add,
  atan,
  avgPool,
  type ConvOptions,
  cholesky,
  constant,
  conv,
  cumsum,
  div,
  eigh,
  erf,
  exp,
  gather,
  gelu,
  input,
  interpolate2d,
  irfft,
  jvp,
  layerNorm,
  log,
  logSumExp,
  matmul,
  maxPool,
  mul,
  orZeros,
  pow,
  reduceMean,
  reduceProd,
  reduceSum,
  reshape,
  rfft,
  sigmoid,
  softmax,
  softmaxCrossEntropy,
  softplus,
  sort,
  spmm,
  sqrt,
  square,
  sub,
  svd,
  type Tensor,
  tanh,
  triangularSolve,
  vjp,
  vmap,
} from "../../src/expr/index.ts";
import { ndarray, sparseFromEntries } from "../../src/tensor/index.ts";
import { centralDifference, direction, expectClose, value } from "./check.ts";

const x = input("x", [4, 6], "float64");
const w = input("w", [6, 6], "float64");
const labels = input("labels", [4], "int32");
const feeds = { x: direction("x", x), w: direction("w", w), labels: ndarray("int32", [4], [0, 5, 2, 2]) };

/** tanh of a convolution of x, as an image of two channels, by w, as filters. */
function convolved(options: ConvOptions): Tensor {
  return tanh(conv(reshape(x, [1, 2, 3, 4]), reshape(w, [3, 2, 2, 3]), options));
}

const around = [
  [1, 0],
  [1, 1],
] as const;

const identity = constant(
  [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => Number(i === j))),
  "float64",
);
/** Symmetric positive definite [4, 4], of x and w. */
const positive = add(mul(matmul(tanh(matmul(x, w)), x, { transposeB: true }), 0.1), mul(identity, 4));
/** [6, 70], no more than 1. */
const long = constant(
  Array.from({ length: 6 }, (_, i) => Array.from({ length: 70 }, (_, j) => Math.sin(i + 0.7 * j) / 6)),
  "float64",
);
const sparse = sparseFromEntries({
  shape: [5, 4],
  rows: [0, 2, 2, 4],
  columns: [3, 0, 1, 3],
  values: [1, -2, 0.5, 3],
});

/** Scalar functions of x and w whose second derivatives are wanted. */
const functions: Record<string, () => Tensor> = {
  softmax: () => reduceSum(pow(softmax(matmul(x, w)), 3)),
  logSumExp: () => reduceSum(square(logSumExp(matmul(x, w), { axis: 1 }))),
  layerNorm: () => reduceSum(pow(layerNorm(matmul(x, w), { epsilon: 0.01 }), 3)),
  "statistics of a batch": () => {
    const y = matmul(x, w);
    const centred = sub(y, reduceMean(y, { axes: [0], keepDims: true }));
    const variance = reduceMean(square(centred), { axes: [0], keepDims: true });
    return reduceSum(pow(div(centred, sqrt(add(variance, 0.1))), 3));
  },
  gelu: () => reduceSum(square(gelu(matmul(x, w)))),
  tanh: () => reduceSum(square(tanh(matmul(x, w)))),
  erf: () => reduceSum(square(erf(matmul(x, w)))),
  sigmoid: () => reduceSum(pow(sigmoid(matmul(x, w)), 3)),
  softplus: () => reduceSum(square(softplus(matmul(x, w)))),
  atan: () => reduceSum(square(atan(matmul(x, w)))),
  "matmul with shared operands": () =>
    reduceSum(square(matmul(matmul(x, w), matmul(x, w), { transposeB: true }))),
  "quotient and exponential": () => reduceMean(div(exp(mul(matmul(x, w), 0.1)), softplus(matmul(x, w)))),
  product: () => reduceSum(reduceProd(matmul(x, w), { axes: [1] })),
  "cross-entropy": () => reduceMean(softmaxCrossEntropy(tanh(matmul(x, w)), labels)),
  "sort and gather": () => reduceSum(pow(gather(sort(matmul(x, w)), labels, { axis: 1 }), 3)),
  convolution: () => reduceSum(square(convolved({ padding: around }))),
  "convolution with strides": () => reduceSum(square(convolved({ padding: around, strides: [2, 2] }))),
  "convolution in groups, with dilations": () => {
    const filters = reshape(w, [6, 1, 2, 3]);
    const y = conv(reshape(x, [1, 2, 3, 4]), filters, { groups: 2, dilations: [2, 1], padding: around });
    return reduceSum(square(tanh(y)));
  },
  "maxima over windows": () =>
    reduceSum(pow(maxPool(convolved({ padding: around }), { window: [2, 2], strides: [1, 2] }), 3)),
  "means over windows": () =>
    reduceSum(
      pow(avgPool(convolved({ padding: around }), { window: [2, 2], strides: [2, 1], padding: around }), 3),
    ),
  cholesky: () => reduceSum(pow(cholesky(positive), 3)),
  "log-determinant and quadratic form": () => {
    const l = cholesky(positive);
    const solved = triangularSolve(l, x, { transpose: true });
    return add(reduceSum(square(solved)), reduceSum(log(reduceSum(mul(l, identity), { axes: [1] }))));
  },
  "triangular solves": () => {
    const l = add(tanh(matmul(x, x, { transposeB: true })), mul(identity, 3));
    return reduceSum(pow(triangularSolve(l, triangularSolve(l, matmul(x, w)), { transpose: true }), 3));
  },
  eigenvalues: () => reduceSum(pow(eigh(positive).values, 3)),
  eigenvectors: () => reduceSum(pow(eigh(positive).vectors, 3)),
  "singular values and vectors": () => {
    const { u, values, v } = svd(matmul(x, w));
    return add(reduceSum(pow(values, 3)), reduceSum(pow(matmul(u, v, { transposeB: true }), 3)));
  },
  cumsum: () => reduceSum(pow(cumsum(matmul(x, w), { axis: 1, reverse: true, exclusive: true }), 3)),
  "Fourier transforms": () => {
    const spectra = rfft(matmul(x, w));
    return reduceSum(pow(irfft(square(spectra), { size: 6 }), 3));
  },
  "long Fourier transforms": () => {
    const spectra = rfft(reshape(matmul(matmul(x, w), long), [4, 70]));
    return reduceSum(pow(irfft(square(spectra), { size: 70 }), 3));
  },
  interpolate2d: () => {
    const image = reshape(matmul(x, w), [1, 1, 4, 6]);
    const grid = reshape(mul(sigmoid(matmul(w, w)), 4), [1, 3, 6, 2]);
    return reduceSum(pow(interpolate2d(image, grid), 3));
  },
  "sparse products": () => reduceSum(pow(spmm(sparse, matmul(x, w)), 3)),
  attention: () => {
    const queries = matmul(layerNorm(x, { epsilon: 0.01 }), w);
    const scores = div(matmul(queries, x, { transposeB: true }), Math.sqrt(6));
    return reduceSum(square(gelu(matmul(softmax(scores), matmul(x, w)))));
  },
};

const tx = input("tx", x.shape, "float64");
const tw = input("tw", w.shape, "float64");
const tangents = { x: direction("tx", x), w: direction("tw", w) };
const allFeeds = { ...feeds, tx: tangents.x, tw: tangents.w };

describe.each(Object.entries(functions))("through %s", (name, build) => {
  const y = build();
  const gradients = vjp([y], [x, w]).map((g, i) => orZeros(g, [x, w][i]!));

  it("jvp of vjp (Hessian times vector)", () => {
    jvp(gradients, [x, w], [tx, tw]).forEach((hv, i) => {
      const reference = centralDifference(gradients[i]!, feeds, tangents);
      expectClose(value(hv!, allFeeds), reference, 1e-6, name);
    });
  });

  it("vjp of vjp (the same, by reverse mode)", () => {
    vjp(gradients, [x, w], [tx, tw]).forEach((hv, i) => {
      const forward = jvp(gradients, [x, w], [tx, tw])[i]!;
      expectClose(value(hv!, allFeeds), value(forward, allFeeds), 1e-9, name);
    });
  });

  it("jvp of jvp (curvature along a line)", () => {
    const slope = jvp([y], [x, w], [tx, tw])[0]!;
    const curvature = jvp([slope], [x, w], [tx, tw])[0]!;
    const reference = centralDifference(slope, allFeeds, tangents);
    expectClose(value(curvature, allFeeds), reference, 1e-6, name);
  });
});

describe("vmap of second derivatives", () => {
  it("gives the Hessian, row by row", () => {
    const p = input("p", [1, 3], "float64");
    const a = input("a", [3, 3], "float64");
    const y = reduceSum(tanh(matmul(p, a)));
    const [gradient] = vjp([y], [p]);
    const row = input("row", [1, 3], "float64");
    const [hv] = jvp([gradient!], [p], [row]);
    const [hessian] = vmap([hv!], { over: [row], size: 3 });
    const values = { p: direction("p", p), a: direction("a", a) };
    const identity = ndarray("float64", [3, 1, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    const full = value(hessian!, { ...values, row: identity });
    expect(full.shape).toEqual([3, 1, 3]);
    for (let i = 0; i < 3; i++) {
      const unit = ndarray(
        "float64",
        [1, 3],
        [0, 1, 2].map((j) => Number(i === j)),
      );
      const reference = centralDifference(gradient!, values, { p: unit });
      expectClose(
        ndarray("float64", [1, 3], full.data.slice(3 * i, 3 * i + 3) as Float64Array),
        reference,
        1e-6,
      );
    }
  });
});

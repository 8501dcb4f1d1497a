/** @file Surfaces that the tests of the loss landscape share. */
import type { Dataset } from "../../src/data/index.ts";
import {
  add,
  constant,
  exp,
  matmul,
  mul,
  neg,
  reduceSum,
  reshape,
  square,
  sub,
} from "../../src/expr/index.ts";
import { expressionSurface, type Point, type Surface } from "../../src/probes/index.ts";
import { Key, type NdArray, ndarray, normal } from "../../src/tensor/index.ts";

export const interpreter = { device: "interpreter" } as const;

/** The one array of a plain surface. */
export function at(...w: number[]): Point {
  return { w: ndarray("float64", [w.length], w) };
}

/** ½ wᵀ A w; of a list, of the diagonal matrix. */
export function quadratic(A: readonly number[] | NdArray<"float64">): Surface {
  const n = "shape" in A ? A.shape[0]! : A.length;
  return expressionSurface({
    parameters: { w: [n] },
    loss: ({ w }) => {
      const column = reshape(w!, [n, 1]);
      const image =
        "shape" in A ? matmul(constant(A), column) : mul(constant(ndarray("float64", [n, 1], A)), column);
      return mul(0.5, reduceSum(mul(column, image)));
    },
    options: interpreter,
  });
}

/** f = 1 - e^{-(w+1)²/.02} - .95 e^{-(w-1)²/.72}: a deep sharp well and a wide one (training.md §1.5). */
export function twoWells(): Surface {
  const well = (w: ReturnType<typeof sub>, at: number, width: number) =>
    exp(neg(mul(square(sub(w, at)), 1 / width)));
  return expressionSurface({
    parameters: { w: [1] },
    loss: ({ w }) => reduceSum(sub(1, add(well(w!, -1, 0.02), mul(0.95, well(w!, 1, 0.72))))),
    options: interpreter,
  });
}

/** ½ (uv - 1)²: its minima are a curve, along which the curvature is u² + v². */
export function flatManifold(): Surface {
  return expressionSurface({
    parameters: { u: [1], v: [1] },
    loss: ({ u, v }) => mul(0.5, reduceSum(square(sub(mul(u!, v!), 1)))),
    options: interpreter,
  });
}

/** Normal inputs with classes that have nothing to do with them. */
export function noise({ features = 3, classes = 2, train = 20, test = 10 } = {}): Dataset {
  const key = Key.fromSeed(3);
  const split = (name: string, count: number) => ({
    inputs: normal(key.split(name), "float32", [count, features]),
    labels: ndarray(
      "int32",
      [count],
      Int32Array.from({ length: count }, (_, i) => (i * i + (i >> 1)) % classes),
    ),
  });
  return {
    name: "noise",
    kind: "vector",
    inputShape: [features],
    classes,
    scale: 1,
    train: split("train", train),
    test: split("test", test),
    source: "generated",
  };
}

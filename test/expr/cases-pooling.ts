/** @file Examples of poolings and of the primitives of their derivatives, for the table in `cases.ts`. */
import {
  avgPool,
  input,
  jvp,
  maxPool,
  type PoolOptions,
  square,
  substitute,
  sumPool,
  sumPoolInput,
  type Tensor,
  vjp,
} from "../../src/expr/index.ts";
import { type Case, example, n, rough } from "./case.ts";

interface Geometry {
  readonly note: string;
  readonly x: readonly number[];
  readonly options: PoolOptions;
}

const geometries: readonly Geometry[] = [
  { note: "over one axis", x: [2, 3, 7], options: { window: [3], strides: [2], padding: [[1, 0]] } },
  { note: "of tiles", x: [2, 3, 4, 6], options: { window: [2, 3] } },
  { note: "of tiles with a rest", x: [2, 2, 5, 7], options: { window: [2, 2] } },
  { note: "that overlap", x: [2, 2, 6, 5], options: { window: [3, 2], strides: [2, 1] } },
  {
    note: "that overlap, unevenly padded",
    x: [2, 2, 6, 7],
    options: {
      window: [3, 4],
      strides: [2, 3],
      padding: [
        [1, 2],
        [0, 3],
      ],
    },
  },
  { note: "with gaps", x: [1, 2, 8, 7], options: { window: [2, 2], strides: [3, 4] } },
  {
    note: "over three axes",
    x: [1, 2, 4, 3, 5],
    options: {
      window: [2, 3, 2],
      strides: [2, 1, 2],
      padding: [
        [1, 0],
        [1, 1],
        [0, 1],
      ],
    },
  },
  {
    note: "over four axes",
    x: [1, 2, 3, 4, 2, 3],
    options: {
      window: [2, 2, 1, 2],
      strides: [1, 2, 1, 2],
      padding: [
        [0, 0],
        [1, 0],
        [0, 0],
        [0, 1],
      ],
    },
  },
];

type Pool = (x: Tensor, options: PoolOptions) => Tensor;

/** The cotangent of x when that of a pooling is its square: smooth in x, through the adjoint. */
function pulledBack(pool: Pool, x: Tensor, options: PoolOptions): Tensor {
  const y = pool(x, options);
  return vjp([y], [x], [square(y)])[0]!;
}

/** The tangent of a maximum when that of x is x². */
function pushedForward(x: Tensor, options: PoolOptions): Tensor {
  const t = input("tangent", x.shape, x.dtype);
  const dy = jvp([maxPool(x, options)], [x], [t])[0]!;
  return substitute([dy], new Map([[t, square(x)]]))[0]!;
}

/** Where the maxima stand: the second operand of the cotangent. */
function positions(x: Tensor, options: PoolOptions): Tensor {
  return pulledBack(maxPool, x, options).inputs[1]!;
}

export const poolings: readonly Case[] = geometries.flatMap(({ note, x, options }) => {
  const size = x.slice(2);
  const { window, strides = window, padding = window.map(() => [0, 0] as const) } = options;
  const output = size.map((length, axis) => {
    const [low, high] = padding[axis]!;
    return Math.floor((length + low + high - window[axis]!) / strides[axis]!) + 1;
  });
  const excluding = { ...options, countPadding: "exclude" } as const;
  return [
    example("maxPool", [n(...x)], (a) => maxPool(a!, options), note),
    rough("maxPoolIndex", [n(...x)], (a) => positions(a!, options), note),
    example("planeGather", [n(...x)], (a) => pushedForward(a!, options), note),
    example("planeScatter", [n(...x)], (a) => pulledBack(maxPool, a!, options), note),
    example("sumPool", [n(...x)], (a) => sumPool(a!, options), note),
    example("sumPool", [n(...x)], (a) => avgPool(a!, options), `${note}, as means`),
    example("sumPool", [n(...x)], (a) => avgPool(a!, excluding), `${note}, as means without padding`),
    example(
      "sumPoolInput",
      [n(x[0]!, x[1]!, ...output)],
      (a) => sumPoolInput(a!, { ...options, size }),
      note,
    ),
    example("sumPoolInput", [n(...x)], (a) => pulledBack(avgPool, a!, options), `${note}, of means`),
  ];
});

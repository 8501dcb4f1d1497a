/** @file Examples of convolutions and their adjoints, for the table in `cases.ts`. */
import { type ConvOptions, conv, convFilter, convInput } from "../../src/expr/index.ts";
import { type Case, example, n } from "./case.ts";

/** A convolution of x [N, C, …] by w [O, C / groups, …], and what is special about it. */
interface Geometry {
  readonly note: string;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly options?: ConvOptions;
}

const geometries: readonly Geometry[] = [
  { note: "over one axis", x: [2, 3, 7], w: [4, 3, 3] },
  {
    note: "over one axis, with strides",
    x: [2, 2, 8],
    w: [3, 2, 4],
    options: { strides: [3], padding: [[2, 1]] },
  },
  { note: "1 × 1", x: [2, 3, 4, 5], w: [4, 3, 1, 1] },
  { note: "1 × 1 with strides", x: [2, 3, 5, 4], w: [4, 3, 1, 1], options: { strides: [2, 2] } },
  {
    note: "3 × 3, padded",
    x: [2, 3, 5, 6],
    w: [4, 3, 3, 3],
    options: {
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  {
    note: "3 × 3 with strides and a rest",
    x: [2, 2, 6, 8],
    w: [3, 2, 3, 3],
    options: {
      strides: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  { note: "with strides beyond the kernel", x: [2, 2, 8, 7], w: [3, 2, 2, 2], options: { strides: [3, 4] } },
  {
    note: "with an even kernel and uneven padding",
    x: [2, 2, 5, 4],
    w: [3, 2, 2, 4],
    options: {
      padding: [
        [0, 1],
        [2, 1],
      ],
    },
  },
  {
    note: "with dilations",
    x: [2, 2, 8, 7],
    w: [3, 2, 3, 2],
    options: {
      dilations: [2, 3],
      padding: [
        [1, 2],
        [0, 3],
      ],
    },
  },
  {
    note: "with dilations and strides",
    x: [2, 2, 9, 8],
    w: [3, 2, 3, 2],
    options: {
      dilations: [2, 3],
      strides: [2, 3],
      padding: [
        [1, 0],
        [2, 2],
      ],
    },
  },
  {
    note: "in groups",
    x: [2, 4, 5, 4],
    w: [6, 2, 3, 2],
    options: {
      groups: 2,
      strides: [2, 1],
      padding: [
        [1, 1],
        [0, 1],
      ],
    },
  },
  {
    note: "by channel",
    x: [2, 3, 5, 5],
    w: [3, 1, 3, 3],
    options: {
      groups: 3,
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  },
  {
    note: "with padding beyond the kernel",
    x: [1, 2, 3, 4],
    w: [2, 2, 2, 2],
    options: {
      padding: [
        [3, 2],
        [0, 4],
      ],
      strides: [2, 1],
    },
  },
  { note: "with a kernel as large as the image", x: [3, 2, 3, 4], w: [4, 2, 3, 4] },
  {
    note: "over three axes",
    x: [2, 2, 4, 3, 5],
    w: [3, 2, 2, 3, 2],
    options: {
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
    x: [1, 2, 3, 3, 2, 4],
    w: [2, 2, 2, 2, 1, 2],
    options: {
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

export const convolutions: readonly Case[] = geometries.flatMap(({ note, x, w, options = {} }) => {
  const [size, kernel] = [x.slice(2), w.slice(2)];
  const { strides, padding, dilations } = options;
  const output = size.map((length, axis) => {
    const [low, high] = padding?.[axis] ?? [0, 0];
    const reach = (dilations?.[axis] ?? 1) * (kernel[axis]! - 1) + 1;
    return Math.floor((length + low + high - reach) / (strides?.[axis] ?? 1)) + 1;
  });
  const y = [x[0]!, w[0]!, ...output];
  return [
    example("conv", [n(...x), n(...w)], (a, b) => conv(a!, b!, options), note),
    example("convInput", [n(...y), n(...w)], (a, b) => convInput(a!, b!, { ...options, size }), note),
    example("convFilter", [n(...x), n(...y)], (a, b) => convFilter(a!, b!, { ...options, kernel }), note),
  ];
});

/** @file The figure of the page on kernels: how many maps a pair of images takes, as the compiler of layer programs counts them. */
import { type Figure, lineFigure, point } from "../../src/analyses/index.ts";
import { compile } from "../../src/kernels/compile/index.ts";
import { buildModel, covarianceProgram, parseNet } from "../../src/net/index.ts";

const sides = Array.from({ length: 15 }, (_, i) => 4 + 2 * i);
const ends = [
  { name: "globalAvgPool", role: "before", layers: [{ kind: "globalAvgPool" }] },
  {
    name: "avgPool of window 4",
    role: "neutral",
    layers: [{ kind: "avgPool", window: 4 }, { kind: "flatten" }],
  },
  { name: "flatten", role: "after", layers: [{ kind: "flatten" }] },
] as const;

/** Displacements that the layers before the end are run for. */
function mapsOf(side: number, end: readonly object[]): number {
  const conv = { kind: "conv", channels: 4, kernel: 3, padding: "same" };
  const net = parseNet({
    fathom: 1,
    input: { kind: "image", shape: [1, side, side] },
    layers: [conv, { kind: "activation", activation: "relu" }, conv, ...end, { kind: "dense", width: 1 }],
  });
  const program = covarianceProgram(buildModel(net));
  const { segments } = compile(program, net.input!, { values: ["nngp"], parameterisation: "ntk" });
  return segments[0]!.runs;
}

export function kernelMaps(): Figure {
  return lineFigure({
    id: "kernel-maps",
    title: "Maps a pair of images takes",
    caption:
      "How often the convolutions before the end of a network are run for one entry of the kernel: once for every displacement that the end reads.",
    x: { label: "side of the image", integer: true },
    y: { label: "maps", scale: "log" },
    series: ends.map(({ name, role, layers }) => ({
      name,
      role,
      form: "line",
      points: sides.map((side) => point(side, mapsOf(side, layers))),
    })),
  });
}

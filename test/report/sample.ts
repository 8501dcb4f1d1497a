/** @file A report with every kind of content, for the tests of the drawing rooms. */
import {
  estimatePoint,
  heatFigure,
  lineFigure,
  point,
  type ReportDocument,
  stripFigure,
} from "../../src/analyses/index.ts";

/** A measured value with an interval of two errors. */
const measured = (x: number, value: number, se: number) =>
  estimatePoint(x, { value, ci: [value - 2 * se, value + 2 * se] });

const layers = Array.from({ length: 31 }, (_, index) => index + 1);

export const apjn = lineFigure({
  id: "criticality-apjn",
  title: "How a small change grows with depth",
  caption: "ln J(1, l): theory of infinite width as a line, 8 sampled networks as dots with 95 % intervals.",
  x: { label: "layer l", integer: true },
  y: { label: "ln J(1, l)" },
  series: [
    {
      name: "theory (infinite width)",
      role: "theory",
      form: "line",
      points: layers.map((l) => point(l, 0.31 * (l - 1))),
    },
    {
      name: "measured, 8 networks of width 128",
      role: "measured",
      form: "dots",
      points: layers.map((l) => measured(l, 0.3 * (l - 1) + 0.3 * Math.sin(l), 0.05 + 0.03 * l)),
    },
  ],
  rules: [{ along: "x", at: 17, label: "two digits are indistinguishable after layer 17" }],
});

export const correlations = lineFigure({
  id: "separation-correlation",
  title: "Correlation of pairs through depth",
  caption:
    "Pairs of digits of one class and of two classes; a value of 1 means that the network cannot tell them apart.",
  x: { label: "layer", integer: true },
  y: { label: "correlation", domain: [0, 1.02] },
  series: [
    {
      name: "5-95 % of pairs",
      role: "neutral",
      form: "band",
      points: layers.map((l) =>
        point(l, null, { lo: 0.35 * Math.exp(-l / 40), hi: 1 - 0.3 * Math.exp(-l / 9) }),
      ),
    },
    {
      name: "same class, theory",
      role: "theory",
      form: "line",
      points: layers.map((l) => point(l, 1 - 0.4 * Math.exp(-l / 6))),
    },
    {
      name: "other class, theory",
      role: "theory",
      form: "line",
      points: layers.map((l) => point(l, 1 - 0.75 * Math.exp(-l / 6))),
    },
    {
      name: "same class, measured",
      role: "measured",
      form: "dots",
      points: layers.map((l) => measured(l, 1 - 0.43 * Math.exp(-l / 6), 0.01)),
    },
    {
      name: "other class, measured",
      role: "measured",
      form: "dots",
      points: layers.map((l) => measured(l, 1 - 0.79 * Math.exp(-l / 6), 0.02)),
    },
  ],
  rules: [{ along: "y", at: 0.99, label: "indistinguishable" }],
});

const grid = Array.from({ length: 25 }, (_, index) => 0.2 + index * 0.15);
const biases = Array.from({ length: 17 }, (_, index) => index * 0.05);

export const phase = heatFigure({
  id: "criticality-phase",
  title: "Phase diagram",
  caption:
    "χ_J at the fixed point: below 1 changes die out, above 1 they grow; the line is the critical one.",
  x: { label: "σw² (sw2)" },
  y: { label: "σb² (sb2)" },
  xs: grid,
  ys: biases,
  z: biases.map((sb2) =>
    grid.map((sw2) => (sw2 < 0.3 && sb2 < 0.1 ? null : 0.55 * sw2 ** 0.6 - 0.3 * sb2 + 0.1)),
  ),
  zLabel: "χ_J at the fixed point",
  midpoint: 1,
  lines: [{ label: "critical line χ_J = 1", points: biases.map((sb2) => ({ x: 2.25 + 2 * sb2, y: sb2 })) }],
  marks: [
    { x: 2.5, y: 0.05, label: "this network" },
    { x: 1.76, y: 0.18, label: "advised", role: "after" },
  ],
});

const rates = [0.003, 0.01, 0.03, 0.1, 0.3, 1];

export const rateStrip = stripFigure({
  id: "training-rates",
  title: "Test error by learning rate",
  caption: "Every run is a dot; the line joins the means of the seeds.",
  x: { label: "learning rate", scale: "log" },
  y: { label: "test error" },
  groups: [
    {
      name: "as given",
      role: "before",
      best: 0.03,
      points: rates.flatMap((x, i) =>
        [0, 1, 2].map((seed) => ({ x, seed, y: i > 3 ? null : 0.3 + 0.12 * Math.abs(i - 2) + 0.015 * seed })),
      ),
    },
    {
      name: "advised initialisation",
      role: "after",
      best: 0.1,
      points: rates.flatMap((x, i) =>
        [0, 1, 2].map((seed) => ({ x, seed, y: i > 4 ? null : 0.22 + 0.1 * Math.abs(i - 3) + 0.015 * seed })),
      ),
    },
  ],
  rules: [{ along: "y", at: 0.9, label: "guessing" }],
  spans: [{ along: "x", from: 0.01, to: 0.2, label: "usable rates (advised)", role: "after" }],
});

export const sample: ReportDocument = {
  title: "Survey",
  subject: "mlp:depth=30,width=128,activation=tanh,sw2=2.5,sb2=0.05,out=10",
  facts: [
    ["data", "digits: 60,000 training and 10,000 test images, 28×28, ten classes"],
    ["parameters", "595,850"],
    ["variances", "sw2 = 2.5 (σw = 1.581), sb2 = 0.05 (σb = 0.224)"],
  ],
  verdict: {
    sentence:
      "Chaotic: a small change of the input grows 1.36 times a layer, yet at tuned rates this net trains as well as the advised one.",
    tone: "warn",
  },
  advice: [
    {
      about: "initialisation",
      what: "Set sw2 = 1.76 and sb2 = 0.18.",
      why: "It puts the network on the critical line, so gradients neither grow nor vanish over 30 layers.",
      evidence: "χ_J = 1.36 ± 0.02 measured over 8 seeds, 1.36 in theory.",
      expected: "The usable range of learning rates widens 10-fold; no gain in best error.",
    },
    {
      about: "learningRate",
      what: "Train at a rate of 0.03.",
      why: "The largest stable rate is 0.08.",
      evidence: "Measured edge 0.081 [0.07, 0.09]; NTK estimate 0.075.",
      expected: "Test error 0.11 after one epoch.",
    },
  ],
  sections: [
    {
      id: "criticality",
      title: "Criticality",
      question: "Does a small change of the input grow or die out with depth, and which layer is to blame?",
      findings: [
        { text: "The fixed point is chaotic: χ_J = 1.36, a correlation length of 3.3 layers.", tone: "warn" },
        { text: "No layer stands out: local factors agree within their errors.", tone: "good" },
      ],
      figures: [phase, apjn],
      numbers: [
        { name: "χ_J at the fixed point", value: 1.3631, kind: "theory" },
        {
          name: "χ_J, geometric mean",
          value: 1.3552,
          se: 0.0213,
          n: 8,
          kind: "measured",
          note: "width 128 shifts it by −0.6 %",
        },
        { name: "slope of ln J", value: 0.3, ci: [0.28, 0.33], n: 8, kind: "measured" },
        { name: "correlation length ξ", value: null, status: "infinite", kind: "theory" },
        { name: "K at layer 30", value: 1.2e-7, kind: "theory" },
      ],
      tables: [
        {
          title: "By layer",
          columns: ["layer", "name", "K", "χ_J", "J(1, l)"],
          rows: layers.map((l) => [
            l,
            l === 31 ? "readout" : `dense ${l}`,
            1.2 - 0.01 * l,
            1.36,
            Math.exp(0.31 * (l - 1)),
          ]),
        },
      ],
      notes: ["Theory is that of infinite width."],
      source: "Doshi, He, Gromov 2023; criticality.md §1-6",
    },
    {
      id: "separation",
      title: "Separation",
      question: "How long can the network tell two inputs apart?",
      findings: [{ text: "Two digits are indistinguishable after layer 17.", tone: "bad" }],
      figures: [correlations],
      numbers: [
        { name: "K¹ over the data, 5-95 %", value: 0.31, ci: [0.12, 0.55], kind: "measured", n: 2000 },
      ],
    },
    {
      id: "training",
      title: "Training",
      question: "Does the advised initialisation train better at tuned learning rates?",
      findings: [
        { text: "No gain at the tuned rate: paired difference 0.002 [−0.01, 0.014].", tone: "neutral" },
      ],
      figures: [rateStrip],
      numbers: [
        { name: "best test error, as given", value: 0.112, se: 0.004, n: 3, kind: "measured" },
        { name: "best test error, advised", value: 0.11, se: 0.005, n: 3, kind: "measured" },
      ],
    },
  ],
  notApplicable: [{ id: "kernel", because: "the survey of kernels starts with convolutions" }],
  profiles: [{ label: "ln J by layer", values: layers.map((l) => 0.31 * (l - 1)) }],
  reproduction: {
    command:
      "fathom survey mlp:depth=30,width=128,activation=tanh,sw2=2.5,sb2=0.05,out=10 --data digits --seed 0",
    seed: 0,
    version: "0.1.0",
    hardware: "2 cores",
    threads: 2,
    device: "cpu",
    seconds: 83.2,
    more: [["learning rates", "6, from 0.003 to 1"]],
  },
};

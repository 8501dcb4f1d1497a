/** @file The spectrum of J Jᵀ of sampled Haar networks is the free product's (criticality.md §9, §13). */
import { measureSpectrum, type SpectrumMeasurement } from "../../../probes/index.ts";
import { type JacobianSpectrum, scalarActivation, uniformSpectrum } from "../../../theory/index.ts";
import { counted, significant } from "../../words.ts";
import { atScale, type ExperimentContext, judged, type PaperClaim } from "../paper.ts";
import { criticalNetwork } from "./network.ts";

const settings = {
  test: { width: 128, seeds: 2, depths: [10] },
  repro: { width: 500, seeds: 2, depths: [10, 50] },
  full: { width: 1000, seeds: 3, depths: [10, 50] },
} as const;

/** Of the Kolmogorov distance: .03 at N = 500 (criticality.md §9), as 1/√N. */
function distanceBar(width: number): number {
  return 0.03 * Math.sqrt(500 / width);
}

interface Case {
  readonly activation: string;
  readonly q: number;
}

const cases: readonly Case[] = [
  { activation: "erf", q: 0.2 },
  { activation: "tanh", q: 0.05 },
  { activation: "relu", q: 1 },
];

interface Compared extends Case {
  readonly depth: number;
  readonly law: JacobianSpectrum;
  readonly found: SpectrumMeasurement;
}

async function compare(
  { activation, q }: Case,
  depth: number,
  context: ExperimentContext,
): Promise<Compared> {
  const { width, seeds } = atScale(context, settings);
  const { key, options, signal } = context;
  const { model, input, sw2 } = criticalNetwork({ activation, q, layers: depth + 1, width }, key);
  const law = uniformSpectrum({ activation: scalarActivation(activation), depth, q, weights: "haar", sw2 });
  context.progress(`${activation}, depth ${depth}`);
  const found = await measureSpectrum({
    network: model,
    inputs: input,
    seeds,
    law: { ...law.distribution(), mean: law.mean },
    key,
    options,
    ...(signal === undefined ? {} : { signal }),
  });
  return { activation, q, depth, law, found };
}

function cells({ activation, q, depth, law, found }: Compared): readonly (string | number | null)[] {
  return [
    `${activation}, q = ${q}`,
    depth,
    found.ks?.normalised ?? null,
    found.ks?.raw ?? null,
    Math.exp(found.max.lnMean),
    law.edge,
  ];
}

export const singularValues: PaperClaim = {
  id: "singular-values",
  claim: "The spectrum of the input-output Jacobian is that of the free product",
  paper:
    "limit spectra by multiplicative free convolution, for Haar weights and any activation with a derivative almost everywhere",
  bar: "Kolmogorov distance, sample scaled to the law's mean, below .03 at N = 500 and below .03 √(500/N) at others",
  command: "fathom spectrum --activation erf --depth 10 --q 0.2 --measure --width 500",
  async run(context) {
    const { width, seeds, depths } = atScale(context, settings);
    const compared: Compared[] = [];
    for (const depth of depths) for (const of of cases) compared.push(await compare(of, depth, context));
    const distances = compared.map(({ found }) => found.ks?.normalised ?? 1);
    return {
      ours: `largest distance ${significant(Math.max(...distances))} over ${cases.map(({ activation }) => activation).join(", ")} at depths ${depths.join(", ")} (N = ${width}, ${counted(seeds, "network")} each; bar ${significant(distanceBar(width))})`,
      status: judged(distances.every((distance) => distance < distanceBar(width))),
      tables: [
        {
          title: "Sampled spectra against the free product",
          columns: ["case", "depth", "distance, scaled", "distance, raw", "largest eigenvalue", "edge"],
          rows: compared.map(cells),
        },
      ],
    };
  },
};

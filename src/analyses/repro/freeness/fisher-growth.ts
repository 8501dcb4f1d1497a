/** @file The largest eigenvalue of the conditional Fisher grows linearly with depth, so stable rates fall as 1/L (criticality.md §12). */
import { measureFisher } from "../../../probes/index.ts";
import { fisherEdges, scalarActivation } from "../../../theory/index.ts";
import { lineFigure, point } from "../../figure.ts";
import { counted, significant } from "../../words.ts";
import { atScale, type ExperimentContext, judged, type PaperClaim } from "../paper.ts";
import { type CriticalNetwork, criticalNetwork } from "./network.ts";

const settings = {
  test: { width: 64, depth: 10, seeds: 1 },
  repro: { width: 300, depth: 20, seeds: 2 },
  full: { width: 500, depth: 50, seeds: 3 },
} as const;

/** Small, so that the network is near isometry. */
const q = 0.01;
const activation = "erf";

/** λ_max/L at the depths behind the first few may vary by this factor. */
const variation = 1.25;
/** Of the measured λ_max against theory: finite N scatters the edge. */
const edgeTolerance = 0.1;
/** Depths below have not settled. */
const settled = 4;

/** λ_max of the dual Fisher at depths 1 to L, means over sampled networks. */
async function measured({ model, input }: CriticalNetwork, context: ExperimentContext): Promise<number[]> {
  const { depth, seeds } = atScale(context, settings);
  const { key, options, signal } = context;
  const samples = await measureFisher({
    model,
    input,
    seeds,
    key,
    options,
    onSeed: (done, total) => context.progress(`network ${done} of ${total}`),
    ...(signal === undefined ? {} : { signal }),
  });
  return Array.from({ length: depth }, (_, l) => {
    const edges = samples
      .filter((sample) => sample.depth === l + 1)
      .map(({ eigenvalues }) => eigenvalues[0]!);
    return edges.reduce((sum, edge) => sum + edge, 0) / edges.length;
  });
}

/** How far values are from each other: the largest over the least. */
function ratioOf(values: readonly number[]): number {
  return Math.max(...values) / Math.min(...values);
}

export const fisherGrowth: PaperClaim = {
  id: "fisher-growth",
  claim: "The largest eigenvalue of the conditional Fisher grows linearly with depth near isometry",
  paper: "the spectrum concentrates around its maximum, which grows linearly in L: stable rates fall as 1/L",
  bar: `λ_max/L within a factor ${variation} from L = ${settled} on, measured and by theory; measured λ_max within ${edgeTolerance} of theory, relative`,
  command: "fathom spectrum --activation erf --depth 20 --q 0.01 --fisher --measure",
  async run(context) {
    const { width, depth, seeds } = atScale(context, settings);
    const network = criticalNetwork({ activation, q, layers: depth, width }, context.key);
    const theory = fisherEdges({ activation: scalarActivation(activation), q, depth, sw2: network.sw2 });
    const sampled = await measured(network, context);
    const perLayer = (edges: readonly number[]) =>
      edges.slice(settled - 1).map((edge, i) => edge / (i + settled));
    const [byTheory, found] = [perLayer(theory), perLayer(sampled)];
    const off = Math.max(...found.map((value, i) => Math.abs(value / byTheory[i]! - 1)));
    const series = (name: string, role: "theory" | "measured", edges: readonly number[]) => ({
      name,
      role,
      form: role === "theory" ? ("line" as const) : ("dots" as const),
      points: edges.map((edge, i) => point(i + 1, edge)),
    });
    return {
      ours: `λ_max/L from ${significant(Math.min(...found))} to ${significant(Math.max(...found))} measured, ${significant(Math.min(...byTheory))} to ${significant(Math.max(...byTheory))} by theory, for L = ${settled} to ${depth}; largest difference ${significant(off, 2)} (erf, q = ${q}, N = ${width}, ${counted(seeds, "network")})`,
      status: judged(ratioOf(found) < variation && ratioOf(byTheory) < variation && off < edgeTolerance),
      figures: [
        lineFigure({
          id: "freeness-fisher",
          title: "Largest eigenvalue of the dual Fisher by depth",
          caption: "The line is theory of infinite width, dots are means over sampled networks.",
          x: { label: "depth L", integer: true },
          y: { label: "λ_max" },
          series: [series("theory", "theory", theory), series("measured", "measured", sampled)],
        }),
      ],
    };
  },
};

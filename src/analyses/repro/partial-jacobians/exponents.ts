/** @file J(1, l) ~ l^-ζ at criticality: 1 for erf, 0 for relu, −ρ for LayerNorm with µ = 1 (criticality.md §3, §4.4). */
import { type Estimate, propagateUniform, scalarActivation } from "../../../theory/index.ts";
import { lineFigure, point } from "../../figure.ts";
import { counted, significant } from "../../words.ts";
import { atScale, type ExperimentContext, judged, type PaperClaim } from "../paper.ts";
import { type DepthProfile, depthProfile, powerOf, type UniformNetwork } from "./profiles.ts";

const settings = {
  test: { width: 200, depth: 30, seeds: 5, probes: 8 },
  repro: { width: 500, depth: 50, seeds: 8, probes: 16 },
  full: { width: 500, depth: 50, seeds: 40, probes: 32 },
} as const;

/** The exponent of erf by the recursion at l = 1e4 (criticality.md §13). */
const limitTolerance = 1e-3;
/** Of the measured slope: the law is that of wide networks, and ln J of one network drifts by about 1.7 L/N (§6). */
const slopeTolerance = 0.15;

type Case = Pick<UniformNetwork, "activation" | "sw2" | "sb2" | "norm" | "mu"> & {
  readonly name: string;
  readonly zeta: number;
};

/** ρ = σw²/(σw² + 2 σb²) of relu. */
const rho = 1.96 / (1.96 + 0.18);

const cases: readonly Case[] = [
  { name: "erf", activation: "erf", sw2: Math.PI / 4, sb2: 0, zeta: 1 },
  { name: "relu", activation: "relu", sw2: 2, sb2: 0, zeta: 0 },
  {
    name: "relu, LayerNorm, µ = 1",
    activation: "relu",
    sw2: 1.96,
    sb2: 0.09,
    norm: "ln-pre",
    mu: 1,
    zeta: -rho,
  },
];

/** −d ln J/d ln l of erf between l = 5000 and 10,000. */
function limitOfErf(): number {
  const layer = { activation: scalarActivation("erf"), sw2: Math.PI / 4, sb2: 0 };
  const layers = propagateUniform(layer, { K1: 1, depth: 10_000 });
  return -(layers[9_999]!.logJ - layers[4_999]!.logJ) / Math.LN2;
}

interface Slopes {
  readonly of: Case;
  readonly profile: DepthProfile;
  readonly theory: number;
  readonly measured: Estimate;
}

async function slopesOf(of: Case, context: ExperimentContext): Promise<Slopes> {
  context.progress(of.name);
  const { seeds, probes, width, depth } = atScale(context, settings);
  const profile = await depthProfile({ ...of, width, depth }, { seeds, probes }, context);
  const theory = powerOf(profile.theory.map(({ logJ }) => [logJ])).value;
  return { of, profile, theory, measured: powerOf(profile.measured.map(({ J }) => J.perSeed)) };
}

function agrees({ theory, measured: { value, se = 0 } }: Slopes): boolean {
  return Math.abs(value - theory) < slopeTolerance + 4 * se;
}

function figureOf(slopes: readonly Slopes[]) {
  return lineFigure({
    id: "partial-jacobians-exponents",
    title: "J(1, l) at criticality",
    caption: "Lines are the recursion of infinite width, dots the means over sampled networks.",
    x: { label: "layer l", scale: "log" },
    y: { label: "ln J(1, l)" },
    series: slopes.flatMap(({ of, profile }) => [
      {
        name: `${of.name}, theory`,
        role: "theory" as const,
        form: "line" as const,
        points: profile.theory.map(({ logJ }, i) => point(i + 1, logJ)),
      },
      {
        name: `${of.name}, measured`,
        role: "measured" as const,
        form: "dots" as const,
        points: profile.measured.map(({ J }, i) =>
          point(i + 1, J.lnMean, J.ci && { lo: J.ci[0], hi: J.ci[1] }),
        ),
      },
    ]),
  });
}

export const exponents: PaperClaim = {
  id: "exponents",
  claim: "J decays as a power at criticality",
  paper: "ζ = 1 for erf, 0 for relu, −ρ for LayerNorm with µ = 1",
  bar: `erf at l = 1e4 within ${limitTolerance}; slopes of sampled networks within ${slopeTolerance} and 4 standard errors of theory at the same depths`,
  command: "fathom criticality --activation erf --sw2 0.7853982 --depth 50 --width 500 --measure",
  async run(context) {
    const limit = limitOfErf();
    const slopes: Slopes[] = [];
    for (const of of cases) slopes.push(await slopesOf(of, context));
    const { width, depth, seeds } = atScale(context, settings);
    const texts = slopes.map(
      ({ of, theory, measured }) =>
        `${of.name}: −ζ = ${significant(-of.zeta)}, at this depth ${significant(theory)} by theory and ${significant(measured.value)} ± ${significant(measured.se ?? 0, 2)} measured`,
    );
    return {
      ours: `ζ of erf at l = 1e4 is ${significant(limit, 5)}. ${texts.join("; ")} (width ${width}, depth ${depth}, ${counted(seeds, "network")})`,
      status: judged(Math.abs(limit - 1) < limitTolerance && slopes.every(agrees)),
      figures: [figureOf(slopes)],
    };
  },
};

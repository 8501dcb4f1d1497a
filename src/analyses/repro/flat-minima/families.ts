/** @file The sign tests of training.md §1.6 on the reference case of every family. */
import { meanBy } from "../../../theory/index.ts";
import { significant } from "../../words.ts";
import { type ExperimentContext, type ExperimentResult, judged, type PaperClaim } from "../paper.ts";
import { benchmark } from "./benchmark.ts";
import { curvatureFigure } from "./figures.ts";
import { errorText, pointsText } from "./names.ts";
import { type Arm, armsOf, type CaseSummary } from "./summary.ts";
import { armsTable } from "./tables.ts";

const command = "fathom landscape RUN --data D";

/** The cases that §1.6 has numbers of. */
async function references(context: ExperimentContext): Promise<CaseSummary[]> {
  const { summaries } = await benchmark(context);
  return summaries.filter(({ one }) => one.reference);
}

function perFamily(found: readonly CaseSummary[], text: (summary: CaseSummary) => string): string {
  return found.map((summary) => `${summary.one.family}: ${text(summary)}`).join("; ");
}

function sizeText([first]: readonly CaseSummary[]): string {
  const { outcome } = first!;
  const measured = outcome.seeds.filter(({ path }) => path !== undefined).length;
  return `${outcome.seeds.length} seeds, surroundings of ${measured}`;
}

const lambda = ({ flatness }: Arm) => flatness?.lambdaMax.value ?? Number.NaN;

export const errors: PaperClaim = {
  id: "errors",
  claim: "Averages of SAM's weights err no more than SGD, in every family",
  paper:
    "−.90 to −1.49 points in vision, −1.64 to −11.81 in text, −.81 to −3.07 in graphs (independent run, 6 seeds)",
  bar: "mean test error of WASAM at most SGD's in vision, text and graph, at the ρ that validation rows pick",
  command: "fathom choose mlp:depth=2,width=64,activation=tanh --data digits",
  async run(context): Promise<ExperimentResult> {
    const found = await references(context);
    const text = ({ picked: { base, swa, sam, wasam } }: CaseSummary) =>
      `SGD ${errorText(base.error)} %, SWA ${pointsText(swa.difference!)}, SAM ${pointsText(sam.difference!)} and WASAM ${pointsText(wasam.difference!)} points at ρ = ${sam.rho} and ${wasam.rho}`;
    const met = ({ picked: { base, wasam } }: CaseSummary) => wasam.error.value <= base.error.value;
    return {
      ours: `${perFamily(found, text)} (${sizeText(found)}, 95 % t-intervals)`,
      status: judged(found.length === 3 && found.every(met)),
      tables: found.map(armsTable),
      figures: found.map(curvatureFigure),
    };
  },
};

export const samFlatter: PaperClaim = {
  id: "sam-flatter",
  claim: "SAM's minima are flatter than those of SGD",
  paper:
    "λ_max .162 → .027 to .069 in vision, 2.48 → .90 to 1.49 in text, .677 → .065 to .58 in graphs (independent run)",
  bar: "λ_max of SAM below SGD's in every family, at the ρ that validation rows pick",
  command,
  async run(context) {
    const found = await references(context);
    const text = (summary: CaseSummary) =>
      `SGD ${significant(lambda(summary.picked.base))}, SWA ${significant(lambda(summary.picked.swa))}, SAM ${armsOf(
        summary,
        "sam",
      )
        .map((arm) => `${significant(lambda(arm))} at ρ = ${arm.rho}`)
        .join(", ")}`;
    const met = ({ picked: { base, sam } }: CaseSummary) => lambda(sam) < lambda(base);
    return {
      ours: `${perFamily(found, text)} (${sizeText(found)})`,
      status: judged(found.length === 3 && found.every(met)),
    };
  },
};

export const averagesFlatter: PaperClaim = {
  id: "averages-flatter",
  claim: "Averages are at most as sharp as the last weights, and WASAM is flattest",
  paper: "λ_max of the average below that of the last weights at every ρ (independent run: 12 of 12)",
  bar: "λ_max(average) ≤ λ_max(last) at every ρ, 0 among them, in every family",
  command,
  async run(context) {
    const found = await references(context);
    const pairs = found.flatMap((summary) => pairsOf(summary).map((pair) => ({ summary, ...pair })));
    const failed = pairs.filter(({ last, average }) => !(lambda(average) <= lambda(last)));
    const ratio = Math.exp(meanBy(pairs, ({ last, average }) => Math.log(lambda(average) / lambda(last))));
    const text = (summary: CaseSummary) =>
      pairsOf(summary)
        .map(({ last, average }) => `${significant(lambda(last))} → ${significant(lambda(average))}`)
        .join(", ");
    return {
      ours: `${pairs.length - failed.length} of ${pairs.length}: ${perFamily(found, text)}, last → average by rising ρ, in geometric mean by a factor ${significant(ratio)} (${sizeText(found)})`,
      status: judged(found.length === 3 && failed.length === 0),
    };
  },
};

/** Last weights beside their average, by rising ρ. */
function pairsOf(summary: CaseSummary): { readonly last: Arm; readonly average: Arm }[] {
  const last = [...armsOf(summary, "base"), ...armsOf(summary, "sam")];
  const averages = [...armsOf(summary, "swa"), ...armsOf(summary, "wasam")];
  return last.flatMap((arm) => {
    const average = averages.find(({ rho }) => rho === arm.rho);
    return average === undefined ? [] : [{ last: arm, average }];
  });
}

export const tooLarge: PaperClaim = {
  id: "too-large",
  claim: "Too large a ρ raises the sharpness again",
  paper:
    "λ_max of the last weights .027 → .069 from ρ = .2 to .4 in vision, .065 → .58 from .3 to .6 in graphs (independent run)",
  bar: "λ_max of SAM's last weights at the largest ρ above that at the one before, in vision and graph",
  command,
  async run(context) {
    const found = (await references(context)).filter(({ one }) => one.family !== "text");
    const ends = (summary: CaseSummary) => armsOf(summary, "sam").slice(-2) as [Arm, Arm];
    const text = (summary: CaseSummary) => {
      const [before, largest] = ends(summary);
      return `${significant(lambda(before))} at ρ = ${before.rho}, ${significant(lambda(largest))} at ${largest.rho}`;
    };
    const met = (summary: CaseSummary) => lambda(ends(summary)[1]) > lambda(ends(summary)[0]);
    return {
      ours: `${perFamily(found, text)} (${sizeText(found)})`,
      status: judged(found.length === 2 && found.every(met)),
    };
  },
};

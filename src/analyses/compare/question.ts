/**
 * @file The question `fathom compare` asks: which architecture's inductive bias suits these data, before any is trained. Three
 * answers from the kernel of infinite width: the evidence of its Gaussian process, the alignment of the kernel with the targets,
 * and the learning curve that follows from its eigenvectors, beside the measured one.
 */

import { version } from "../../version.ts";
import type { Outcome, ReportSection } from "../document.ts";
import { fingerprint } from "../items.ts";
import { Journal, pieceKey } from "../journal.ts";
import { reproduction } from "../reproduction.ts";
import { targetsOf } from "../targets.ts";
import { count } from "../words.ts";
import { figuresOf } from "./figures.ts";
import { findingsOf, tablesOf, verdictOf } from "./findings.ts";
import { compareJson } from "./json.ts";
import { judge } from "./judge.ts";
import { type Ranked, ranking } from "./ranking.ts";
import { type CompareQuestion, type Contender, ofNetwork, type Setting, settingOf } from "./setting.ts";

const notes = [
  "Log evidence: ln p of the class targets (+1 and −1) under a Gaussian process whose covariance is the kernel times an amplitude plus noise; both are the most likely ones for each network. In JSON also for the kernel as it is. The difference of two is the logarithm of a Bayes factor.",
  "Targets of one data set depend on each other, so the interval over targets is a guide. It says nothing of other data.",
  "Alignment: ⟨HKH, HYYᵀH⟩/(|HKH| |HYYᵀH|), H the centring of all items: 0 to 1 (Cortes, Mohri and Rostamizadeh 2012).",
  "Predicted error: the eigenlearning equations (Simon et al., arXiv 2110.03922), κ from Σ λ/(λ + κ) + δ/κ = n, L = λ/(λ + κ), E = n/(n − ΣL²) Σ (1 − L)² v², in their form for n of P items drawn without repetition: n = Σ (λ + δ/P)/(λ + κ), E = Σ (1 − L)² v² α/((α − s)(1 − s) + (1 − α)(s − q)), α = n/P, s = ΣL/P, q = ΣL²/P. λ and v are of the eigenvectors of training and test items together, δ is the noise of the evidence.",
];

/**
 * Compares the inductive bias of networks on data.
 * @returns `rows[{net, logEvidence, logEvidencePerTarget[], amplitude, noise, asGiven{}, alignment, errorRate, learningCurve[{n,
 * predicted, measured?, errorRate?}], …}]` by falling evidence, `comparisons[]` of the first with the others.
 * @throws FathomError unsupported naming a layer without a kernel; bad-input for items and settings that cannot be used; too-large
 * above 4000 items; cancelled.
 * @example
 * await compare({ nets: [{ name: "deep", net }], dataset, train: { split: "train", rows }, test, seed: 0, command: "…" })
 */
export async function compare(asked: CompareQuestion): Promise<Outcome> {
  const start = performance.now();
  const setting = settingOf(asked);
  const journal = await Journal.open(asked.folder);
  const judged: Ranked[] = [];
  for (const contender of setting.nets) {
    setting.signal?.throwIfAborted();
    const found = await journal.piece(keyOf(contender, setting), () =>
      judge(contender, setting).catch((error) => {
        throw ofNetwork(contender, error);
      }),
    );
    judged.push({ name: contender.name, ...found });
  }
  await journal.close();
  const ranked = ranking(judged);
  const { train, test, dataset, get } = setting;
  return {
    json: compareJson(ranked, setting),
    document: {
      title: "Comparison",
      subject: ranked.map(({ name }) => name).join(", "),
      facts: [
        ["data", `${dataset.name}: ${count(train.count)} training and ${count(test.count)} test rows`],
        ["kernel", get === "nngp" ? "of initial outputs (NNGP)" : "tangent kernel (NTK)"],
      ],
      verdict: verdictOf(ranked),
      advice: [],
      advises: false,
      sections: [sectionOf(ranked)],
      notApplicable: [],
      reproduction: reproduction(asked, (performance.now() - start) / 1000),
    },
  };
}

function sectionOf(ranked: readonly Ranked[]): ReportSection {
  return {
    id: "compare",
    title: "Inductive bias",
    question: "Which of these architectures expects data like these?",
    findings: findingsOf(ranked),
    figures: figuresOf(ranked),
    numbers: [],
    tables: tablesOf(ranked),
    notes,
    source:
      "Neal 1996; Lee et al. 2018, arXiv 1711.00165 (kernels); MacKay, Neural Computation 4, 1992 (evidence); Cortes, Mohri and Rostamizadeh, JMLR 13, 2012 (alignment); Simon et al. 2021, arXiv 2110.03922, and LeJeune et al. 2022, arXiv 2211.03751 (learning curves)",
  };
}

/** All that the result of one network depends on; its name is not among it. */
function keyOf({ net }: Contender, setting: Setting): string {
  const { dataset, train, test, get, sizes, trials, precision, parameterisation, seed } = setting;
  const how = { get, sizes, trials, precision, parameterisation, seed, targets: targetsOf(dataset.classes) };
  return pieceKey({ version, net, ...how, data: [train, test].map(fingerprint) });
}

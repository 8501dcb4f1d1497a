/** @file What the baseline says, in sentences: whether the architecture suits the data, and whether training beats no training. */
import type { Finding } from "../document.ts";
import { shareText } from "../predict/findings.ts";
import { count, counted, percent } from "../words.ts";
import type { BaselineResults } from "./kernel-baseline.ts";
import { fewestBetter } from "./trained.ts";

/** A difference of test errors below this is none. */
const leastDifference = 0.01;

export function findingsOf(results: BaselineResults): Finding[] {
  return [errorFinding(results), ...priorFindings(results), ...trainedFindings(results)];
}

function errorFinding({ network, chance }: BaselineResults): Finding {
  const { n, errors } = network.at(-1)!;
  const text = `Infinitely wide and untrained, it has a test error of ${shareText(errors)} from ${counted(n, "training row")}`;
  if (isUseless(errors.ci, chance))
    return {
      tone: "bad",
      text: `${text}: no better than guessing the commonest class (${percent(chance)}). At this initialisation the architecture expects nothing of what the data have.`,
    };
  return { tone: "neutral", text: `${text}.` };
}

function isUseless([, high]: readonly [number, number], chance: number): boolean {
  return high >= chance;
}

/** Whether its prior says more of the data than straight lines. */
function priorFindings({ linear, difference, network, chance }: BaselineResults): Finding[] {
  const straight = linear?.at(-1);
  const ci = difference?.ci;
  if (straight === undefined || ci === undefined || isUseless(network.at(-1)!.errors.ci, chance)) return [];
  const of = `A linear model has ${percent(straight.errors.value)} from the same rows`;
  const [low, high] = ci;
  if (low > 0)
    return [{ tone: "good", text: `${of}: what the architecture expects before training suits these data.` }];
  if (high < 0)
    return [
      {
        tone: "warn",
        text: `${of}, and is better: what the architecture expects before training, at this initialisation, does not suit these data.`,
      },
    ];
  const text =
    high < leastDifference ? `${of}: no difference.` : `${of}: no clear difference on so few rows.`;
  return [{ tone: "neutral", text }];
}

function trainedFindings(found: BaselineResults): Finding[] {
  const { trained, network } = found;
  if (trained === undefined) return [];
  const best = fewestBetter(network, trained);
  const after = `${percent(trained.error)} after ${counted(trained.steps, "step")} on ${count(trained.rows)} rows`;
  if (best !== undefined) {
    const rows = trained.rows > best.n ? `${count(best.n)} of those rows` : counted(best.n, "row");
    return [
      {
        tone: "warn",
        text: `Training is worse than none here: ${after} as given, ${percent(best.errors.value)} from ${rows} for the infinitely wide network without a step. What holds it back is the training (steps, rate, optimiser) or the width, not the architecture or the data.`,
      },
    ];
  }
  const { n, errors } = network.at(-1)!;
  const text =
    trained.ci[1] < errors.ci[0]
      ? `The trained network is better, with ${after}: its training learns more than ${count(n)} rows tell the infinitely wide one.`
      : `The trained network has ${after}: no clear difference.`;
  return [{ tone: "neutral", text }];
}

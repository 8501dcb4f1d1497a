/**
 * @file Probabilities beside frequencies: the items in groups by the probability of the class that was predicted, and how many of
 * each group are right. Where they agree the regression's uncertainty is calibrated.
 */

import { meanOf } from "../../theory/index.ts";
import { type Figure, lineFigure, point } from "../figure.ts";
import { type Share, wilsonShare } from "../wilson.ts";
import type { Result } from "./result.ts";

/** Most groups, and least items of one: an interval over fewer says nothing. */
const most = 10;
const least = 10;

/** Items of like probability. */
export interface ReliabilityBin {
  /** Mean probability of the predicted class. */
  readonly probability: number;
  /** How many of them are right. */
  readonly right: Share;
}

/** Groups of as many items each, by rising probability; none without probabilities or with few items. */
export function reliabilityOf({ scores, setting }: Result): ReliabilityBin[] {
  const { predicted, probabilities } = scores;
  const labels = setting.test.labels.data;
  const items = labels.length;
  if (probabilities === undefined || items < 2 * least) return [];
  const of = (i: number) => probabilities.data[i * setting.classes + predicted.data[i]!]!;
  const order = Array.from(labels.keys()).sort((a, b) => of(a) - of(b));
  const groups = Math.min(most, Math.floor(items / least));
  return Array.from({ length: groups }, (_, group) => {
    const end = (at: number) => Math.round((at * items) / groups);
    const rows = order.slice(end(group), end(group + 1));
    const right = rows.filter((i) => predicted.data[i] === labels[i]).length;
    return { probability: meanOf(rows.map(of)), right: wilsonShare(right, rows.length) };
  });
}

/** The picture of the groups. */
export function reliabilityFigure(bins: readonly ReliabilityBin[]): Figure {
  const from = Math.min(...bins.map(({ probability, right }) => Math.min(probability, right.ci[0])));
  return lineFigure({
    id: "predict-reliability",
    title: "Probability against frequency",
    caption: `Test items in ${bins.length} groups of as many, by the probability of the class that was predicted: its mean in the group, and the share of the group that is right, with 95 % intervals (Wilson). Above the line predictions are right more often than their probability says, below it less often.`,
    x: { label: "mean P(predicted)" },
    y: { label: "share right" },
    series: [
      { name: "equal", role: "neutral", form: "line", points: [point(from, from), point(1, 1)] },
      {
        name: "share right",
        role: "measured",
        form: "dots",
        points: bins.map(({ probability, right: { value, ci } }) =>
          point(probability, value, { lo: ci[0], hi: ci[1] }),
        ),
      },
    ],
  });
}

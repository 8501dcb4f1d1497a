/** @file Predictions as a table for spreadsheets and scripts: one row an item. */
import type { PredictOutcome } from "../analyses/index.ts";

/**
 * `row,label,predicted,margin,variance,scale,mean0,…,probability0,…`; variance, scale and probabilities where there are any.
 * `variance` is of the kernel as it is; `variance` times `scale`, the same in every row, is that of the probabilities.
 */
export function predictionsCsv({ setting, scores, predictions }: PredictOutcome["result"]): string {
  const { test, classes } = setting;
  const { mean, variance } = predictions;
  const { predicted, margin, probabilities, scale } = scores;
  const each = (name: string) => Array.from({ length: classes }, (_, c) => `${name}${c}`);
  const head = [
    ...["row", "label", "predicted", "margin"],
    ...(variance ? ["variance", "scale"] : []),
    ...each("mean"),
    ...(probabilities ? each("probability") : []),
  ];
  const rows = test.rows.map((row, i) => {
    const of = ({ data }: { readonly data: Float64Array }) => data.subarray(i * classes, (i + 1) * classes);
    return [
      ...[row, test.labels.data[i]!, predicted.data[i]!, margin.data[i]!],
      ...(variance ? [variance.data[i]!, scale] : []),
      ...of(mean),
      ...(probabilities ? of(probabilities) : []),
    ];
  });
  return `${[head, ...rows].map((cells) => cells.join(",")).join("\n")}\n`;
}

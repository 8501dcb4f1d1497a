/** @file The fields of cli.md: those of the first solution at the top, all of them under `solutions`. */
import type { Landscape, MeasuredSolution } from "./measured.ts";
import type { Setting } from "./setting.ts";

export function landscapeJson({ solutions, lines, plane }: Landscape, setting: Setting) {
  const { rows, loss, dataset } = setting;
  const [line] = lines;
  return {
    ...flatnessOf(solutions[0]!),
    ...(line ? { barrier: line.barrier } : {}),
    solutions: solutions.map(({ seconds: _, ...solution }) => ({ ...flatnessOf(solution), ...solution })),
    ...(lines.length > 0 ? { lines } : {}),
    ...(plane ? { plane } : {}),
    lossKind: loss,
    rows: { data: dataset.name, split: rows.split, count: rows.rows.length },
  };
}

/** `lambdaMax`, `trace`, `sharpness` as far as they were asked for. */
function flatnessOf({ eigenvalues, trace, sharpness }: Omit<MeasuredSolution, "seconds">) {
  return {
    ...(eigenvalues
      ? { lambdaMax: eigenvalues.largest[0]!.value, lambdaMin: eigenvalues.smallest.value }
      : {}),
    ...(trace ? { trace } : {}),
    ...(sharpness ? { sharpness } : {}),
  };
}

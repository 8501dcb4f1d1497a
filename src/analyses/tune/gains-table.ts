/** @file The table of a tuning: gains and variances by layer. */
import type { LayerGain } from "../../probes/index.ts";
import type { DataTable } from "../document.ts";

export function gainsTable(gains: readonly LayerGain[], title = "Gains by layer"): DataTable {
  return {
    title,
    columns: ["layer", "gain of weights", "gain of biases", "σw²", "σb²"],
    rows: gains.map(({ layer, weight, bias, sw2, sb2 }) => [layer, weight, bias, sw2, sb2]),
  };
}

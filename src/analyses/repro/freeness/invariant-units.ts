/** @file Rotating Haar weights around the units they act on changes no unit (criticality.md §11): the step that makes freeness. */
import { invariance } from "../../../probes/index.ts";
import { scalarActivation } from "../../../theory/index.ts";
import { significant } from "../../words.ts";
import { atScale, judged, type PaperClaim } from "../paper.ts";

const settings = { test: { width: 100 }, repro: { width: 300 }, full: { width: 500 } } as const;

/** Rounding a unit of width. */
const rounding = 1e-14;
const changed = 0.1;

export const invariantUnits: PaperClaim = {
  id: "invariant-units",
  claim: "Weights may be rotated around the units they act on without changing any unit",
  paper: "U with U x = x is Haar on the rest and independent of all φ', though φ' depends on W",
  bar: `|Ux − x|, |UUᵀ − I| and every hidden unit within ${rounding} N; some |WU − W| > ${changed}`,
  command: "fathom spectrum --activation tanh --depth 3 --q 0.5 --freeness",
  run(context) {
    const { width } = atScale(context, settings);
    const activation = scalarActivation("tanh");
    const { fixed, orthogonal, units, weights } = invariance({
      activation,
      width,
      sw2: 1.5,
      sb2: 0.1,
      key: context.key,
    });
    const still = Math.max(fixed, orthogonal, units) < rounding * width;
    return {
      ours: `at N = ${width}: |Ux − x| ${significant(fixed, 2)}, |UUᵀ − I| ${significant(orthogonal, 2)}, units ${significant(units, 2)}, weights ${significant(weights, 2)}`,
      status: judged(still && weights > changed),
    };
  },
};

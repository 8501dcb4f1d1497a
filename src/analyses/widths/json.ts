/** @file The fields of cli.md: rows, slopes, transfer; and depth where it was asked for. */
import type { Estimate } from "../../theory/index.ts";
import { finiteOrNull } from "../figure.ts";
import { type Checked, changePowers, overSeeds } from "./check.ts";
import { type DepthCheck, depthPowers } from "./depth.ts";
import { byParameterisation } from "./findings.ts";
import { type BestRate, driftOf, type TransferPlan } from "./transfer.ts";

/** An estimate as JSON; null with a status where there is none. */
function estimateJson(estimate: Estimate | undefined): object {
  if (estimate === undefined) return { value: null, status: "undefined" };
  const { value, se, ci } = estimate;
  return {
    value: finiteOrNull(value),
    se: finiteOrNull(se),
    ci: ci === undefined ? null : ci.map(finiteOrNull),
  };
}

function rowsOf(checked: readonly Checked[], place: "width" | "depth") {
  return checked.flatMap(({ parameterisation, at, layers }) =>
    layers.map(({ name, rms, change }) => ({
      ...(place === "width" ? { parameterisation } : {}),
      [place]: at,
      layer: name,
      rms: overSeeds(rms),
      change: overSeeds(change),
      ...(change.flat().includes(null) ? { status: "diverged" } : {}),
    })),
  );
}

/** `rows` and `slopes`. */
export function checkJson(checked: readonly Checked[]) {
  return {
    rows: rowsOf(checked, "width"),
    slopes: byParameterisation(checked).flatMap(([parameterisation, of]) =>
      changePowers(of).map(({ layer, power }) => ({ parameterisation, layer, ...estimateJson(power) })),
    ),
  };
}

/** `transfer`. */
export function transferJson(found: readonly BestRate[], { steps, seeds, origin }: TransferPlan) {
  const rateOf = (octaves: number | undefined) => (octaves === undefined ? null : 2 ** octaves);
  return {
    steps,
    seeds,
    lr: found.map(({ parameterisation, width, best, bySeed, loss }) => ({
      parameterisation,
      width,
      lr: rateOf(best),
      lrBySeed: bySeed.map(rateOf),
      loss,
      ...(best === undefined ? { status: "diverged" } : {}),
    })),
    drift: byParameterisation(found).map(([parameterisation, of]) => ({
      parameterisation,
      unit: "octaves per doubling of the width",
      ...estimateJson(driftOf(of)),
    })),
    curves: found.flatMap(({ parameterisation, width, points }) =>
      points.map(({ exponent, losses }) => ({
        parameterisation,
        width,
        lr: origin * 2 ** exponent,
        losses,
        ...(losses.includes(null) ? { status: "diverged" } : {}),
      })),
    ),
  };
}

/** `depth`. */
export function depthJson(depth: DepthCheck) {
  return {
    block: depth.block,
    rows: rowsOf(depth.checked, "depth"),
    slopes: depthPowers(depth).map(({ place, power }) => ({ place, ...estimateJson(power) })),
  };
}

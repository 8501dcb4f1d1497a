/** @file The same quantities on sampled networks of the real width: partial Jacobians, their law, and the layer to blame. */
import {
  type CulpritFinding,
  culprit,
  type Diagnosis,
  diagnose,
  growthRate,
  type JacobianMeasurement,
  type JacobianOptions,
  type LayerKernel,
  measureJacobians,
} from "../../probes/index.ts";
import type { Key } from "../../tensor/index.ts";
import type { Estimate } from "../../theory/index.ts";
import { hiddenTaps } from "../readout.ts";
import { zeroDivision } from "../zero-division.ts";
import { slopeFrom } from "./predict.ts";

export interface CriticalityMeasurement {
  readonly jacobians: JacobianMeasurement;
  /** What each layer adds to the tangent kernel; only where it was asked for. */
  readonly kernels?: readonly LayerKernel[];
  /** Undefined for networks of fewer than three preactivations. */
  readonly diagnosis: Diagnosis | undefined;
  readonly culprit: CulpritFinding | undefined;
  /** Slope of ln of the mean J(1, l) against l over the last two thirds of the hidden layers; undefined where J dies or overflows. */
  readonly slope: Estimate | undefined;
  /** First layer whose J cannot be measured because the preactivations overflow; the others are judged without it. */
  readonly overflowFrom: number | undefined;
  /** What may have been divided by zero there, and the mend. */
  readonly zeroDivision: string | undefined;
}

export interface CriticalityMeasureOptions
  extends Pick<JacobianOptions, "model" | "inputs" | "options" | "signal" | "onSeed"> {
  readonly seeds: number;
  readonly key: Key;
}

/** Rademacher probes per input and seed. */
export const probes = 8;

/** @throws FathomError as `measureJacobians`. */
export async function measureCriticality(
  settings: CriticalityMeasureOptions,
): Promise<CriticalityMeasurement> {
  const jacobians = await measureJacobians({ ...settings, probes });
  const { layers } = jacobians;
  const hidden = layers.slice(0, hiddenTaps(settings.model));
  const overflow = hidden.findIndex(({ J }) => J.status === "overflow");
  const sound = overflow < 0 ? hidden : hidden.slice(0, overflow);
  const profile = sound.map(({ index, J }) => ({ depth: index, lnJ: J.perSeed }));
  const segments = sound.flatMap(({ index, name, local }) =>
    local === undefined
      ? []
      : [{ index, name, lnJ: local.lnMedian, ...(local.se === undefined ? {} : { se: local.se }) }],
  );
  const from = slopeFrom(hidden.length) - 1;
  const finite = hidden.slice(from).every(({ J }) => Number.isFinite(J.lnMean));
  const units = hidden.at(-1)?.units;
  return {
    jacobians,
    diagnosis:
      profile.length < 3 ? undefined : diagnose(profile, units === undefined ? {} : { width: units }),
    culprit: segments.length < 3 ? undefined : culprit(segments),
    slope: hidden.length - from > 1 && finite ? growthRate(profile.slice(from)) : undefined,
    overflowFrom: hidden[overflow]?.index,
    zeroDivision: overflow < 0 ? undefined : zeroDivision(settings.model),
  };
}

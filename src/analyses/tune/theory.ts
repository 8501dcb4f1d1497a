/**
 * @file Tuning by theory (criticality.md §7.1): the critical point of the network's row of the table, or the critical σw² at
 * the network's own σb², with the first layer's variance set so that depth begins at the fixed point.
 */
import { buildModel, type Net, scalarHalf, withVariances } from "../../net/index.ts";
import { type LayerGain, variancesByLayer } from "../../probes/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { criticalInitialisation, criticalWeightVariance, noCriticalReason } from "../../theory/index.ts";
import { recogniseArchitecture } from "../architecture.ts";

export interface TheoryTuning {
  readonly net: Net;
  readonly gains: readonly LayerGain[];
  /** What to know about the point. */
  readonly note: string;
}

/**
 * The network at its critical initialisation.
 * @param secondMoment - E x² of the inputs.
 * @throws FathomError unsupported where the hidden layers differ, or their row has no critical point.
 */
export function tuneByTheory(net: Net, secondMoment: number): TheoryTuning {
  const architecture = recogniseArchitecture(net);
  if (architecture === undefined) {
    throw refused("The hidden layers differ, so that no row of the theory's table is this network.");
  }
  const { norm, mu, sb2 } = architecture;
  const layer = { activation: scalarHalf(architecture.activation), norm, mu };
  const point = criticalInitialisation(layer) ?? searched({ ...layer, sb2 });
  if (point === undefined) throw refused(noCriticalReason(layer) ?? "It has no critical point.");
  const { firstLayerK: K } = point;
  const first =
    K === undefined || K <= point.sb2
      ? { sw2: point.sw2, sb2: point.sb2 }
      : { sw2: (K - point.sb2) / secondMoment, sb2: point.sb2 };
  const tuned = withVariances(net, { sw2: point.sw2, sb2: point.sb2, first });
  return { net: tuned, gains: variancesByLayer(buildModel(net), buildModel(tuned)), note: point.note };
}

type Search = Parameters<typeof criticalWeightVariance>[0];

/** The critical σw² at the network's own σb², where the table has no point of its own. */
function searched(of: Search) {
  const found = criticalWeightVariance(of);
  if (found.status === "none") return undefined;
  const { sw2, limit } = found;
  const firstLayerK = Number.isFinite(limit.K) && limit.K > of.sb2 ? limit.K : undefined;
  return { sw2, sb2: of.sb2, firstLayerK, note: `χ_J = 1 at σb² = ${of.sb2}, found by search.` };
}

function refused(why: string): FathomError {
  return new FathomError({
    code: "unsupported",
    where: "method",
    message: `Theory does not reach this network's critical initialisation. ${why}`,
    hint: "Use the method sweep, which measures.",
  });
}

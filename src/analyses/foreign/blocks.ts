/** @file What happens to a small change over the blocks of an imported model: its law, and the block to blame. */
import {
  type CulpritFinding,
  culprit,
  type Diagnosis,
  diagnose,
  type ForeignChain,
  type ForeignMeasurement,
  type ForeignMeasureOptions,
  fewestForChoice,
  judgedTaps,
  measureForeign,
} from "../../probes/index.ts";

export interface BlocksMeasurement extends ForeignMeasurement {
  readonly chain: ForeignChain;
  /** Taps that are judged: all but a readout at the end, which changes width and scale on purpose. */
  readonly hidden: number;
  /** Undefined for fewer than five taps that are judged: of four gains or less every law can be told. */
  readonly diagnosis: Diagnosis | undefined;
  /** Undefined for fewer than three blocks. */
  readonly culprit: CulpritFinding | undefined;
  /** The first tap behind which the numbers left the working precision. */
  readonly overflowFrom: number | undefined;
}

/** Measures a chain block by block. */
export async function measureBlocks(
  chain: ForeignChain,
  settings: ForeignMeasureOptions,
): Promise<BlocksMeasurement> {
  const measured = await measureForeign(chain, settings);
  const hidden = judgedTaps(chain);
  const judged = measured.layers.slice(0, hidden);
  const overflow = judged.findIndex(({ J }) => J.status === "overflow");
  const sound = overflow < 0 ? judged : judged.slice(0, overflow);
  const segments = sound.flatMap(({ index, name, local }) =>
    local === undefined
      ? []
      : [{ index, name, lnJ: local.lnMean, ...(local.se === undefined ? {} : { se: local.se }) }],
  );
  return {
    ...measured,
    chain,
    hidden,
    diagnosis:
      sound.length < fewestForChoice
        ? undefined
        : diagnose(sound.map(({ index, J }) => ({ depth: index, lnJ: J.perSeed }))),
    culprit: segments.length < 3 ? undefined : culprit(segments),
    overflowFrom: judged[overflow]?.index,
  };
}

/** ln J from the first tap to the last that is judged; NaN where it overflowed. */
export function totalLogJ({ layers, hidden }: BlocksMeasurement): number {
  return layers[hidden - 1]?.J.lnMean ?? Number.NaN;
}

/** Changes within this factor either way do no harm over a whole network (criticality.md §7). */
export const harmless = Math.log(2);

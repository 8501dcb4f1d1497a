/**
 * @file What to change in the weights so that small changes keep their size: weights at the ends of blocks are divided by a
 * factor, and the model is measured again with it. Advice that does not hold up then (a normalisation behind the weights undoes
 * it) is not given.
 */
import {
  type CulpritFinding,
  type ForeignChain,
  type ForeignMeasureOptions,
  withScaled,
} from "../../probes/index.ts";
import { type BlocksMeasurement, harmless, measureBlocks, totalLogJ } from "./blocks.ts";

/** Weights and what they are divided by. */
export interface Division {
  readonly block: string;
  readonly index: number;
  readonly weights: readonly string[];
  readonly by: number;
  /** The block's gain before. */
  readonly gain: number;
}

export interface Mend {
  readonly divisions: readonly Division[];
  /** ln J over the judged blocks, before and after. */
  readonly before: number;
  readonly after: number;
  /** ln of the mended block's gain after; of one block only. */
  readonly gainAfter: number | undefined;
}

/**
 * The mend that measuring confirms: of the block that stands out, or of all where J drifts with depth.
 * @param settings Those of the first measurement.
 */
export async function mend(
  measured: BlocksMeasurement,
  settings: ForeignMeasureOptions,
): Promise<Mend | undefined> {
  const { chain, culprit } = measured;
  const before = totalLogJ(measured);
  if (!Number.isFinite(before)) return undefined;
  if (culprit?.verdict === "culprit") return mendOne(measured, culprit, settings);
  if (Math.abs(before) < harmless) return undefined;
  const divisions = measured.layers
    .slice(1, measured.hidden)
    .flatMap(({ index }) => divisionsOf(measured, index, 1).slice(-1));
  if (divisions.length === 0) return undefined;
  const after = totalLogJ(await measureBlocks(withDivided(chain, divisions), settings));
  return Math.abs(after) < Math.abs(before) / 2
    ? { divisions, before, after, gainAfter: undefined }
    : undefined;
}

/** Of the ways to divide the block's weights, one branch after the other and all at once, the first that brings it in line. */
async function mendOne(
  measured: BlocksMeasurement,
  { segment, deviation }: CulpritFinding,
  settings: ForeignMeasureOptions,
): Promise<Mend | undefined> {
  const before = totalLogJ(measured);
  for (const division of divisionsOf(measured, segment.index, Math.exp(segment.lnJ - deviation))) {
    const again = await measureBlocks(withDivided(measured.chain, [division]), settings);
    const gainAfter = again.layers[segment.index - 1]?.local?.lnMean ?? Number.NaN;
    const after = totalLogJ(again);
    const enough = Math.abs(deviation) / 2;
    if (
      segment.lnJ > 0 === deviation > 0 &&
      Math.abs(gainAfter - segment.lnJ) > enough &&
      Math.abs(after - before) > enough
    )
      return { divisions: [division], before, after, gainAfter };
  }
  return undefined;
}

/**
 * What a block's weights could be divided by: those of each of its branches alone, then all. In a sum x + f(x) only f can be
 * scaled: its part of the gain is what exceeds 1.
 */
function divisionsOf({ chain, layers }: BlocksMeasurement, index: number, around: number): Division[] {
  const { kind, name, last } = chain.ends[index - 1]!;
  const lnGain = layers[index - 1]!.local?.lnMean ?? Number.NaN;
  const gain = Math.exp(lnGain);
  const depth = layers.length;
  const target =
    kind === "residual"
      ? Math.max(1 + 1 / depth, Math.min(around, gain))
      : Math.min(Math.max(around, 0.5), 2);
  const by = kind === "residual" ? Math.sqrt((gain - 1) / (target - 1)) : Math.sqrt(gain / target);
  const usable = last.length > 0 && Number.isFinite(by) && by > 0 && Math.abs(Math.log(by)) > 0.01;
  if (!usable) return [];
  const choices = last.length > 1 ? [...last.map((weight) => [weight]).reverse(), last] : [last];
  return choices.map((weights) => ({ block: name, index, weights, by, gain }));
}

function withDivided(chain: ForeignChain, divisions: readonly Division[]): ForeignChain {
  const factors = divisions.flatMap(({ weights, by }) => weights.map((name) => [name, 1 / by] as const));
  return withScaled(chain, new Map(factors));
}

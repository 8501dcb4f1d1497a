/** @file The JSON of an imported model's blocks (cli.md, `probe`): magnitudes that leave float64 are null, their logarithms beside them. */
import type { Verdict } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { type BlocksMeasurement, totalLogJ } from "./blocks.ts";
import type { Mend } from "./mend.ts";
import type { ForeignSubject } from "./subject.ts";

export function blocksJson(
  subject: ForeignSubject,
  measured: BlocksMeasurement,
  mend: Mend | undefined,
  verdict: Verdict,
) {
  const { layers, chain, hidden, diagnosis, culprit, probes, samples, over } = measured;
  const total = totalLogJ(measured);
  return {
    blocks: layers.map(({ index, name, units, K, local, J, toOutput }, i) => ({
      index,
      name,
      tensor: chain.tensorNames[i] ?? null,
      kind: chain.ends[i]!.kind,
      units,
      K: finiteOrNull(K.value),
      gain: local === undefined ? null : finiteOrNull(Math.exp(local.lnMean)),
      lnGain: local === undefined ? null : finiteOrNull(local.lnMean),
      se: local === undefined ? null : finiteOrNull(Math.exp(local.lnMean) * (local.se ?? Number.NaN)),
      lnJ: finiteOrNull(J.lnMean),
      lnToOutput: finiteOrNull(toOutput.lnMean),
      ...statusOf(local?.status ?? J.status),
    })),
    J: finiteOrNull(Math.exp(total)),
    lnJ: finiteOrNull(total),
    judged: hidden,
    law: diagnosis?.law ?? null,
    diagnosis: diagnosis?.verdict ?? null,
    slope: finiteOrNull(diagnosis?.slope.value),
    culprit:
      culprit?.verdict === "culprit" ? { name: culprit.segment.name, index: culprit.segment.index } : null,
    mend: mend === undefined ? null : { divisions: mend.divisions, lnJ: finiteOrNull(mend.after) },
    examples: subject.examples,
    findings: subject.findings,
    settings: { probes, inputs: samples, over, data: subject.inputsAre, dims: subject.dims },
    verdict: verdict.sentence,
  };
}

function statusOf(status: string | undefined): { status?: string } {
  return status === undefined ? {} : { status };
}

/**
 * @file Do all directions survive the depth, or only a few? Singular values of the Jacobian from the first block to the last
 * before the readout, at single examples (criticality.md §10).
 */
import {
  foreignChain,
  jacobianMatrix,
  judgedTaps,
  type OpenedModel,
  openForeign,
} from "../../probes/index.ts";
import { ndarray, singularValues, sizeOf } from "../../tensor/index.ts";
import { meanBy } from "../../theory/index.ts";
import { applies, defineAnalysis, doesNotApply } from "../analysis.ts";
import type { Tone } from "../document.ts";
import { finiteOrNull, lineFigure, point } from "../figure.ts";
import { significant } from "../words.ts";
import type { ForeignContext } from "./context.ts";
import { compileSeconds, passSeconds } from "./cost.ts";
import { openOptions } from "./subject.ts";

/** Examples whose Jacobians are taken. */
const examples = 3;
/** Ratios of the largest squared singular value to their mean: a square Gaussian matrix has 4, a product of 50 of them about 140. */
const alike = 4.5;
const mostUneven = 50;
/** Wider Jacobians take minutes. */
const mostUnits = 1024;

/** Singular values, descending, as natural logarithms, of one example. */
interface Measured {
  readonly from: string;
  readonly to: string;
  readonly units: readonly [number, number];
  readonly logs: readonly Float64Array[];
}

export const foreignSpectrum = defineAnalysis<undefined, Measured, ForeignContext>({
  id: "spectrum",
  title: "Spectrum",
  question: "Do all directions survive the depth, or only a few?",
  source: "Pennington, Schoenholz and Ganguli, arXiv 1711.04735",
  applies({ subject }) {
    const { chain, model, fixedBatch } = subject;
    const taps = chain.taps.slice(0, judgedTaps(chain));
    const [first, last] = [taps[0], taps.at(-1)];
    if (first === undefined || last === undefined || taps.length < 2)
      return doesNotApply("there are no two blocks");
    if (subject.examples === "together")
      return doesNotApply("examples act on each other, so one example has no Jacobian of its own");
    if (fixedBatch && model.samples > 1)
      return doesNotApply(
        `single examples are needed and the file fixes a batch of ${model.samples}: export it with an open batch`,
      );
    if (Math.max(first.units, last.units) > mostUnits)
      return doesNotApply(
        `the Jacobian from ${first.units} to ${last.units} units is too large for its singular values (at most ${mostUnits})`,
      );
    return applies;
  },
  cost({ subject: { chain, model } }) {
    const units = Math.max(...chain.taps.map((tap) => tap.units).filter((count) => count <= mostUnits));
    return (
      compileSeconds(model) +
      examples * (3e-9 * units ** 3 + (4 * units * passSeconds(model)) / model.samples)
    );
  },
  predict: () => undefined,
  async measure(context) {
    const { subject, source } = context;
    const opened = await openForeign(subject.path, { ...openOptions(source), batch: 1, dtype: "float64" });
    return spectra(context, opened);
  },
  conclude(_, { measured }) {
    const { from, to, logs, units } = measured;
    const { top, meanSquare, concentration } = summary(logs);
    const { how, tone } = judged(concentration);
    const text = `From ${from} to ${to} ${how}.`;
    return {
      findings: [{ text, tone }],
      advice: [],
      numbers: [
        {
          name: "ln of the largest singular value",
          value: finiteOrNull(top),
          kind: "measured",
          n: logs.length,
        },
        { name: "ln of their mean square", value: finiteOrNull(meanSquare), kind: "measured" },
        { name: "largest squared over mean", value: finiteOrNull(concentration), kind: "measured" },
      ],
      figures: [spectrumFigure(measured)],
      notes: [
        `Jacobians ∂${to}/∂${from}, ${units[1]} × ${units[0]}, in float64, of ${logs.length} examples.`,
      ],
      json: {
        from,
        to,
        lnMax: finiteOrNull(top),
        lnMeanSquare: finiteOrNull(meanSquare),
        concentration: finiteOrNull(concentration),
        lnSingularValues: [...logs[0]!].map(finiteOrNull),
      },
    };
  },
});

/** ln of the largest singular value, ln of their mean square, and the largest squared over that mean. */
function summary(logs: Measured["logs"]) {
  const all = logs.flatMap((values) => [...values]);
  const top = all.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const meanSquare = Math.log(meanBy(all, (value) => Math.exp(2 * (value - top)))) + 2 * top;
  return { top, meanSquare, concentration: Math.exp(2 * top - meanSquare) };
}

function judged(concentration: number): { readonly how: string; readonly tone: Tone } {
  if (!Number.isFinite(concentration))
    return { how: "the Jacobian is dead: nothing comes through", tone: "bad" };
  const ratio = `the largest singular value squared is ${significant(concentration)} times the mean`;
  if (concentration > mostUneven) return { how: `few directions survive: ${ratio}`, tone: "warn" };
  if (concentration < alike) return { how: `directions survive alike: ${ratio}`, tone: "good" };
  return { how: `directions survive unevenly: ${ratio}`, tone: "neutral" };
}

async function spectra(context: ForeignContext, { model }: OpenedModel): Promise<Measured> {
  const chain = foreignChain(model);
  const taps = chain.taps.slice(0, judgedTaps(chain));
  const [first, last] = [taps[0]!, taps.at(-1)!];
  const size = sizeOf(model.x.shape);
  const { data } = context.subject.inputs;
  const logs: Float64Array[] = [];
  for (let i = 0; i < Math.min(examples, data.length / size); i++) {
    context.progress("Spectrum", i, examples);
    const row = (data as Float32Array).subarray(i * size, (i + 1) * size);
    const { matrix, lnScale } = await jacobianMatrix({
      network: chain,
      from: 1,
      to: last.index,
      parameters: chain.values,
      input: ndarray(model.x.dtype, model.x.shape, row),
      options: context.options,
    });
    logs.push(Float64Array.from(singularValues(matrix).data, (value) => Math.log(value) + lnScale));
  }
  return { from: first.name, to: last.name, units: [first.units, last.units], logs };
}

function spectrumFigure({ logs, from, to }: Measured) {
  return lineFigure({
    id: "jacobian-spectrum",
    title: "Singular values of the Jacobian",
    caption: `∂(${to})/∂(${from}) at ${logs.length} examples, largest first. A flat line is dynamical isometry; a steep one lets few directions through.`,
    x: { label: "direction", integer: true },
    y: { label: "ln singular value" },
    series: logs.map((values, i) => ({
      name: `example ${i + 1}`,
      role: "measured" as const,
      form: "line" as const,
      points: [...values].map((value, k) => point(k + 1, value)),
    })),
  });
}

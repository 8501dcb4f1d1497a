/** @file What the blocks of an imported model say, in sentences, numbers, pictures and JSON. */
import type { ModelFinding } from "../../net/index.ts";
import type { Conclusion } from "../analysis.ts";
import type { Advice, DataTable, Finding, NumberRow, Verdict } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { significant } from "../words.ts";
import { type BlocksMeasurement, harmless, totalLogJ } from "./blocks.ts";
import { blockFigures } from "./figures.ts";
import { blocksJson } from "./json.ts";
import type { Mend } from "./mend.ts";
import type { ForeignSubject } from "./subject.ts";

/** `block 12 (layers.12)`: counted from the first tap, as the table counts. */
function blockName(index: number, name: string): string {
  return `block ${index} (${name})`;
}

/** e^|x| for people: `3.1×`, `10^8.3×` once it is large. */
export function factor(logarithm: number): string {
  const size = Math.abs(logarithm);
  return size < Math.log(1e4) ? `${significant(Math.exp(size), 3)}×` : `10^${(size / Math.LN10).toFixed(1)}×`;
}

/** Everything that the blocks say. */
export function concludeBlocks(
  subject: ForeignSubject,
  measured: BlocksMeasurement,
  mend: Mend | undefined,
): Conclusion & { readonly verdict: Verdict } {
  const verdict = blocksVerdict(measured);
  return {
    verdict,
    findings: [
      verdictFinding(verdict),
      ...culpritFindings(measured, mend),
      ...roundingFindings(measured),
      ...exportFindings(subject.findings),
    ],
    advice: [...mendAdvice(measured, mend), ...exportAdvice(subject.findings)],
    numbers: blockNumbers(measured),
    figures: blockFigures(measured),
    tables: [blockTable(measured)],
    notes: notesOf(subject, measured),
    profiles: [{ label: "ln J by block", values: measured.layers.map(({ J }) => finiteOrNull(J.lnMean)) }],
    json: blocksJson(subject, measured, mend, verdict),
  };
}

/** Whether small changes keep their size from the first tap to the last before the readout, and by which law not. */
function blocksVerdict(measured: BlocksMeasurement): Verdict {
  const { layers, hidden, overflowFrom, diagnosis } = measured;
  const [first, last] = [layers[0], layers[hidden - 1]];
  if (overflowFrom !== undefined) {
    const at = blockName(overflowFrom, layers[overflowFrom - 1]!.name);
    return { sentence: `The signal leaves the working precision at ${at}.`, tone: "bad" };
  }
  if (first === undefined || last === undefined || hidden < 2)
    return { sentence: "The model has no two blocks to compare: J is measured as a whole.", tone: "neutral" };
  const total = totalLogJ(measured);
  if (total === Number.NEGATIVE_INFINITY) {
    const dead = layers.find(({ J }) => J.lnMean === Number.NEGATIVE_INFINITY)!;
    return {
      sentence: `Nothing comes through ${blockName(dead.index, dead.name)}: it is dead.`,
      tone: "bad",
    };
  }
  const where = `from ${first.name} to ${last.name}`;
  if (Math.abs(total) < harmless) {
    const stands = measured.culprit?.verdict === "culprit" ? measured.culprit.segment : undefined;
    const kept = `Small changes keep their size ${where}: J = ${significant(Math.exp(total))}`;
    if (stands === undefined || Math.abs(stands.lnJ) < harmless)
      return { sentence: `${kept}.`, tone: "good" };
    const verb = stands.lnJ > 0 ? "amplifies" : "shrinks them";
    const but = `; but ${blockName(stands.index, stands.name)} ${verb} ${factor(stands.lnJ)}`;
    return { sentence: `${kept}${but}.`, tone: "warn" };
  }
  const does = total > 0 ? "grow" : "shrink";
  const alone = aloneText(measured, total);
  const law = diagnosis === undefined ? gainsText(measured) : lawText(diagnosis.verdict, diagnosis);
  const how = alone ?? (law === undefined ? "" : `, ${law}`);
  const sentence = `Small changes ${does} by ${factor(total)} (in J) ${where}${how}.`;
  return { sentence, tone: Math.abs(total) > Math.log(100) ? "bad" : "warn" };
}

/** One block that does most of it leaves no law of depth to tell. */
function aloneText({ culprit }: BlocksMeasurement, total: number): string | undefined {
  if (culprit?.verdict !== "culprit" || culprit.segment.lnJ / total < 1 / 2) return undefined;
  const { index, name, lnJ } = culprit.segment;
  const verb = lnJ > 0 ? "amplifies" : "shrinks them";
  return `; ${blockName(index, name)} alone ${verb} ${factor(lnJ)}`;
}

/** A few blocks have gains and no law. */
function gainsText({ layers, hidden }: BlocksMeasurement): string | undefined {
  const gains = layers
    .slice(1, hidden)
    .map(({ name, local }) => `${significant(Math.exp(local!.lnMean), 3)} in ${name}`);
  return gains.length < 2 ? undefined : `block by block ${gains.join(", ")}`;
}

function lawText(
  verdict: string,
  { xi, zeta, lambda }: { readonly xi?: number; readonly zeta?: number; readonly lambda?: number },
): string | undefined {
  if (zeta !== undefined) return `as a power of depth, ζ = ${significant(zeta)}`;
  if (lambda !== undefined) return `as a stretched exponential, λ = ${significant(lambda)} blocks`;
  if (verdict === "critical") return "without a drift in the last two thirds";
  return xi !== undefined && Number.isFinite(xi) ? `exponentially, ξ = ${significant(xi)} blocks` : undefined;
}

function verdictFinding({ sentence, tone }: Verdict): Finding {
  return { text: sentence, tone };
}

function culpritFindings({ culprit }: BlocksMeasurement, mend: Mend | undefined): Finding[] {
  if (culprit === undefined) return [];
  if (culprit.verdict === "all alike") {
    return [{ text: "No single block is to blame: none stands out from its neighbours.", tone: "neutral" }];
  }
  const { segment, deviation } = culprit;
  const verb = segment.lnJ > 0 ? "amplifies" : "shrinks changes";
  const own = `${capital(blockName(segment.index, segment.name))} ${verb} ${factor(segment.lnJ)}`;
  const others = Number.isFinite(deviation)
    ? `; around it ${significant(Math.exp(segment.lnJ - deviation), 3)}× is usual`
    : "";
  const undone =
    mend === undefined
      ? " Dividing its last weights mends little when it is measured again: what follows makes up for it."
      : "";
  return [{ text: `${own}${others}.${undone}`, tone: "bad" }];
}

/** Two rounding errors of float32, squared: what comes through less than that is rounding. */
const rounding = Math.log(2 ** -46);

function roundingFindings({ layers }: BlocksMeasurement): Finding[] {
  return layers.flatMap(({ index, name, local }) =>
    local !== undefined && local.lnMean > Number.NEGATIVE_INFINITY && local.lnMean < rounding
      ? [
          {
            text: `${capital(blockName(index, name))} lets nothing through but rounding errors (J = ${significant(Math.exp(local.lnMean), 2)}): what it computes does not depend on its input.`,
            tone: "bad" as const,
          },
        ]
      : [],
  );
}

function exportFindings(findings: readonly ModelFinding[]): Finding[] {
  return findings.map(({ message, kind }) => ({
    text: message,
    tone: kind === "foldedConstants" ? ("neutral" as const) : ("warn" as const),
  }));
}

function exportAdvice(findings: readonly ModelFinding[]): Advice[] {
  const changed = findings.filter(({ kind }) => kind !== "foldedConstants");
  const [first] = changed;
  if (first === undefined) return [];
  return [
    {
      about: "export",
      what: first.remedy,
      why: changed.map(({ message }) => message).join(" "),
      evidence: changed
        .map(({ node, count }) => (count === 1 ? node : `${node} and ${count - 1} more`))
        .join("; "),
      expected: "J and the statistics are then those that training sees.",
    },
  ];
}

function mendAdvice({ culprit }: BlocksMeasurement, mend: Mend | undefined): Advice[] {
  if (mend === undefined) return [];
  const { divisions, before, after, gainAfter } = mend;
  const change = `ln J over the blocks is ${significant(before)}; measured again with it: ${significant(after)}`;
  if (culprit?.verdict === "culprit") {
    const [{ by, weights }] = divisions as [Mend["divisions"][number]];
    const { index, name, lnJ } = culprit.segment;
    const verb = capital(scaling(`the last weights of ${blockName(index, name)}`, by));
    return [
      {
        about: "initialisation",
        what: `${verb} (${weights.join(", ")}), or put a normalisation in front of them.`,
        why: `${capital(blockName(index, name))} multiplies J by ${significant(Math.exp(lnJ))}; J goes as the square of weights.`,
        evidence: `${change}.`,
        expected:
          gainAfter === undefined
            ? `ln J = ${significant(after)}.`
            : `The block's gain becomes ${significant(Math.exp(gainAfter))}.`,
      },
    ];
  }
  const [{ block, index, gain }] = divisions as [Mend["divisions"][number]];
  return [
    {
      about: "initialisation",
      what: `${capital(scalings(divisions))}.`,
      why:
        divisions.length === 1
          ? `${capital(blockName(index, block))} multiplies J by ${significant(gain)}; J goes as the square of weights.`
          : `Each of ${divisions.length} blocks changes J, and together they change it ${factor(before)}.`,
      evidence: `${change}.`,
      expected: `J over the blocks becomes ${significant(Math.exp(after))}.`,
    },
  ];
}

/** `divide them by 1.5`, `multiply them by 1.5`: with a factor above 1. */
function scaling(weights: string, by: number): string {
  return by > 1 ? `divide ${weights} by ${significant(by)}` : `multiply ${weights} by ${significant(1 / by)}`;
}

/** What to do with which tensors: a block's name is not always that of the tensor, as where a normalisation follows. */
function scalings(divisions: Mend["divisions"]): string {
  const shown = divisions.slice(0, 4).map(({ weights, by }) => scaling(weights.join(", "), by));
  const more =
    divisions.length > shown.length
      ? ` and so on: \`mend\` in the JSON has all ${divisions.length} blocks`
      : "";
  return `${shown.join("; ")}${more}`;
}

function blockNumbers({ layers, hidden, diagnosis, ...measured }: BlocksMeasurement): NumberRow[] {
  const last = layers[hidden - 1];
  if (last === undefined || hidden < 2) return [];
  const { lnMean, se } = last.J;
  const gains = layers.slice(1, hidden).map(({ local }) => local!.lnMean);
  const mean = gains.reduce((sum, value) => sum + value, 0) / gains.length;
  return [
    {
      name: `ln J(${layers[0]!.name}, ${last.name})`,
      value: finiteOrNull(lnMean),
      ...(Number.isFinite(lnMean) ? {} : { status: last.J.status ?? "undefined" }),
      ...(se === undefined ? {} : { se }),
      n: measured.samples,
      kind: "measured",
    },
    {
      name: "mean gain of a block",
      value: finiteOrNull(Math.exp(mean)),
      kind: "measured",
      unit: "geometric mean",
    },
    ...(diagnosis === undefined
      ? []
      : [
          {
            name: "slope of ln J",
            value: finiteOrNull(diagnosis.slope.value),
            kind: "measured" as const,
            note: `${diagnosis.law} law`,
          },
        ]),
  ];
}

function blockTable({ layers, chain }: BlocksMeasurement): DataTable {
  return {
    title: "Blocks",
    columns: ["block", "name", "tensor", "units", "K", "gain", "± se", "J from first", "J to last"],
    rows: layers.map(({ index, name, units, K, local, J, toOutput }, i) => [
      index,
      name,
      chain.tensorNames[i] ?? null,
      units,
      finiteOrNull(K.value),
      local === undefined ? null : finiteOrNull(Math.exp(local.lnMean)),
      local === undefined ? null : finiteOrNull(Math.exp(local.lnMean) * (local.se ?? Number.NaN)),
      finiteOrNull(Math.exp(J.lnMean)),
      finiteOrNull(Math.exp(toOutput.lnMean)),
    ]),
  };
}

function notesOf(subject: ForeignSubject, { probes, over, samples }: BlocksMeasurement): string[] {
  const batch =
    subject.examples === "together"
      ? `Examples act on each other (statistics of the batch): J counts what each of ${subject.model.samples} does to all, per unit of the batch.`
      : "";
  const fixed = Object.entries(subject.dims).map(([name, size]) => `${name} = ${size}`);
  return [
    `J(a, b) is the mean square of ∂b/∂a's rows, Σ J²/N_b, with the weights of the file; a block's gain is J from the tap before it to its own. Measured on ${subject.inputsAre} with ${probes} Rademacher probes each; errors are over ${over}.`,
    ...(batch === "" ? [] : [batch]),
    ...(fixed.length === 0 ? [] : [`Open dimensions were fixed: ${fixed.join(", ")}.`]),
    `One network, ${samples} examples: nothing is said of other draws of its weights.`,
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

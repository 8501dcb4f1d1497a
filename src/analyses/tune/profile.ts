/** @file J by depth before and after a tuning, of described networks and of given weights: verdict, findings, JSON, figure. */
import type { JacobianLayer, LogEstimate, StretchResult } from "../../probes/index.ts";
import type { Finding, Profile as LogProfile, Verdict } from "../document.ts";
import { estimatePoint, finiteOrNull, lineFigure } from "../figure.ts";
import { logarithm, significant } from "../words.ts";

/** What was measured at the preactivations, or at the ends of blocks. */
interface Profile {
  readonly layers: readonly JacobianLayer[];
}

/** Both, and how many layers come before the readout. */
export interface Profiles {
  readonly before: Profile;
  readonly after: Profile;
  readonly hidden: number;
}

/** Why a network is tuned. */
export const passing =
  "A small change then passes every layer without growing or dying out, and so does a gradient.";

const ofFreshNetworks =
  "ln J(1, l) on sampled networks with 95 % intervals. In the band J is within a factor 2 of 1; the networks of “after” are not those that were tuned on.";

/** The two as rows of a report's profiles, up to the last hidden layer as sentences are. */
export function logProfiles({ before, after, hidden }: Profiles): LogProfile[] {
  const values = ({ layers }: Profile) => layers.slice(0, hidden).map(({ J }) => finiteOrNull(J.lnMean));
  return [
    { label: "ln J before", values: values(before) },
    { label: "ln J after", values: values(after) },
  ];
}

/** J(1, l), J(l, L) and J(l−1, l) by preactivation; logarithms beside values, null with a status where they are not finite. */
export function profileJson({ layers }: Profile, settings: Readonly<Record<string, number>>) {
  const read = (pick: (layer: (typeof layers)[number]) => LogEstimate | undefined) => ({
    value: layers.map((layer) => finiteOrNull(Math.exp(pick(layer)?.lnMean ?? Number.NaN))),
    ln: layers.map((layer) => finiteOrNull(pick(layer)?.lnMean)),
    se: layers.map((layer) => finiteOrNull(pick(layer)?.se)),
  });
  const [J, toOutput, local] = [
    read(({ J }) => J),
    read((layer) => layer.toOutput),
    read((layer) => layer.local),
  ];
  return {
    J: J.value,
    lnJ: J.ln,
    se: J.se,
    toOutput: toOutput.value,
    lnToOutput: toOutput.ln,
    local: local.value,
    lnLocal: local.ln,
    K: layers.map(({ K }) => finiteOrNull(K.value)),
    names: layers.map(({ name }) => name),
    status: layers.map(({ J }) => J.status ?? "ok"),
    settings,
  };
}

/** The bar of a tuned network: J(1, l) of all hidden layers in [½, 2]. */
const bar = Math.LN2;

function hiddenLogs({ layers }: Profile, hidden: number): number[] {
  return layers.slice(0, hidden).map(({ J }) => J.lnMean);
}

/** Where J(1, l) of the hidden layers lies, in words. */
export function spread(profile: Profile, hidden: number): string {
  const logs = hiddenLogs(profile, hidden);
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  if (Number.isNaN(low)) return "leaves the range of numbers";
  if (low === Number.NEGATIVE_INFINITY) return "dies out: nothing comes through";
  return `is between ${asJ(low)} and ${asJ(high)}`;
}

/** J from its logarithm. */
function asJ(log: number): string {
  return Math.abs(log) < 300 ? significant(Math.exp(log)) : `e^${logarithm(log)}`;
}

/** Whether J(1, l) of all hidden layers is in the bar, and what it was. */
export function tuningVerdict({ before, after, hidden }: Profiles): Verdict {
  const tuned = hiddenLogs(after, hidden);
  const good = tuned.every((log) => Math.abs(log) <= bar);
  const sentence = `J(1, l) of the hidden layers ${spread(after, hidden)} after tuning; before it ${spread(before, hidden)}.`;
  if (good) return { sentence, tone: "good" };
  const dead = tuned.some((log) => log === Number.NEGATIVE_INFINITY);
  return { sentence, tone: dead || tuned.some(Number.isNaN) ? "bad" : "warn" };
}

const wording: Readonly<Record<StretchResult["status"], string | undefined>> = {
  ok: undefined,
  dead: "is dead: nothing comes through it at any gain",
  insensitive: "does not depend on its gain, as where a normalisation follows the weights",
  clipped: "would need a gain outside of 10⁻⁶ to 10⁶",
  unmet: "did not come to its target in the steps that a search has",
  untunable: "has no weights to scale",
  shared: "shares its weights with another block, in the file at least: one factor would change both",
  normalised: "has the J that batch normalisation gives it at every gain; its gain keeps K",
};

/** The stretches that have not got the J they should have, alike ones together. */
export function stretchFindings(stretches: readonly StretchResult[], hidden: number): Finding[] {
  const findings: Finding[] = [];
  for (const [status, words] of Object.entries(wording)) {
    const those = stretches.filter((stretch) => stretch.status === status && stretch.index <= hidden);
    if (words === undefined || those.length === 0) continue;
    const shown = those.slice(0, 3).map(({ name }) => name);
    const names = `${shown.join(", ")}${those.length > 3 ? ` and ${those.length - 3} more` : ""}`;
    const J = those.map((stretch) => stretch.J).filter(Number.isFinite);
    const values = status === "dead" || J.length === 0 ? "" : ` (J = ${significant(Math.max(...J))} at most)`;
    findings.push({
      text: `${names}: the stretch ${words}${values}.`,
      tone: status === "dead" ? "bad" : "warn",
    });
  }
  return findings;
}

/** ln J(1, l) of both, and the band that is asked for. */
export function profileFigure({ before, after }: Profiles, caption: string = ofFreshNetworks) {
  const dots = ({ layers }: Profile, name: string, role: "before" | "after") => ({
    name,
    role,
    form: "dots" as const,
    points: layers.map(({ index, J }) => estimatePoint(index, { value: J.lnMean, ci: J.ci })),
  });
  return lineFigure({
    id: "tune-apjn",
    title: "Size of a small change by depth, before and after",
    caption,
    x: { label: "layer l", integer: true },
    y: { label: "ln J(1, l)", scale: "symlog" },
    series: [dots(before, "as given", "before"), dots(after, "tuned", "after")],
    spans: [{ along: "y", from: -bar, to: bar, label: "J within a factor 2 of 1", role: "neutral" }],
  });
}

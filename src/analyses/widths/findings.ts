/** @file What the numbers say: of the coordinate check, of the best rates, and of both in one sentence. */
import type { Estimate } from "../../theory/index.ts";
import type { DataTable, Finding, Verdict } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { count, counted, rate, significant } from "../words.ts";
import { type Checked, changePowers } from "./check.ts";
import { type DepthCheck, depthPowers } from "./depth.ts";
import { names } from "./figures.ts";
import { type BestRate, driftOf, type TransferPlan } from "./transfer.ts";
import { parameterisations, type WidthParameterisation } from "./variants.ts";

/** `0.93 ± 0.05`, or without its standard error where there is none. */
export function withError({ value, se }: Estimate, digits = 2): string {
  const text = fixed(value, digits);
  return se === undefined ? text : `${text} ± ${fixed(se, digits)}`;
}

function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

/** Each parameterisation with what belongs to it. */
export function byParameterisation<T extends { readonly parameterisation: WidthParameterisation }>(
  all: readonly T[],
): (readonly [WidthParameterisation, readonly T[]])[] {
  return parameterisations.map((name) => [name, all.filter((one) => one.parameterisation === name)] as const);
}

/** The layer whose change depends most on the width, with the power of it. */
function steepest(
  checked: readonly Checked[],
): { readonly layer: string; readonly power: Estimate } | undefined {
  return changePowers(checked)
    .flatMap(({ layer, power }) => (power === undefined ? [] : [{ layer, power }]))
    .sort((a, b) => Math.abs(b.power.value) - Math.abs(a.power.value))[0];
}

/** One sentence a parameterisation: the layer whose change depends most on the width. */
export function checkFindings(checked: readonly Checked[]): Finding[] {
  return byParameterisation(checked).map(([name, of]) => {
    const found = steepest(of);
    if (found === undefined) {
      return {
        tone: "warn",
        text: `${sentence(name)}: no layer has a finite change at two widths; lower --lr.`,
      };
    }
    const { layer, power } = found;
    return {
      tone: "neutral",
      text: `${sentence(name)}: the change of preactivations depends most on the width at ${layer}, as width^${withError(power)}.`,
    };
  });
}

function sentence(name: WidthParameterisation): string {
  return name === "mup" ? "µP" : "Standard parameterisation";
}

/** Powers of the width by layer, both parameterisations side by side. */
export function powerTable(checked: readonly Checked[]): DataTable {
  const [standard, mup] = byParameterisation(checked).map(([, of]) => changePowers(of));
  return {
    title: "Power of the width in the change of each layer",
    columns: ["layer", "standard", "± se", "µP", "± se"],
    rows: standard!.map(({ layer, power }, i) => [
      layer,
      ...[power, mup![i]!.power].flatMap((one) => [finiteOrNull(one?.value), finiteOrNull(one?.se)]),
    ]),
  };
}

/** How the best rate moves, in one sentence. */
export function transferVerdict(
  found: readonly BestRate[],
  { steps, seeds }: TransferPlan,
  optimizer: string,
): Verdict {
  const moves = byParameterisation(found).map(([name, of], i) => {
    const drift = driftOf(of);
    const where = `under ${name === "mup" ? "µP" : "the standard parameterisation"}`;
    if (drift === undefined) return `by an unknown amount ${where}`;
    return `by ${withError(drift)}${i === 0 ? " octaves" : ""} ${where}`;
  });
  return {
    tone: "neutral",
    sentence: `With each doubling of the width the best learning rate of ${optimizer} moves ${moves.join(" and ")} (${count(steps)} steps, ${counted(seeds, "seed")}; ± is one standard error).`,
  };
}

/** Whether a rate carries over, with what speaks for it. */
export function transferFindings(found: readonly BestRate[]): Finding[] {
  return byParameterisation(found).flatMap(([name, of]): Finding[] => {
    const trained = of.filter(({ best }) => best !== undefined);
    if (trained.length < of.length) {
      const lost = of.filter(({ best }) => best === undefined).map(({ width }) => width);
      return [
        { tone: "warn", text: `${sentence(name)}: no rate in reach trains at width ${lost.join(", ")}.` },
      ];
    }
    const [first, last] = [trained[0]!, trained.at(-1)!];
    const ratio = 2 ** (last.best! - first.best!);
    return [
      {
        tone: "neutral",
        text: `${sentence(name)}: the best rate is ${rate(2 ** first.best!)} at width ${first.width} and ${rate(2 ** last.best!)} at width ${last.width}, ${significant(Math.max(ratio, 1 / ratio), 2)} times ${ratio >= 1 ? "as large" : "smaller"}; the loss there is ${significant(first.loss!, 3)} and ${significant(last.loss!, 3)}.`,
      },
    ];
  });
}

/** A drift with a larger standard error, in octaves a doubling, tells nothing: across four widths it makes an octave. */
const WIDE = 0.15;

/** Where the drifts do not say which parameterisation lets a rate transfer: uncertain ones, or more of it in µP. */
export function doubtFindings(found: readonly BestRate[], { steps }: TransferPlan): Finding[] {
  const [standard, mup] = byParameterisation(found).map(([, of]) => driftOf(of));
  if (standard === undefined || mup === undefined) return [];
  const isWide = [standard, mup].some(({ se }) => se === undefined || se > WIDE);
  const isMore = Math.abs(mup.value) > Math.abs(standard.value);
  if (!isWide && !isMore) return [];
  const reason = isWide ? "the drifts are uncertain" : "the best rate moves more in µP than without it";
  return [
    {
      tone: "warn",
      text: `Too narrow a base, or too short runs (${count(steps)} steps), to tell whether the rate transfers: ${reason}. Take a wider network, more --minutes or more --seeds.`,
    },
  ];
}

/** Best rates by width. */
export function rateTable(found: readonly BestRate[]): DataTable {
  const [standard, mup] = byParameterisation(found).map(([, of]) => of);
  const cells = ({ best, loss }: BestRate) => [best === undefined ? null : 2 ** best, loss];
  return {
    title: "Best learning rate by width",
    columns: ["width", "standard: rate", "loss", "µP: rate", "loss"],
    rows: standard!.map((one, i) => [one.width, ...cells(one), ...cells(mup![i]!)]),
  };
}

/** How the change goes with depth. */
export function depthFindings(depth: DepthCheck): Finding[] {
  const powers = depthPowers(depth).flatMap(({ place, power }) =>
    power === undefined ? [] : [`${place} depth^${withError(power)}`],
  );
  if (powers.length === 0) return [{ tone: "warn", text: "No change is finite at two depths; lower --lr." }];
  return [{ tone: "neutral", text: `The change of preactivations goes with depth as ${powers.join(", ")}.` }];
}

/** The verdict where no rates were tried. */
export function checkVerdict(checked: readonly Checked[]): Verdict {
  const largest = byParameterisation(checked).map(([name, of]) => {
    const power = steepest(of)?.power;
    return `${power === undefined ? "unknown" : fixed(power.value, 2)} under ${names[name].replace("standard", "the standard")}`;
  });
  return {
    tone: "neutral",
    sentence: `The power of the width in the change of the layer that depends most on it is ${largest.join(" and ")}; 0 is what lets a learning rate transfer.`,
  };
}

/** @file What the flags of `train` come to as options of the library, and back: which flag an option came from. */
import type { TrainOptions } from "../train/index.ts";
import { badUsage } from "./errors.ts";
import type { TrainFlags } from "./train-flags.ts";

/** A flag that has no meaning without another one. */
function requires(flags: TrainFlags, names: readonly (keyof TrainFlags)[], other: string): void {
  const given = names.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  const spelt = `--${given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw badUsage(`${spelt} belongs to ${other}.`, spelt, `Leave it out, or use ${other}.`);
}

/** Only what was given: the library has the defaults. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

export function optimizerOf(flags: TrainFlags): NonNullable<TrainOptions["optimizer"]> {
  const { optimizer, momentum, nesterov, weightDecay } = flags;
  if (optimizer === "sgd") return { kind: "sgd", ...given({ momentum, nesterov, weightDecay }) };
  requires(flags, ["momentum", "nesterov"], "--optimizer sgd");
  return { kind: optimizer, ...given({ weightDecay }) };
}

/** SAM, averages, clipping, smoothing. */
export function flatnessOf(flags: TrainFlags): Partial<TrainOptions> {
  const { sam: rho, adaptive, samVariant: variant, samEvery: every, microBatch: m } = flags;
  if (rho === undefined) requires(flags, ["adaptive", "samVariant", "samEvery", "microBatch"], "--sam");
  const averages = averagesOf(flags);
  if (averages.length === 0) requires(flags, ["averageEvery", "statistics"], "--average");
  return given({
    sam: rho === undefined ? undefined : { rho, ...given({ adaptive, variant, every, m }) },
    averages: averages.length === 0 ? undefined : averages,
    statistics: flags.statistics,
    clip: flags.clip,
    labelSmoothing: flags.labelSmoothing,
  });
}

function averagesOf({ average = [], ema = [], averageEvery }: TrainFlags) {
  const every = given({ every: averageEvery });
  return [
    ...average.map((start) => ({ start, ...every })),
    ...ema.map((decay) => ({ ema: decay, ...every })),
  ];
}

/** The schedule, where flags say anything of it. */
export function scheduleOf(flags: TrainFlags): Pick<TrainOptions, "schedule"> {
  const { average = [], warmup, milestones, factor, cycle, low, swaStart } = flags;
  const first = Math.min(...average);
  const kind = flags.schedule ?? (average.length > 0 && first > 0 ? "swa" : "constant");
  if (kind !== "multistep") requires(flags, ["milestones", "factor"], "--schedule multistep");
  if (kind !== "cyclic") requires(flags, ["cycle"], "--schedule cyclic");
  if (kind !== "swa") requires(flags, ["swaStart"], "--schedule swa");
  if (kind !== "swa" && kind !== "cyclic") requires(flags, ["low"], "--schedule swa");
  if (kind === "multistep") {
    if (milestones === undefined) throw missing("--milestones", "epochs, as 30,60,80");
    return {
      schedule: { kind, milestones: milestones.map((epochs) => ({ epochs })), warmup, ...given({ factor }) },
    };
  }
  if (kind === "cyclic") {
    if (cycle === undefined) throw missing("--cycle", "the epochs of a cycle, as 10");
    return { schedule: { kind, cycle: { epochs: cycle }, warmup, ...given({ low }) } };
  }
  if (kind !== "swa") return { schedule: { kind, warmup } };
  const start = swaStart ?? (Number.isFinite(first) && first > 0 ? first : undefined);
  return { schedule: { kind, warmup, ...given({ start, low }) } };
}

function missing(name: string, what: string): Error {
  return badUsage(`${name} is missing.`, name, `Give ${what}.`);
}

/** Early stopping, and rows kept for validation. */
export function validationOf(flags: TrainFlags): Partial<TrainOptions> {
  const { validation, patience, minChange, watch } = flags;
  if (patience === undefined) requires(flags, ["minChange", "watch"], "--patience");
  if (patience !== undefined && validation === 0)
    throw missing("--validation", "rows that --patience looks at, as 0.1");
  return {
    ...(validation === 0 ? {} : { validation }),
    ...(patience === undefined ? {} : { earlyStopping: { patience, ...given({ minChange, on: watch }) } }),
  };
}

export function lengthOf({ epochs, steps }: TrainFlags): { steps: number } | { epochs: number } {
  if (steps === undefined) return { epochs: epochs ?? 1 };
  if (epochs === undefined) return { steps };
  throw badUsage("Both --epochs and --steps are given.", "--steps", "Give one of the two.");
}

/** The library's names of options as flags; entries of lists by the name before the bracket. */
const spellings: readonly (readonly [RegExp, string])[] = [
  [/^sam\.m$/, "--micro-batch"],
  [/^sam\.every$/, "--sam-every"],
  [/^sam\.variant$/, "--sam-variant"],
  [/^sam\b/, "--sam"],
  [/^averages\[\d+\]\.ema$/, "--ema"],
  [/^averages\[\d+\]\.every$/, "--average-every"],
  [/^averages\b/, "--average"],
  [/^schedule\.milestones\b/, "--milestones"],
  [/^schedule\.start$/, "--swa-start"],
  [/^schedule\.(factor|cycle|low|warmup)$/, "--$1"],
  [/^labelSmoothing\b/, "--label-smoothing"],
  [/^earlyStopping\.patience$/, "--patience"],
  [/^(clip|loss|validation|batch|epochs|steps)$/, "--$1"],
  [/^augmentation\b.*/, "--augment"],
];

/** A place that the library names, as the flag that it came from. */
export function flagAt(where: string): string {
  for (const [pattern, name] of spellings) {
    const match = pattern.exec(where);
    if (match !== null) return name.replace("$1", match[1] ?? "");
  }
  return where;
}

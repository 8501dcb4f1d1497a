/** @file Schedules as callers write them, checked and made definite: lengths in epochs become steps. */
import { z } from "zod";
import { stepsOf } from "./batches.ts";
import { badOption, parse } from "./options.ts";
import { type Schedule, type ScheduleKind, scheduleKinds } from "./schedules.ts";

/** A length of time: steps, or passes over the rows of the run. */
export type Span = number | { readonly epochs: number };

interface WarmupSpec {
  /** Steps over which the rate first rises linearly; none unless said. */
  readonly warmup?: number;
}

/** A schedule as a caller writes it: a name, or a name with its numbers. */
export type ScheduleSpec =
  | Exclude<ScheduleKind, "multistep" | "cyclic">
  | ({ readonly kind: "constant" | "linear" | "cosine" } & WarmupSpec)
  /** Times `factor` (0.1 unless said) at each milestone, counted from the start of the run. */
  | ({
      readonly kind: "multistep";
      readonly milestones: readonly Span[];
      readonly factor?: number;
    } & WarmupSpec)
  /** Cosine to `low` (0.5 unless said) of the rate over the first `start` (0.75) of the run, then constant. */
  | ({ readonly kind: "swa"; readonly start?: number; readonly low?: number } & WarmupSpec)
  /** In each cycle linear to `low` (0.1 unless said) of the rate. */
  | ({ readonly kind: "cyclic"; readonly cycle: Span; readonly low?: number } & WarmupSpec);

/** What turns epochs into steps. */
export interface RunLength {
  readonly steps: number;
  /** Rows that one epoch visits. */
  readonly rows: number;
  readonly batch: number;
}

const span = z
  .union([z.int().min(1), z.strictObject({ epochs: z.number().gt(0) })])
  .describe("a number of steps, 1 or more, or { epochs } above 0");
const low = z.number().gt(0).max(1).describe("a fraction of the learning rate, above 0 and at most 1");
const warmup = z.int().min(0).default(0).describe("a number of steps: a whole number, 0 or more");

const plain = (kind: "constant" | "linear" | "cosine") => z.strictObject({ kind: z.literal(kind), warmup });
const kinds = {
  constant: plain("constant"),
  linear: plain("linear"),
  cosine: plain("cosine"),
  multistep: z.strictObject({
    kind: z.literal("multistep"),
    milestones: z.array(span).min(1).describe("a list of at least one step or { epochs }"),
    factor: z.number().gt(0).lt(1).default(0.1).describe("a number between 0 and 1"),
    warmup,
  }),
  swa: z.strictObject({
    kind: z.literal("swa"),
    start: z.number().gt(0).lt(1).default(0.75).describe("a fraction of the run between 0 and 1"),
    low: low.default(0.5),
    warmup,
  }),
  cyclic: z.strictObject({
    kind: z.literal("cyclic"),
    cycle: span,
    low: low.default(0.1),
    warmup,
  }),
};

/** @throws FathomError bad-input naming the field. */
export function parseSchedule(spec: ScheduleSpec, length: RunLength): Schedule {
  const given = typeof spec === "string" ? { kind: spec } : spec;
  const kind = (given as { kind?: unknown } | null)?.kind;
  if (typeof kind !== "string" || !Object.hasOwn(kinds, kind)) {
    throw badOption("schedule.kind", kind, `one of ${scheduleKinds.join(", ")}`);
  }
  const parsed = parse(
    kinds[kind as ScheduleKind] as z.ZodType<z.infer<(typeof kinds)[ScheduleKind]>>,
    given,
    "schedule",
  );
  const { steps } = length;
  if (parsed.warmup > steps) {
    throw badOption("schedule.warmup", parsed.warmup, `at most the ${steps} steps of the run`);
  }
  if (parsed.kind === "cyclic") return { ...parsed, cycle: inSteps(parsed.cycle, length) };
  return parsed.kind === "multistep"
    ? { ...parsed, milestones: milestonesOf(parsed.milestones, length) }
    : parsed;
}

/** A milestone beyond the end would silently never come. */
function milestonesOf(spans: readonly Span[], length: RunLength): number[] {
  const milestones = spans.map((milestone) => inSteps(milestone, length));
  for (const [i, at] of milestones.entries()) {
    const where = `schedule.milestones[${i}]`;
    if (at >= length.steps) throw badOption(where, at, `before the end of the run at step ${length.steps}`);
    if (i > 0 && at <= milestones[i - 1]!) throw badOption(where, at, "later than the one before it");
  }
  return milestones;
}

function inSteps(span: Span, { rows, batch }: RunLength): number {
  return typeof span === "number" ? span : stepsOf(span.epochs, rows, batch);
}

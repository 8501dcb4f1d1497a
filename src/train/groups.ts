/**
 * @file Groups of parameters with a rate, a ρ or a weight decay of their own: gains and shifts of normalisations, biases,
 * weights, or any by name.
 */
import { z } from "zod";
import { badOption, nonNegative, parse } from "./options.ts";

/** Some parameters, and what holds for them alone. */
export interface GroupSpec {
  /**
   * `norms`: gains and shifts; `biases`; `weights`: all others; or names, in which `*` stands for any part:
   * `["0.*", "3.branch.*.weight"]`.
   */
  readonly match: "norms" | "biases" | "weights" | readonly string[];
  /** Factor on the learning rate; 0 leaves the parameters as they are. */
  readonly rate?: number;
  /** Factor on ρ; 0 leaves the parameters out of SAM's perturbation and of its norm. */
  readonly rho?: number;
  /** Their weight decay, instead of the optimiser's. */
  readonly weightDecay?: number;
}

/** What holds for one parameter. */
export interface GroupSettings {
  readonly rate: number;
  readonly rho: number;
  /** Absent where the optimiser's holds. */
  readonly weightDecay?: number | undefined;
}

const kinds = ["norms", "biases", "weights"] as const;
const plain: GroupSettings = { rate: 1, rho: 1 };

const group = z.strictObject({
  match: z
    .union([z.enum(kinds), z.array(z.string().min(1)).min(1)])
    .describe(`one of ${kinds.join(", ")}, or a list of names`),
  rate: nonNegative.optional(),
  rho: nonNegative.optional(),
  weightDecay: nonNegative.optional(),
});

/**
 * Checks groups.
 * @param trained - names of the parameters that may be in one.
 * @throws FathomError bad-input naming the field; also for a name that no trained parameter has.
 */
export function parseGroups(groups: readonly GroupSpec[], trained: readonly string[]): readonly GroupSpec[] {
  if (!Array.isArray(groups)) throw badOption("groups", groups, "a list of groups");
  return groups.map((spec, i) => {
    const parsed = parse(group as z.ZodType<GroupSpec>, spec, `groups[${i}]`);
    if (typeof parsed.match !== "string") {
      for (const [j, pattern] of parsed.match.entries()) {
        if (trained.some((name) => matches(pattern, name))) continue;
        const some = `${trained.slice(0, 8).join(", ")}${trained.length > 8 ? ", …" : ""}`;
        throw badOption(`groups[${i}].match[${j}]`, pattern, `the name of a trained parameter: ${some}`);
      }
    }
    return parsed;
  });
}

/**
 * What holds for each trained parameter; a later group overrides an earlier one, field by field, and factors of `rates`
 * multiply that of the groups.
 * @example groupSettings([{ match: "norms", rho: 0 }], {}, ["0.weight", "1.gain"])["1.gain"].rho // 0
 */
export function groupSettings(
  groups: readonly GroupSpec[],
  rates: Readonly<Record<string, number>>,
  trained: readonly string[],
): Record<string, GroupSettings> {
  const entries = trained.map((name) => {
    const own = groups.filter(({ match }) => inGroup(match, name));
    const { rate, rho, weightDecay } = own.reduce<GroupSettings>(
      (settings, spec) => ({
        rate: spec.rate ?? settings.rate,
        rho: spec.rho ?? settings.rho,
        weightDecay: spec.weightDecay ?? settings.weightDecay,
      }),
      plain,
    );
    const factor = Object.hasOwn(rates, name) ? rates[name]! : 1;
    return [name, { rate: rate * factor, rho, weightDecay }] as const;
  });
  return Object.fromEntries(entries);
}

/** What holds for a parameter; nothing of its own where it is not listed. */
export function settingsOf(
  settings: Readonly<Record<string, GroupSettings>> | undefined,
  name: string,
): GroupSettings {
  return settings !== undefined && Object.hasOwn(settings, name) ? settings[name]! : plain;
}

/** Which group a parameter is of, by the last part of its name. */
function kindOf(name: string): (typeof kinds)[number] {
  const local = name.slice(name.lastIndexOf(".") + 1);
  if (local === "gain" || local === "shift") return "norms";
  return /bias$/i.test(local) ? "biases" : "weights";
}

function inGroup(match: GroupSpec["match"], name: string): boolean {
  if (typeof match === "string") return kindOf(name) === match;
  return match.some((pattern) => matches(pattern, name));
}

/** Whether a name is a pattern's, in which `*` stands for any part. */
function matches(pattern: string, name: string): boolean {
  const [first, ...others] = pattern.split("*") as [string, ...string[]];
  const last = others.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}

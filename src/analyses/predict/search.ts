/**
 * @file `--search`: which hyper-parameters suit the data best, by the evidence of the training items or by the error on others
 * that are kept for validation.
 */
import { gpInference, type KernelValue } from "../../kernels/index.ts";
import type { Net } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { version } from "../../version.ts";
import { finiteOrNull } from "../figure.ts";
import { fingerprint, type Items, itemsOf, type Rows, someItems } from "../items.ts";
import { Journal, pieceKey } from "../journal.ts";
import { refused } from "../refused.ts";
import { targetsOf } from "../targets.ts";
import { evidenceAtScale, inference } from "./fit.ts";
import { testKernels, trainKernels } from "./kernels.ts";
import { scoresOf } from "./scores.ts";
import { type Candidate, candidatesOf, netOf, type SearchSpace } from "./search-space.ts";
import type { Setting } from "./setting.ts";

export type Objective = "evidence" | "validation";

export interface SearchOptions {
  readonly by: Objective;
  /** sw2 and sb2 around a network's usual values unless said. */
  readonly space?: SearchSpace;
  /** Candidates drawn where the space is no grid; 20 unless said. */
  readonly tries?: number;
  /** Training items that a try sees, the first ones; at most 500 unless said. */
  readonly rows?: number;
  /** Items for validation; the training items after those of the tries unless said, as many as a quarter of them. */
  readonly validation?: Rows;
}

/** One candidate with what it is worth. */
export interface Try {
  readonly candidate: Candidate;
  /** Log evidence under the scale of the kernel that the targets make most likely, an item and target; null where singular. */
  readonly evidence: number | null;
  /** The same of all items and targets together, nats. */
  readonly logEvidence: number | null;
  readonly errors: number | null;
  readonly loss: number | null;
  readonly relativeJitter: number | null;
  /** Why it has no numbers. */
  readonly because?: string;
}

export interface SearchResult {
  readonly by: Objective;
  readonly tries: readonly Try[];
  /** The best; the network as it is where no other is better by more than rounding. */
  readonly best: Try;
  readonly net: Net;
  readonly space: SearchSpace;
  /** Whose evidence, or whose errors: of the process with the kernel of initial outputs (`nngp`), or with the tangent kernel. */
  readonly kernel: KernelValue;
  readonly rows: number;
  /** Targets of every item: one a class, one of two classes. */
  readonly targets: number;
  /** Items for validation; 0 in a search by evidence. */
  readonly validation: number;
}

/** Wide enough for what is known to train: critical points of usual activations lie between. */
const usualSpace: SearchSpace = { sw2: { low: 0.25, high: 16 }, sb2: { low: 0.001, high: 4 } };
const usual = { tries: 20, rows: 500 } as const;

/**
 * Tries candidates and keeps the best; the network as it is is among them.
 * @throws FathomError bad-input for spaces, rows and numbers that cannot be used; failed where no candidate has numbers; as kernels do.
 */
export async function search(setting: Setting, options: SearchOptions, seed: number): Promise<SearchResult> {
  const { space = usualSpace, by, tries = usual.tries } = options;
  const items = searchItems(setting, options);
  const candidates = candidatesOf(space, { tries, seed });
  for (const candidate of candidates) netOf(setting.net, candidate);
  const journal = await Journal.open(setting.folder);
  const { precision, parameterisation, get, mode } = setting;
  const common = { version, by, precision, parameterisation, get, mode, data: items.map(fingerprint) };
  const { count: rows } = items[0]!;
  const targets = targetsOf(setting.classes);
  const found: Try[] = [];
  for (const [i, candidate] of candidates.entries()) {
    setting.onProgress?.({ label: "search", detail: `try ${i + 1}`, done: i, total: candidates.length });
    const jitter = candidate.jitter ?? setting.jitter;
    const key = pieceKey({ ...common, net: netOf(setting.net, candidate), jitter });
    const { candidate: _, ...numbers } = await journal.piece(key, () => tryOne(setting, items, candidate));
    const { evidence } = numbers;
    found.push({ ...numbers, logEvidence: evidence === null ? null : evidence * rows * targets, candidate });
  }
  const best = bestOf(found, by);
  return {
    by,
    tries: found,
    best,
    net: netOf(setting.net, best.candidate),
    space,
    kernel: kernelOf(setting),
    rows,
    targets,
    validation: items[1]?.count ?? 0,
  };
}

/** The items of a try, and those it is validated on. */
function searchItems(setting: Setting, { by, rows, validation }: SearchOptions): Items[] {
  const { train, dataset } = setting;
  const held = by === "validation" && validation === undefined;
  const most = held ? Math.floor(train.count * 0.8) : train.count;
  const used = rows ?? Math.min(usual.rows, most);
  if (!(Number.isInteger(used) && used >= 1 && used <= most)) {
    throw refused(
      "search.rows",
      `A try cannot see ${used} of ${train.count} training items${held ? " and be validated on the rest" : ""}.`,
      most < 1 ? "Give two training items or more." : `Give a whole number from 1 to ${most}.`,
    );
  }
  const seen = someItems(train, 0, used);
  if (by === "evidence") return [seen];
  if (validation !== undefined) return [seen, disjoint(itemsOf(dataset, validation), seen)];
  return [seen, someItems(train, used, Math.min(train.count, used + Math.max(1, Math.ceil(used / 4))))];
}

function disjoint(validation: Items, seen: Items): Items {
  const rows = new Set(seen.split === validation.split ? seen.rows : []);
  const shared = validation.rows.find((row) => rows.has(row));
  if (shared === undefined) return validation;
  throw refused(
    "search.validation",
    `Row ${shared} is used for training and for validation.`,
    "Give rows that are not among the training rows.",
  );
}

/** What the journal keeps of a try. */
type Piece = Omit<Try, "logEvidence">;

/** Tries are regressions with one kernel, whatever variances or times are asked of the best. */
function kernelOf({ get }: Setting): KernelValue {
  return get === "nngp" ? "nngp" : "ntk";
}

async function tryOne(
  setting: Setting,
  [seen, validation]: readonly Items[],
  candidate: Candidate,
): Promise<Piece> {
  try {
    return await measured(setting, seen!, validation, candidate);
  } catch (error) {
    // A kernel that overflows or is singular is a result; what was stopped or cannot be asked is not.
    if (!(error instanceof FathomError) || error.code !== "failed") throw error;
    const none = { evidence: null, errors: null, loss: null, relativeJitter: null };
    return { candidate, ...none, because: error.message };
  }
}

async function measured(
  setting: Setting,
  seen: Items,
  validation: Items | undefined,
  candidate: Candidate,
): Promise<Piece> {
  const value = kernelOf(setting);
  const tried: Setting = {
    ...setting,
    net: netOf(setting.net, candidate),
    train: seen,
    jitter: candidate.jitter ?? setting.jitter,
    store: undefined,
    folder: undefined,
    onProgress: undefined,
  };
  const { [value]: kernel } = await trainKernels(tried, [value]);
  await using posterior = await gpInference(kernel!, inference(tried, seen.count));
  const { relativeJitter } = posterior.factor;
  const evidence = evidenceAtScale(posterior) / seen.count;
  const numbers = { candidate, evidence: finiteOrNull(evidence), relativeJitter };
  if (validation === undefined) return { ...numbers, errors: null, loss: null };
  const { [value]: cross } = await testKernels(tried, validation, { values: [value] });
  const { mean } = await posterior.predict({ cross: cross! }, { signal: tried.signal });
  const { errors, loss } = scoresOf({ mean, labels: validation.labels });
  return { ...numbers, errors: errors.count, loss: finiteOrNull(loss) };
}

/** Nats, and parts of a loss, by which tries differ through rounding alone: a kernel times a factor is as good as it was. */
const rounding = { nats: 0.01, loss: 1e-6 } as const;

/** Whether a try is better than another by rounding at most. */
function ties(one: Try, other: Try, by: Objective): boolean {
  if (by === "evidence") return Math.abs(one.logEvidence! - other.logEvidence!) < rounding.nats;
  return one.errors === other.errors && Math.abs(one.loss! - other.loss!) < rounding.loss * other.loss!;
}

/**
 * Most evidence; or fewest errors, equal ones by the squared loss. The network as it is where nothing beats it by more than
 * rounding, the earlier of equal tries else.
 */
function bestOf(tries: readonly Try[], by: Objective): Try {
  const usable = tries.filter((one) => (by === "evidence" ? one.evidence : one.loss) !== null);
  const first = usable[0];
  if (first === undefined) {
    throw new FathomError({
      code: "failed",
      where: "search",
      message: `No try has a kernel that can be solved: ${tries[0]?.because ?? "none was made"}`,
      hint: "Search jitter too, or other ranges of the variances.",
    });
  }
  const order = (a: Try, b: Try) =>
    by === "evidence" ? b.evidence! - a.evidence! : a.errors! - b.errors! || a.loss! - b.loss!;
  const best = usable.reduce((so, one) => (order(one, so) < 0 ? one : so), first);
  const own = tries[0]!;
  return usable.includes(own) && ties(best, own, by) ? own : best;
}

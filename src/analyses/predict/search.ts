/**
 * @file `--search`: which hyper-parameters suit the data best, by the evidence of the training items or by the error on others
 * that are kept for validation.
 */
import { gpInference } from "../../kernels/index.ts";
import type { Net } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { version } from "../../version.ts";
import { finiteOrNull } from "../figure.ts";
import { fingerprint, type Items, itemsOf, type Rows, someItems } from "../items.ts";
import { Journal, pieceKey } from "../journal.ts";
import { refused } from "../refused.ts";
import { inference } from "./fit.ts";
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
  /** Evidence under the scale of the kernel that the targets prefer, a target; null where the kernel was singular. */
  readonly evidence: number | null;
  readonly errors: number | null;
  readonly loss: number | null;
  readonly relativeJitter: number | null;
  /** Why it has no numbers. */
  readonly because?: string;
}

export interface SearchResult {
  readonly by: Objective;
  readonly tries: readonly Try[];
  readonly best: Try;
  readonly net: Net;
  readonly rows: number;
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
  const found: Try[] = [];
  for (const [i, candidate] of candidates.entries()) {
    setting.onProgress?.({ label: "search", detail: `try ${i + 1}`, done: i, total: candidates.length });
    const jitter = candidate.jitter ?? setting.jitter;
    const key = pieceKey({ ...common, net: netOf(setting.net, candidate), jitter });
    const { candidate: _, ...numbers } = await journal.piece(key, () => tryOne(setting, items, candidate));
    found.push({ ...numbers, candidate });
  }
  const best = bestOf(found, by);
  return {
    by,
    tries: found,
    best,
    net: netOf(setting.net, best.candidate),
    rows: items[0]!.count,
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
      `Give a whole number from 1 to ${most}.`,
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

async function tryOne(
  setting: Setting,
  [seen, validation]: readonly Items[],
  candidate: Candidate,
): Promise<Try> {
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
): Promise<Try> {
  const value = setting.get === "nngp" ? "nngp" : "ntk";
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
  const { logDet, relativeJitter } = posterior.factor;
  // −½ log 2πe s − log|K|/2N: the evidence at the best scale s, a target.
  const evidence = -0.5 * (Math.log(2 * Math.PI * Math.E * posterior.evidenceScale()) + logDet / seen.count);
  const numbers = { candidate, evidence: finiteOrNull(evidence), relativeJitter };
  if (validation === undefined) return { ...numbers, errors: null, loss: null };
  const { [value]: cross } = await testKernels(tried, validation, { values: [value] });
  const { mean } = await posterior.predict({ cross: cross! });
  const { errors, loss } = scoresOf({ mean, labels: validation.labels });
  return { ...numbers, errors: errors.count, loss: finiteOrNull(loss) };
}

/** Most evidence; or fewest errors, equal ones by the squared loss. The earlier of equal tries. */
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
  return usable.reduce((best, one) => (order(one, best) < 0 ? one : best), first);
}

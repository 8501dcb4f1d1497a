/** @file Measures solutions one after another, then what lies between them; each piece is kept as soon as it is there. */
import { createHash } from "node:crypto";
import type { Model } from "../../net/index.ts";
import {
  interpolate,
  type MeasureOptions,
  planeThrough,
  type Surface,
  vectorOf,
} from "../../probes/index.ts";
import { Key } from "../../tensor/index.ts";
import { version } from "../../version.ts";
import { finiteOrNull } from "../figure.ts";
import { fingerprint, itemsOf } from "../items.ts";
import { Journal, pieceKey } from "../journal.ts";
import { asValue, curveData, gridData } from "./as-data.ts";
import type { Landscape, MeasuredLine, MeasuredPlane, MeasuredSolution } from "./measured.ts";
import { solutionParts } from "./parts.ts";
import type { LandscapePart, LandscapeSubject, Setting, Solution } from "./setting.ts";
import { openSurface } from "./surface.ts";

/** A surface with what is to be done on it. */
interface Work {
  readonly surface: Surface;
  readonly setting: Setting;
  readonly journal: Journal;
  /** Of everything that pieces depend on besides their own solutions. */
  readonly subject: unknown;
}

/** @throws FathomError as the surfaces and measurements of `probes`. */
export async function measureLandscape(
  subject: LandscapeSubject,
  setting: Setting,
  folder: string | undefined,
): Promise<Landscape> {
  const { surface, solutions } = await openSurface(subject, setting);
  await using opened = surface;
  const journal = await Journal.open(folder);
  const work = { surface: opened, setting, journal, subject: identityOf(subject, setting) };
  const measured: MeasuredSolution[] = [];
  for (const solution of solutions) measured.push(await measureSolution(solution, work));
  const found = { solutions: measured, ...(await measureBetween(solutions, work)) };
  await journal.close();
  return found;
}

function identityOf(subject: LandscapeSubject, { dataset, rows, loss, seed }: Setting): unknown {
  const network = "model" in subject ? (subject.model as Model).net : subject.foreign.path;
  return { version, network, data: fingerprint(itemsOf(dataset, rows)), loss, seed };
}

async function measureSolution(solution: Solution, work: Work): Promise<MeasuredSolution> {
  const { name, parameters: point } = solution;
  const { setting, surface } = work;
  const begun = performance.now();
  const solutions = [weightsHash(solution)];
  const about = { part: "loss", key: { solutions }, label: `loss of ${name}` };
  const here = await measuredPiece(work, about, () => placeOf(surface, point));
  let found: Partial<MeasuredSolution> = {};
  for (const [part, { dependsOn, measure }] of Object.entries(solutionParts)) {
    if (!setting.parts.has(part as LandscapePart)) continue;
    const key = { solutions, ...Object.fromEntries(dependsOn.map((field) => [field, setting[field]])) };
    const piece = { part, key, label: `${part} of ${name}` };
    found = {
      ...found,
      ...(await measuredPiece(work, piece, (options) => measure({ surface, point, setting, options }))),
    };
  }
  return { name, ...here, ...found, seconds: (performance.now() - begun) / 1000 };
}

/** The loss there, with the lengths of weights and gradient. */
async function placeOf(surface: Surface, parameters: Solution["parameters"]) {
  const w = vectorOf(surface, parameters);
  const { error } = await surface.value(w);
  const { loss, gradient } = await surface.gradient(w);
  return {
    loss: finiteOrNull(loss),
    ...(error === undefined ? {} : { error }),
    weights: w.length,
    norm: Math.hypot(...chunkNorms(w)),
    gradientNorm: finiteOrNull(Math.hypot(...chunkNorms(gradient))),
  };
}

/** Norms of parts: an argument list holds no million numbers. */
function chunkNorms(vector: Float64Array): number[] {
  const size = 4096;
  return Array.from({ length: Math.ceil(vector.length / size) }, (_, i) =>
    Math.hypot(...vector.subarray(i * size, (i + 1) * size)),
  );
}

async function measureBetween(
  solutions: readonly Solution[],
  work: Work,
): Promise<{ readonly lines: MeasuredLine[]; readonly plane?: MeasuredPlane }> {
  if (!work.setting.parts.has("between")) return { lines: [] };
  const lines = [];
  const [first, ...others] = solutions;
  for (const other of others) lines.push(await measureLine([first!, other], work));
  const three = solutions.slice(0, 3);
  return three.length < 3 ? { lines } : { lines, plane: await measurePlane(three, work) };
}

function measureLine(ends: readonly [Solution, Solution], work: Work): Promise<MeasuredLine> {
  const [from, to] = ends;
  const { points } = work.setting;
  const about = {
    part: "line",
    key: { points, solutions: ends.map(weightsHash) },
    label: `line from ${from.name} to ${to.name}`,
  };
  return measuredPiece(work, about, async (options) => {
    const asked = { ...options, from: from.parameters, to: to.parameters, points };
    const { barrier, barrierAt, errorBarrier, distance, ...curve } = await interpolate(work.surface, asked);
    return {
      from: from.name,
      to: to.name,
      ...curveData(curve),
      barrier: asValue(barrier),
      barrierAt,
      ...(errorBarrier && { errorBarrier: asValue(errorBarrier) }),
      distance,
    };
  });
}

function measurePlane(three: readonly Solution[], work: Work): Promise<MeasuredPlane> {
  const { side } = work.setting;
  const about = {
    part: "plane",
    key: { side, solutions: three.map(weightsHash) },
    label: "plane of three solutions",
  };
  return measuredPiece(work, about, async (options) => {
    const [a, b, c] = three as [Solution, Solution, Solution];
    const solutions = [a.parameters, b.parameters, c.parameters] as const;
    const plane = await planeThrough(work.surface, { ...options, solutions, points: side });
    const places = plane.solutions.map(({ x, y }, i) => ({ name: three[i]!.name, x, y }));
    return { ...gridData(plane), solutions: places };
  });
}

interface Piece {
  readonly part: string;
  readonly key: object;
  readonly label: string;
}

/** One piece of work: from the journal, or made with progress, with random numbers of its own. */
function measuredPiece<T>(
  { setting, journal, subject }: Work,
  { part, key, label }: Piece,
  make: (options: MeasureOptions) => Promise<T>,
): Promise<T> {
  const { seed, signal, onProgress } = setting;
  signal?.throwIfAborted();
  onProgress?.({ label, done: 0, total: null });
  return journal.piece(pieceKey({ subject, part, ...key }), () =>
    make({
      key: Key.fromSeed(seed).split("landscape").split(part),
      ...(signal && { signal }),
      onProgress: (done, total) => onProgress?.({ label, done, total }),
    }),
  );
}

function weightsHash({ parameters }: Solution): string {
  const sha = createHash("sha256");
  for (const name of Object.keys(parameters).sort()) {
    const { data } = parameters[name]!;
    sha.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return sha.digest("hex");
}

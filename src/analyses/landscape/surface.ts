/** @file The surface that a look is at: of a network's runs, or of an ONNX model with the weights in its file. */
import { answersOf, rowsAsFloat, rowsAsIds } from "../../data/index.ts";
import { foreignSurface, modelSurface, openForeign, type Surface } from "../../probes/index.ts";
import { ndarray } from "../../tensor/index.ts";
import { openOptions } from "../foreign/subject.ts";
import type { LandscapeSubject, Setting, Solution } from "./setting.ts";

/** The surface, and the solutions on it. */
export interface Opened {
  readonly surface: Surface;
  readonly solutions: readonly Solution[];
}

/** @throws FathomError where network and data do not fit, and as `openForeign`. */
export async function openSurface(subject: LandscapeSubject, setting: Setting): Promise<Opened> {
  if ("foreign" in subject) return openForeignSurface(subject, setting);
  const { model, solutions } = subject;
  const { dataset, rows, loss, options } = setting;
  const surface = modelSurface({
    model,
    dataset,
    split: rows.split,
    rows: rows.rows,
    loss,
    weights: solutions[0]!.parameters,
    ...(options && { options }),
  });
  return { surface, solutions };
}

async function openForeignSurface(
  { foreign }: Extract<LandscapeSubject, { foreign: unknown }>,
  { dataset, rows, loss, options }: Setting,
): Promise<Opened> {
  const { model } = await openForeign(foreign.path, openOptions({ ...foreign, dataset }));
  const read = dataset.kind === "ids" ? rowsAsIds : rowsAsFloat;
  const { data } = read(dataset, rows.split, rows.rows);
  const answers = answersOf(dataset, rows.split);
  const width = answers.data.length / answers.shape[0]!;
  const chosen = rows.rows.flatMap((row) =>
    Array.from(answers.data.subarray(row * width, (row + 1) * width), Number),
  );
  const surface = foreignSurface({
    model,
    inputs: ndarray(model.x.dtype, [rows.rows.length, ...model.x.shape.slice(1)], data),
    answers: ndarray(answers.dtype, [rows.rows.length, ...answers.shape.slice(1)], chosen),
    loss,
    ...(options && { options }),
  });
  const name = foreign.path.split(/[\\/]/).at(-1)!;
  return { surface, solutions: [{ name, parameters: model.values }] };
}

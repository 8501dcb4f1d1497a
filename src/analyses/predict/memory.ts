/** @file What a fit would not hold is refused before the hours of its kernel. */
import { factorBytes, mostSpectrumRows } from "../../kernels/index.ts";
import { showBytes } from "../../runtime/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { count } from "../words.ts";
import type { Setting } from "./setting.ts";

/** @throws FathomError too-large for a factor beyond the memory, and for a finite time of too many training items. */
export function checkSize(setting: Setting): void {
  if (Number.isFinite(setting.time)) checkTime(setting);
  else checkFactor(setting);
}

function checkFactor({ train, mode, threads, memory }: Setting): void {
  const needed = factorBytes(train.count, { mode, ...(threads !== undefined && { threads }) });
  const bound = memory ?? process.availableMemory();
  if (needed <= bound) return;
  const half = mode === "float32-refined" ? "" : ", or the mode float32-refined, which needs half of it";
  const there = memory === undefined ? "are free" : "are allowed";
  throw new FathomError({
    code: "too-large",
    message: `The factor of the kernel of ${count(train.count)} training items takes ${showBytes(needed)}; ${showBytes(bound)} ${there}.`,
    where: "memory",
    hint: `Take fewer training items${half}.`,
  });
}

function checkTime({ train }: Setting): void {
  if (train.count <= mostSpectrumRows) return;
  throw new FathomError({
    code: "too-large",
    message: `A finite time needs all eigenvectors of the kernel: ${count(train.count)} training items are more than ${count(mostSpectrumRows)}.`,
    where: "time",
    hint: `Take at most ${count(mostSpectrumRows)} training items, or leave out the time: its end needs no eigenvectors.`,
  });
}

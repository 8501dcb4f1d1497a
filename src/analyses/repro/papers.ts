/** @file The papers whose claims Fathom checks, by id. Adding one is a record and a line here. */
import { cnnGp } from "./cnn-gp/paper.ts";
import { flatMinima } from "./flat-minima/paper.ts";
import { freeness } from "./freeness/paper.ts";
import type { Paper } from "./paper.ts";
import { partialJacobians } from "./partial-jacobians/paper.ts";

export const papers: readonly Paper[] = [partialJacobians, freeness, cnnGp, flatMinima];

/** @file The augmentations: a line here for each record. */

import { cutout } from "./cutout.ts";
import type { Augmentation } from "./define.ts";
import { flip } from "./flip.ts";
import { noise } from "./noise.ts";
import { shift } from "./shift.ts";

export const augmentations: readonly Augmentation[] = [shift, flip, cutout, noise];

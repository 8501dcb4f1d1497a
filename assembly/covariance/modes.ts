/** @file How a program is run. */

/** One item of side A with four of side B. */
export const PAIR = 0;
/** Four items with themselves, on the diagonal: activations keep what pairs need of each item. */
export const SELF = 1;
/** Four items with themselves off the diagonal, where side A stands in lanes too. */
export const LANES = 2;

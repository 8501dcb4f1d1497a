/** @file Bounds on the size of a network, so that a typing error or an attack is refused before it costs memory. */

/** Layers in all, those inside branches and repetitions included. */
export const MAX_LAYERS = 100_000;
/** Layers inside layers (residual in residual, repeat in repeat), counted from the list of the network. */
export const MAX_NESTING = 8;
/** Numbers of all parameters, frozen ones and running statistics included: 4 GB in float32. */
export const MAX_PARAMETERS = 1_000_000_000;

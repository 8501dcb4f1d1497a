/** @file What a branch beside a whole skip may add: n blocks with J = 1 + 1/(2n) amplify by no more than √e together. */

/** A skip that lets less than this through leaves room for the branch. */
export const wholeSkip = 0.999;
/** A branch with less than this part of its share does nothing. */
const leastOfShare = 0.01;

/**
 * What J of a block should be whose skip alone has J = floor ≥ `wholeSkip`; a branch with less than its share keeps its weights.
 * @param given - `J` is that of the block with the weights it has, `blocks` how many there are.
 * @example branchAim({ floor: 1, J: 3, blocks: 4 }) // { target: 1.125, keeps: false }
 */
export function branchAim({
  floor,
  J,
  blocks,
}: {
  readonly floor: number;
  readonly J: number;
  readonly blocks: number;
}): { readonly target: number; readonly keeps: boolean } {
  const share = 0.5 / Math.max(1, blocks);
  const keeps = J <= floor * (1 + share) && J >= floor * (1 + leastOfShare * share);
  return { target: keeps ? J : floor * (1 + share), keeps };
}

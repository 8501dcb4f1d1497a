/**
 * @file Lists of layers inside a layer: an option may hold one list (`branch` of a residual) or several (`branches` of a
 * sum). Each list has a key, `branch` or `branches.0`, which is also its part of a parameter's name.
 */

/** One list of layers inside a layer. */
export interface Chain<L> {
  /** `branch`, or `branches.0`. */
  readonly key: string;
  /** The same in a path of the JSON form: `branch`, or `branches[0]`. */
  readonly where: string;
  readonly layers: readonly L[];
}

type Lists<L> = readonly L[] | readonly (readonly L[])[];

function isListOfLists<L>(lists: Lists<L>): lists is readonly (readonly L[])[] {
  return lists.length > 0 && lists.every((list) => Array.isArray(list));
}

/**
 * The lists of layers that a layer holds, in order.
 * @param options - names of the options that hold them.
 */
export function chainsOf<L>(options: readonly string[] | undefined, layer: object): Chain<L>[] {
  return (options ?? []).flatMap((option) => {
    const lists = (layer as Record<string, Lists<L>>)[option]!;
    if (!isListOfLists(lists)) return [{ key: option, where: option, layers: lists }];
    return lists.map((layers, i) => ({ key: `${option}.${i}`, where: `${option}[${i}]`, layers }));
  });
}

/** The options of a layer that hold lists of layers, with every list changed. */
export function mapChains<L, M>(
  options: readonly string[] | undefined,
  layer: object,
  change: (layers: readonly L[], where: string) => readonly M[],
): Record<string, Lists<M>> {
  const entries = (options ?? []).map((option) => {
    const lists = (layer as Record<string, Lists<L>>)[option]!;
    const changed = isListOfLists(lists)
      ? lists.map((layers, i) => change(layers, `${option}[${i}]`))
      : change(lists, option);
    return [option, changed] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * What is kept per list of an option that holds several, in order.
 * @example chainList(chains, "branches").map((branch) => branch(x))
 */
export function chainList<T>(chains: Readonly<Record<string, T>>, option: string): T[] {
  const list: T[] = [];
  while (Object.hasOwn(chains, `${option}.${list.length}`)) list.push(chains[`${option}.${list.length}`]!);
  return list;
}

/** @file The tensors of an imported model that J can be taken between, in the order in which they are computed. */
import { inputName } from "../../expr/index.ts";
import { foreignChain } from "./chain.ts";
import { isFloat } from "./flow.ts";
import type { ForeignModel } from "./model.ts";

export interface ListedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** `input`, `block` where a block ends, `output`; `meeting` where all paths pass, `inside` elsewhere. */
  readonly place: "input" | "block" | "output" | "meeting" | "inside";
  /** The block that ends there. */
  readonly block?: string;
}

/**
 * Named tensors of floats between input and output.
 * @example listTensors(model).filter(({ place }) => place === "block")
 */
export function listTensors(model: ForeignModel): ListedTensor[] {
  const { flow, names, x, output } = model;
  const cuts = new Set(flow.cuts);
  const blocks = new Map(foreignChain(model).ends.map(({ tensor, name }) => [tensor, name]));
  const listed = flow.order.flatMap((tensor): ListedTensor[] => {
    const name = names.nameOf(tensor);
    if (name === undefined) return [];
    const block = blocks.get(tensor);
    const place =
      tensor === output
        ? "output"
        : tensor === x
          ? "input"
          : block !== undefined
            ? "block"
            : cuts.has(tensor)
              ? "meeting"
              : "inside";
    return [{ name, shape: tensor.shape, place, ...(block === undefined ? {} : { block }) }];
  });
  if (isFloat(x)) return listed;
  return [{ name: inputName(x), shape: x.shape, place: "input" }, ...listed];
}

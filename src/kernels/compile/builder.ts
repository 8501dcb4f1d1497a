/** @file The list of instructions in the making: values are written once; addresses come later (allocate.ts). */
import type { Parameterisation } from "../../net/index.ts";
import type { Both, FormUse, Instruction, Kept, MapValue, Space } from "./program.ts";

/** K and Θ at one place of the network. Θ is null where it is 0, and undefined where nobody asks. */
export interface State {
  readonly nngp: MapValue;
  readonly ntk: MapValue | null | undefined;
  readonly mean: Mean;
}

/**
 * The units' mean over the random parameters: 0, a number kept of every position of an item times a factor, or one that
 * nobody follows.
 */
export type Mean = "zero" | "unknown" | KeptMean;

export interface KeptMean {
  readonly kept: () => Kept;
  readonly factor: number;
}

/** The mean of units times a factor. */
export function meanTimes(mean: Mean, factor: number): Mean {
  return typeof mean === "string" ? mean : { ...mean, factor: mean.factor * factor };
}

/** The mean after positions of one item are mixed. */
export function meanOfMixed(mean: Mean): Mean {
  return mean === "zero" ? mean : "unknown";
}

/** The mean of a sum, of which one part at most has one. */
export function meanOfSum(means: readonly Mean[]): Mean {
  const [first, ...more] = means.filter((mean) => mean !== "zero");
  return more.length > 0 ? "unknown" : (first ?? "zero");
}

/** Collects instructions, spaces and slots. */
export class Builder {
  readonly instructions: Instruction[] = [];
  readonly spaces: Space[] = [];
  readonly kept: Kept[] = [];
  readonly #forms: FormUse[] = [];
  readonly parameterisation: Parameterisation;
  #maps = 0;

  constructor(parameterisation: Parameterisation) {
    this.parameterisation = parameterisation;
  }

  /** The space of these sizes. */
  space(sizes: Both, factor: Both): Space {
    const same = (a: Both, b: Both) => a.every((value, i) => Math.abs(value - b[i]!) < 1e-9);
    const found = this.spaces.find((space) => same(space.sizes, sizes) && same(space.factor, factor));
    if (found !== undefined) return found;
    const space = { index: this.spaces.length, sizes, factor };
    this.spaces.push(space);
    return space;
  }

  /** A value that has not been written yet. */
  map(properties: Omit<MapValue, "id">): MapValue {
    return { ...properties, id: this.#maps++ };
  }

  /** Numbers kept of each item so far. */
  get slots(): number {
    return this.kept.reduce((total, { numbers }) => total + numbers, 0);
  }

  /** Room for `slots` numbers of every position. */
  keep(positions: number, slots: number): Kept {
    const kept = { offset: this.slots, slots, numbers: slots * positions };
    this.kept.push(kept);
    return kept;
  }

  /** All activations other than ReLU. */
  get forms(): readonly FormUse[] {
    return this.#forms;
  }

  /** Another activation. */
  use(form: Omit<FormUse, "index" | "mean">): FormUse {
    const use = { ...form, index: this.#forms.length };
    this.#forms.push(use);
    return use;
  }

  /** Room for the mean after an activation, which is kept where somebody asks. */
  meanOf({ index }: FormUse, positions: number): Kept {
    const use = this.#forms[index]!;
    const mean = use.mean ?? this.keep(positions, 1);
    this.#forms[index] = { ...use, mean };
    return mean;
  }

  emit(instruction: Instruction & { readonly target: MapValue }): MapValue {
    this.instructions.push(instruction);
    return instruction.target;
  }

  /** Puts another instruction in the place of the last, where that one wrote `value` and the change applies. */
  replaceLast(
    value: MapValue,
    change: (last: Instruction) => (Instruction & { readonly target: MapValue }) | undefined,
  ): MapValue | undefined {
    const last = this.instructions.at(-1);
    if (last === undefined || last.target?.id !== value.id) return undefined;
    const changed = change(last);
    if (changed === undefined) return undefined;
    this.instructions[this.instructions.length - 1] = changed;
    return changed.target;
  }
}

/** Number of positions. */
export function positionsOf({ sizes: [height, width] }: Space): number {
  return height * width;
}

/** @file The list of instructions in the making: values are written once; addresses come later (allocate.ts). */
import type { Parameterisation } from "../../net/index.ts";
import type { Both, FormUse, Instruction, Kept, MapValue, Space } from "./program.ts";

/** K and Θ at one place of the network. Θ is null where it is 0, and undefined where nobody asks. */
export interface State {
  readonly nngp: MapValue;
  readonly ntk: MapValue | null | undefined;
  /** Whether the units' mean over the random parameters is 0. */
  readonly centred: boolean;
}

/** Collects instructions, spaces and slots. */
export class Builder {
  readonly instructions: Instruction[] = [];
  readonly spaces: Space[] = [];
  readonly kept: Kept[] = [];
  readonly forms: FormUse[] = [];
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
